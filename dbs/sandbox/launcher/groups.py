"""Control groups: an exact limit for processes and memory together, where this process may make them.

Beside `prlimit`, which counts memory for each process alone, and processes for each account. Version 1 keeps one tree
for each controller, version 2 one for all (cgroups(7)).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_NAME = "dbs-sandbox-"
_LIMITS = {  # controller → file of the limit in version 1, in version 2
    "pids": ("pids.max", "pids.max"),
    "memory": ("memory.limit_in_bytes", "memory.max"),
}


@dataclass(frozen=True)
class Groups:
    """The groups of one sandbox: controller → directory; the same one twice in version 2."""

    at: dict[str, Path]

    def doors(self) -> list[int]:
        """A descriptor of each, to `join` by when their paths are hidden. Raises `OSError`."""
        return [os.open(directory / "cgroup.procs", os.O_WRONLY) for directory in set(self.at.values())]

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel had to kill something inside for memory."""
        return any(
            _number(line) > 0 for line in self._lines("memory.oom_control", "memory.events") if "oom_kill " in line
        )

    def peak_bytes(self) -> int:
        """The most memory that was in use at once; 0 without this controller."""
        return max((_number(line) for line in self._lines("memory.max_usage_in_bytes", "memory.peak")), default=0)

    def _lines(self, *names: str) -> Iterator[str]:
        directory = self.at.get("memory")
        for name in names if directory else ():
            with suppress(OSError):
                yield from (Path(str(directory)) / name).read_text().splitlines()

    def remove(self) -> None:
        """Remove them. They are empty once every process inside has ended."""
        for directory in set(self.at.values()):
            with suppress(OSError):
                directory.rmdir()


def join(doors: list[int]) -> None:
    """Put this process, and what it starts, into the groups. Raises `OSError`."""
    for door in doors:
        os.write(door, b"0")
        os.close(door)


def _number(line: str) -> int:
    return int(line.split()[-1])


def make(limits: dict[str, int], root: Path = ROOT, own: Path = Path("/proc/self/cgroup")) -> Groups:
    """Make a group for each controller of `limits` that can be made; none at all is no error."""
    found: dict[str, Path] = {}
    for controller, limit in limits.items():
        for parent, version in _parents(controller, root, own):
            with suppress(OSError):
                found[controller] = _make(parent, _LIMITS[controller][version], limit)
                break
    return Groups(found)


def _make(parent: Path, file: str, limit: int) -> Path:
    _sweep(parent)
    directory = parent / f"{_NAME}{os.getpid()}"
    directory.mkdir(exist_ok=True)
    try:
        (directory / file).write_text(str(limit))
        if file == "memory.max":
            (directory / "memory.swap.max").write_text("0")
    except OSError:
        with suppress(OSError):
            directory.rmdir()
        raise
    return directory


def _parents(controller: str, root: Path, own: Path) -> Iterator[tuple[Path, int]]:
    """Where a group with this controller may be made: below our own; in version 2 below or beside it.

    In version 2 a group that holds processes has no children with controllers, so beside is the usual case.
    """
    for line in own.read_text().splitlines():
        number, names, path = line.split(":", 2)
        place = path.lstrip("/")
        if controller in names.split(","):
            yield root / controller / place, 0
        elif number == "0" and not names:
            for parent in (root / place, (root / place).parent if place else root):
                with suppress(OSError):
                    if controller in (parent / "cgroup.subtree_control").read_text().split():
                        yield parent, 1


def _sweep(parent: Path) -> None:
    """Remove the groups of launchers that were killed; one with processes in it cannot be removed."""
    for left in parent.glob(f"{_NAME}*"):
        if not Path("/proc", left.name.removeprefix(_NAME)).exists():
            with suppress(OSError):
                left.rmdir()
