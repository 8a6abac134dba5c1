"""Reading no faster than was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_SLEEP_SECONDS = 0.5
"""A reader that waits longer in one piece would notice too late that it is to stop."""
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def size_bytes(size: str) -> int:
    """The bytes of a size of the settings, such as `20M`."""
    return int(size[:-1]) * _UNITS[size[-1]]


class Throttle:
    """A bucket that holds one second's worth of bytes and is filled at that rate.

    `check` is called before each wait and after each second or so of taking; what it raises ends the reading.
    """

    def __init__(
        self,
        rate: str | None,
        check: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = size_bytes(rate) if rate else None
        self._check, self._clock, self._sleep = check, clock, sleep
        self._left = float(self._rate or 0)
        self._at = clock()

    def take(self, count: int) -> None:
        """Account for so many bytes that were read, and wait until the rate allows to read on."""
        self._check()
        if self._rate is None:
            return
        self._left -= count
        self._fill(self._rate)
        while self._left < 0:
            self._sleep(min(-self._left / self._rate, LONGEST_SLEEP_SECONDS))
            self._check()
            self._fill(self._rate)

    def _fill(self, rate: int) -> None:
        now = self._clock()
        self._left = min(self._left + (now - self._at) * rate, float(rate))
        self._at = now
