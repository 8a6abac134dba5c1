"""Copy-on-write copies of a data directory: which way a file system offers is found by trying it there."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dbs import process
from dbs.snapshots.interface import SnapshotError

_FICLONE = 0x40049409  # ioctl_ficlone(2)
_SUBVOLUME_INODE = 256  # BTRFS_FIRST_FREE_OBJECTID: the root of every btrfs subvolume has it
_COPY_SECONDS = 3600


@dataclass(frozen=True)
class CopyMethod:
    """One way to copy: `works(root)` tries it out, `create` makes an empty data directory that `copy` can copy."""

    name: str
    works: Callable[[Path], bool]
    create: Callable[[Path], None]
    copy: Callable[[Path, Path], None]
    freeze: Callable[[Path], None]
    instant: bool


def choose(root: Path, wanted: str = "auto") -> CopyMethod:
    """The method to use below `root`: the wanted one, or the quickest that works.

    Raises `SnapshotError` when a method is asked for by name that the file system does not have.
    """
    for method in METHODS:
        if wanted in ("auto", method.name) and method.works(root):
            return method
    raise SnapshotError(f'The file system of {root} cannot copy by {wanted}. Use copy_method = "auto".')


def delete(path: Path) -> None:
    """Remove a file, or a directory and every subvolume in it."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    for directory, _, _ in os.walk(path, topdown=False):
        if _is_subvolume(Path(directory)):
            _delete_subvolume(directory)
    shutil.rmtree(path, ignore_errors=not path.exists())


def _delete_subvolume(path: str) -> None:
    try:
        _btrfs("subvolume", "delete", path)
    except process.ProgramError:
        # Not root: without the mount option user_subvol_rm_allowed only an empty, writable one may go, as by rmdir.
        _btrfs("property", "set", "-ts", path, "ro", "false")
        shutil.rmtree(path)


def digest(path: Path) -> str:
    """sha256 over the sorted relative paths and sizes (bytes) of all files below `path`.

    It finds a copy that was cut short. The pages' own checksums are the server's to check.
    """
    total = hashlib.sha256()
    for file in sorted(_files(path)):
        total.update(f"{file.relative_to(path)}\0{file.stat().st_size}\n".encode())
    return total.hexdigest()


def size(path: Path) -> int:
    """Bytes that the files below `path` take on disk when nothing is shared; files may come and go meanwhile."""
    total = 0
    for file in _files(path):
        with contextlib.suppress(FileNotFoundError):
            total += file.stat().st_blocks * 512
    return total


def _files(path: Path) -> list[Path]:
    return [Path(top) / name for top, _, names in os.walk(path) for name in names]


def _is_subvolume(path: Path) -> bool:
    try:
        status = path.stat()
    except FileNotFoundError:  # it was inside a subvolume that is deleted by now
        return False
    return status.st_ino == _SUBVOLUME_INODE and status.st_dev != path.parent.stat().st_dev


def _btrfs(*words: str) -> None:
    process.run([process.find_program("btrfs"), *words])


def _subvolumes_work(root: Path) -> bool:
    probe = Path(tempfile.mkdtemp(prefix=".probe-", dir=root))
    try:
        _btrfs("subvolume", "create", str(probe / "one"))
        _btrfs("subvolume", "snapshot", str(probe / "one"), str(probe / "two"))
    except process.ProgramError:
        return False
    finally:
        delete(probe)
    return True


def _reflinks_work(root: Path) -> bool:
    with tempfile.NamedTemporaryFile(dir=root) as source, tempfile.NamedTemporaryFile(dir=root) as target:
        source.write(b"\0" * 4096)
        source.flush()
        try:
            fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
        except OSError:
            return False
    return True


def _create_subvolume(path: Path) -> None:
    _btrfs("subvolume", "create", str(path))


def _snapshot(source: Path, target: Path) -> None:
    _btrfs("subvolume", "snapshot", str(source), str(target))


def _freeze_subvolume(path: Path) -> None:
    _btrfs("property", "set", "-ts", str(path), "ro", "true")


def _cp(reflink: str) -> Callable[[Path, Path], None]:
    def copy(source: Path, target: Path) -> None:
        words = ["cp", "--archive", f"--reflink={reflink}", str(source), str(target)]
        process.run(words, timeout_seconds=_COPY_SECONDS)

    return copy


def _nothing(_path: Path) -> None:
    """Plain directories cannot be frozen; they are safe because the servers' account cannot reach `snapshots/`."""


def _always(_root: Path) -> bool:
    return True


METHODS: tuple[CopyMethod, ...] = (
    CopyMethod("subvolume", _subvolumes_work, _create_subvolume, _snapshot, _freeze_subvolume, instant=True),
    CopyMethod("reflink", _reflinks_work, Path.mkdir, _cp("always"), _nothing, instant=True),
    CopyMethod("plain", _always, Path.mkdir, _cp("never"), _nothing, instant=False),
)
