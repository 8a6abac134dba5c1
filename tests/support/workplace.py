"""A directory that servers' accounts can reach, and file systems mounted in it; all of it goes away again.

A run that was killed leaves mounts and servers behind: the next one removes them first. Several processes do this at
once, so whoever makes a directory, looks for stale ones or mounts something waits for the others (`_one_at_a_time`).
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbs import process
from dbs.snapshots.local import copying
from tests.support import mysql

# Not /tmp: it may be a small memory file system. A short name: socket paths end after 107 bytes.
PLACE, PREFIX = Path("/var/tmp"), "dbs-test-"
# File system and the copy method that belongs to it. The last one is the machine's own file system under a MySQL.
MYSQL_BASEDIR = mysql.basedir()
MYSQL = (("mysql", "plain"),) if MYSQL_BASEDIR is not None else ()
KINDS = (("btrfs", "subvolume"), ("xfs", "reflink"), ("own", "plain"), *MYSQL)
MOUNTED = ("btrfs", "xfs")
# For tests of what has nothing to do with copying: processes, sockets, crashes. `EACH` has one for each engine.
ONE = KINDS[0] if os.geteuid() == 0 else KINDS[2]
EACH = (ONE, *MYSQL)
EACH_ID = [ONE[1], *(kind for kind, _ in MYSQL)]
IMAGE_BYTES = 3 * 2**30
MAKE = {
    "btrfs": ["mkfs.btrfs", "--quiet", "--force"],
    "xfs": ["mkfs.xfs", "-q", "-f", "-m", "reflink=1"],
    "ext4": ["mkfs.ext4", "-q", "-F", "-m", "0"],
}


@dataclass(frozen=True)
class FileSystem:
    """A directory on some file system, the copy method that dbs has to find there, and the server to run on it.

    `basedir` is that of the server; None means the one on the PATH.
    """

    name: str
    path: Path
    copy_method: str
    method: str
    basedir: str | None = None


@contextmanager
def workplace() -> Iterator[Path]:
    """A fresh directory of mode 0711, claimed by a lock for as long as we live."""
    with ExitStack() as stack:
        with _one_at_a_time():  # nobody finds the directory before it is claimed, nor while it goes away
            _remove_stale()
            directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
            # Servers and supervisors do not inherit it: the claim ends with the process that runs the tests.
            lock = stack.enter_context((directory / "lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            directory.chmod(0o711)
        try:
            yield directory
        finally:
            with _one_at_a_time():
                _remove(directory)


@contextmanager
def server_place(user: str | None) -> Iterator[Path]:
    """A directory of the account that a server runs as, with a path that is short enough for sockets."""
    with workplace() as outer:
        directory = outer / "server"
        directory.mkdir(mode=0o755)
        process.own(directory, user)
        yield directory


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Only one process of ours is in here; the others wait."""
    with (PLACE / f"dbs-test.{os.geteuid()}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_stale() -> None:
    """What a killed run left: servers, mounts, files. Whoever still runs holds the lock of its directory."""
    for directory in PLACE.glob(f"{PREFIX}*"):
        if directory.stat().st_uid != os.geteuid():
            continue
        with (directory / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # a run that goes on
                continue
            _remove(directory)


def _remove(directory: Path) -> None:
    for pid in process.running(f"--datadir={directory}/"):
        end(pid)
    for mount in [path for path in directory.iterdir() if path.is_mount()]:
        subprocess.run(["umount", "--lazy", str(mount)], check=True)
    copying.delete(directory)


def end(pid: int) -> None:
    """Kill a process that may be gone already."""
    try:
        process.Process.of(pid).kill()
    except ProcessLookupError:
        return


@contextmanager
def mounted(directory: Path, kind: str, size: int = IMAGE_BYTES) -> Iterator[Path]:
    """A new file system in a sparse file, mounted below `directory`."""
    image, mount = directory / f"{kind}-{size}.img", directory / f"{kind}{size // 2**20}"
    with image.open("xb") as file:
        os.truncate(file.fileno(), size)
    subprocess.run([process.find_program(MAKE[kind][0]), *MAKE[kind][1:], str(image)], check=True, capture_output=True)
    mount.mkdir()
    with _one_at_a_time():  # two could be given the same loop device
        subprocess.run(["mount", "-o", "loop,noatime", str(image), str(mount)], check=True)
    mount.chmod(0o711)
    try:
        yield mount
    finally:
        # Not lazily: that nothing of ours is in use any more is part of what is tested.
        subprocess.run(["umount", str(mount)], check=True)
        mount.rmdir()
        image.unlink()


def lacking(kind: str) -> str | None:
    """What this machine lacks for mounting a file system, as a reason to skip."""
    if os.geteuid() != 0:
        return f"mounting {kind} needs root"
    try:
        process.find_program(MAKE[kind][0])
    except process.ProgramError as error:
        return str(error)
    return None
