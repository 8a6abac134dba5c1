"""Where the files of a commit lie while a project's own command runs on them.

Not in the home of dbs, which nobody else may enter: the account that runs them has to read them.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection
from pathlib import Path

from commands.services import Services
from dbs.git import remove_written


def code_of(services: Services, job_number: int) -> Path:
    """The directory for one job; nobody but dbs may write there."""
    return Path(tempfile.gettempdir()) / f"{_mine(services)}{job_number}"


def remove_code(directory: Path) -> None:
    """Remove one with everything in it. One that is gone is no error."""
    if directory.exists() and not directory.is_symlink():
        remove_written(directory)


def remove_code_of_others(services: Services, open_jobs: Collection[int]) -> int:
    """Remove what jobs left that are not open any more; how many those were."""
    mine = _mine(services)
    left = [path for path in Path(tempfile.gettempdir()).glob(f"{mine}*") if path.name.removeprefix(mine).isdecimal()]
    gone = [path for path in left if int(path.name.removeprefix(mine)) not in open_jobs]
    for path in gone:
        remove_code(path)
    return len(gone)


def _mine(services: Services) -> str:
    """Several installations share the machine's directory for such things."""
    return f"dbs-code-{hashlib.sha256(str(services.settings.home).encode()).hexdigest()[:8]}-"
