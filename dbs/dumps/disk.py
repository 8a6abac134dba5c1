"""Files that must be whole or absent: locks that end with their process, and renames that outlast a power cut."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class Claim:
    """A lock on a file by whoever makes it. The kernel drops it when that process dies; a rename does not touch it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @classmethod
    def take(cls, path: Path, *, create: bool = False) -> Claim | None:
        """Lock a file; None while somebody else holds it. Raises `OSError`, such as `FileNotFoundError`."""
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
        while True:
            descriptor = os.open(path, flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(descriptor, path):
                    return cls(path, descriptor)
            except BlockingIOError:
                os.close(descriptor)
                return None
            # Between opening and locking somebody removed or renamed it: what we hold is no longer what we asked for.
            os.close(descriptor)

    def release(self) -> None:
        """Let others have it."""
        os.close(self.descriptor)


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """One at a time, in all processes; waits. For what takes milliseconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write(path: Path, text: str) -> None:
    """Write a small file of mode 0600, on disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def rename(before: Path, after: Path) -> None:
    """Rename inside one directory, replacing what is there, on disk when this returns."""
    os.replace(before, after)
    sync_directory(after.parent)


def link(path: Path, target: str, aside: Path) -> None:
    """Make `path` a symbolic link to `target` in one go; `aside` is a free name beside it."""
    aside.unlink(missing_ok=True)
    os.symlink(target, aside)
    rename(aside, path)


def sync_directory(path: Path) -> None:
    """Make what happened to the names in a directory last."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)
