"""A directory made of files from a repository, for programs that want one: regular files, and nothing to follow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from dbs.git import accepting
from dbs.git.interface import Entry

_NEW_DIRECTORY = 0o755
_DIRECTORY, _FILE, _PROGRAM = 0o555, 0o444, 0o555
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_out(files: Iterable[tuple[Entry, bytes]], directory: Path, *, programs: bool = False) -> None:
    """Write files (as `Objects.read` gives them) below a directory, which is made and must not be there before.

    In the end nobody may write there: files have mode 0444, directories 0555. With `programs`, files that are
    executable in the repository are so here (0555). Every name is looked at again, every directory on the way is
    opened without following a link, and every file has to be a new one: whatever somebody puts in between, nothing
    outside is written. Raises `RefusedFileError` for a name, `OSError` such as `FileExistsError`; what was written so
    far is removed then.
    """
    directory.mkdir(mode=_NEW_DIRECTORY)
    try:
        top = os.open(directory, _OPEN)
        try:
            for entry, contents in files:
                accepting.check_name(entry.path)
                _write(top, entry, contents, _PROGRAM if programs and entry.mode == "100755" else _FILE)
            for _, _, _, descriptor in os.fwalk(".", dir_fd=top, follow_symlinks=False, topdown=False):
                os.fchmod(descriptor, _DIRECTORY)
        finally:
            os.close(top)
    except BaseException:
        remove_written(directory)
        raise


def remove_written(directory: Path) -> None:
    """Remove a directory that `write_out` made, with everything in it. One that is gone is no error."""
    if not directory.exists():
        return
    for _, _, _, descriptor in os.fwalk(directory, follow_symlinks=False):
        os.fchmod(descriptor, 0o700)
    shutil.rmtree(directory)


def _write(top: int, entry: Entry, contents: bytes, mode: int) -> None:
    *parents, name = entry.path.split("/")
    with ExitStack() as opened:
        at = top
        for parent in parents:
            with suppress(FileExistsError):  # what it is, the next line finds out
                os.mkdir(parent, _NEW_DIRECTORY, dir_fd=at)
            at = os.open(parent, _OPEN, dir_fd=at)
            opened.callback(os.close, at)
        with os.fdopen(os.open(name, _CREATE, 0o600, dir_fd=at), "wb") as file:
            file.write(contents)
            os.fchmod(file.fileno(), mode)
