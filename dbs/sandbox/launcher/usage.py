"""What all processes of a sandbox use together: read from /proc, beginning with the first of them.

Whoever leaves its parent becomes a child of the first, so that nobody is missed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
# proc(5), /proc/PID/stat, counted behind the name: utime, stime, cutime, cstime (14 to 17, from 1)
_TIMES = slice(11, 15)


def processes(first: int) -> Iterator[int]:
    """The process and everything that came of it."""
    waiting = [first]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children(pid)


def children(pid: int) -> list[int]:
    """The processes that it started or adopted, and has not waited for."""
    found: list[int] = []
    with suppress(OSError):  # it has just ended: then its children are somebody else's
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                found += [int(word) for word in Path(f"/proc/{pid}/task/{thread}/children").read_text().split()]
    return found


def cpu_seconds(pids: list[int]) -> float:
    """Processor time of these processes and of the children that they have waited for."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            behind_name = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            ticks += sum(int(word) for word in behind_name[_TIMES])
    return ticks / _TICKS


def resident_bytes(pids: list[int]) -> int:
    """Memory of these processes; what they share counts for each of them."""
    pages = 0
    for pid in pids:
        with suppress(OSError, IndexError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * _PAGE_BYTES


def proportional_bytes(pids: list[int]) -> int:
    """Memory of these processes; what several share counts once (`Pss`). Dearer to read than `resident_bytes`."""
    kilobytes = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
    return kilobytes * 1024
