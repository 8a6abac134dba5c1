"""A loop-mounted btrfs file system for hosts whose own file system cannot copy instantly."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from dbs import process
from dbs.errors import RefusedError, UsageError

FSTAB = Path("/etc/fstab")
_SIZE = re.compile(r"(\d{1,5})([MGT])")
_UNITS = {"M": 2**20, "G": 2**30, "T": 2**40}
_SMALLEST_BYTES = 256 * 2**20  # mkfs.btrfs takes no less than about 110 MB, and a server alone needs 120


@dataclass(frozen=True)
class Pool:
    """A pool that was made, and how to get rid of it."""

    file: Path
    mount: Path
    fstab_line: str
    removal: str


def create(mount: Path, size: str, fstab: Path = FSTAB) -> Pool:
    """Make a sparse file beside `mount`, a btrfs in it, and mount it there now and at every start.

    `size` is such as `50G`. Raises `RefusedError` when it is not root's or would cover something.
    """
    wanted = _bytes(size)
    file = mount.with_name(f"{mount.name}.btrfs")
    _refuse_what_would_hurt(mount, file, wanted)
    try:
        with file.open("xb") as image:
            os.truncate(image.fileno(), wanted)
        file.chmod(0o600)
        process.run([process.find_program("mkfs.btrfs"), "--quiet", str(file)])
        mount.mkdir(mode=0o711, parents=True, exist_ok=True)
        process.run(["mount", "-o", "loop,noatime", str(file), str(mount)])
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    line = f"{file} {mount} btrfs loop,noatime,nofail 0 0"
    with fstab.open("a") as table:
        table.write(f"{line}\n")
    removal = f"umount {mount} && rm {file} && sed -i '\\#^{file} #d' {fstab}"
    return Pool(file, mount, line, removal)


def _bytes(size: str) -> int:
    found = _SIZE.fullmatch(size.strip().upper())
    if found is None:
        raise UsageError(f"{size!r} is not a size; write 50G.")
    wanted = int(found[1]) * _UNITS[found[2]]
    if wanted < _SMALLEST_BYTES:
        raise UsageError(f"{size} is too small for a database; {_SMALLEST_BYTES // 2**20}M is the least.")
    return wanted


def _refuse_what_would_hurt(mount: Path, file: Path, wanted: int) -> None:
    if os.geteuid() != 0:
        raise RefusedError("Only root can mount a file system. Type: sudo dbs storage create …")
    if not mount.is_absolute():
        raise UsageError(f"{mount} is not an absolute path.")
    if file.exists():
        raise RefusedError(f"{file} is there already; remove it first, or mount it at {mount} yourself.")
    if mount.exists() and any(mount.iterdir()):
        raise RefusedError(f"{mount} is not empty, and a mount would hide what is in it. Choose another place.")
    existing = next(parent for parent in file.parents if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < wanted:
        raise RefusedError(f"{existing} has {free / 2**30:.1f} GB free; the pool could never grow to its size.")
