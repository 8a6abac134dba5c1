"""TCP ports for the servers of tests, which run in several processes at once.

A port that the kernel offers (port 0) is gone before a server listens there, when another process is offered it too or
is given it for its end of a connection. So each process takes a block of ports from below the kernel's own range, and
holds it for as long as it lives by an abstract Unix socket: its name exists once on the machine, as ports do.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from functools import cache

# Linux gives connections ports from 32768 upward (ip_local_port_range).
FIRST, END, BLOCK = 12_000, 32_000, 500


@cache
def _block() -> tuple[range, socket.socket, Iterator[int]]:
    """The ports of this process, what holds them, and where in them we are."""
    for first in range(FIRST, END, BLOCK):
        held = socket.socket(socket.AF_UNIX)
        try:
            held.bind(f"\0dbs-test-ports-{first}")
        except OSError:  # the block of another process
            held.close()
            continue
        return range(first, first + BLOCK), held, itertools.count()
    raise AssertionError("Every block of ports is in use: are tests of earlier runs still running?")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses, and that this process does not give out again soon."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    ports, _, numbers = _block()
    for number in itertools.islice(numbers, BLOCK):
        row = range(ports[number % BLOCK], min(ports[number % BLOCK] + count, ports.stop))
        if len(row) == count and all(map(_is_free, row)):
            for _ in row[1:]:
                next(numbers)
            return row.start
    raise AssertionError(f"None of the ports {ports.start} to {ports.stop - 1} is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
