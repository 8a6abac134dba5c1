"""What the rest of dbs sees of git: files and changes as data, and the ways in which it fails.

DbsError
├── RefusedError
│   ├── RefusedFileError   what is in the repository is nothing that dbs takes: links, submodules, names, sizes
│   └── UnknownRefError    the repository has no such branch, tag, pull request or commit
└── FailedError
    ├── GitError           git or the other side said no; the sentence says what to do
    └── TransientError
        └── UnreachableError   the other side was not reached, or broke off
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dbs.errors import FailedError, RefusedError, TransientError

MEBIBYTE = 1024 * 1024


class GitError(FailedError):
    """A repository cannot be used; the sentence names it and says what to do."""


class UnreachableError(TransientError):
    """A remote was not reached, or broke off; the same may work a little later."""


class UnknownRefError(RefusedError):
    """There is no such branch, tag, pull request or commit."""


class RefusedFileError(RefusedError):
    """Something in a repository is not taken. `path` is the file as it may be shown, empty where none is to blame."""

    def __init__(self, sentence: str, path: str = "") -> None:
        super().__init__(sentence)
        self.path = path


@dataclass(frozen=True)
class Limits:
    """The most that is taken: `files`, `file_bytes` each, `total_bytes` together."""

    files: int
    file_bytes: int
    total_bytes: int


MIGRATIONS = Limits(files=500, file_bytes=5 * MEBIBYTE, total_bytes=100 * MEBIBYTE)
"""For migrations: what people have reviewed is smaller by far."""
WHOLE_PROJECT = Limits(files=50_000, file_bytes=50 * MEBIBYTE, total_bytes=500 * MEBIBYTE)
"""For runners that need the project's code around its migrations."""


@dataclass(frozen=True)
class Entry:
    """A regular file of a commit. `id` names its contents, `bytes` is their size; `path` has been looked at."""

    path: str
    mode: Literal["100644", "100755"]
    id: str
    bytes: int


@dataclass(frozen=True)
class Refused:
    """A file that was left out, and the sentence why. `path` is as it may be shown."""

    path: str
    reason: str


@dataclass(frozen=True)
class Change:
    """What happened to a file between two commits. A renamed file was deleted and added.

    `mode`, `before` and `after` are git's: the mode now ("000000" once it is deleted) and the ids of the contents,
    None where there are none. A link or submodule is reported too: whoever lists the tree is then told to refuse it.
    """

    path: str
    status: Literal["added", "modified", "deleted"]
    mode: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Commit:
    """What a commit says of itself; anybody can write anything there.

    The texts hold no control or invisible characters and at most 200 of the others; markup is escaped where they are
    shown. `committed_at` is UTC; None where the commit's own time makes no sense.
    """

    sha: str
    author: str
    email: str
    subject: str
    committed_at: datetime | None
