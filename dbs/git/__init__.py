"""Files of a pull request without a checkout: fetched into a bare repository, read by their ids.

Nothing that comes out of a repository is trusted. Start with `interface.py`; `cache.py` goes to the network,
`objects.py` reads what is there, `writing.py` makes a directory of it for programs that need one.
"""

from dbs.git.cache import Cache
from dbs.git.interface import (
    MIGRATIONS,
    WHOLE_PROJECT,
    Change,
    Commit,
    Entry,
    GitError,
    Limits,
    Refused,
    RefusedFileError,
    UnknownRefError,
    UnreachableError,
)
from dbs.git.objects import Objects
from dbs.git.patterns import Pattern
from dbs.git.pruning import Pruned, prune
from dbs.git.refs import pull_ref
from dbs.git.remote import Remote, configured
from dbs.git.writing import remove_written, write_out

__all__ = [
    "MIGRATIONS",
    "WHOLE_PROJECT",
    "Cache",
    "Change",
    "Commit",
    "Entry",
    "GitError",
    "Limits",
    "Objects",
    "Pattern",
    "Pruned",
    "Refused",
    "RefusedFileError",
    "Remote",
    "UnknownRefError",
    "UnreachableError",
    "configured",
    "prune",
    "pull_ref",
    "remove_written",
    "write_out",
]
