"""How often somebody may ask: so many times in so many seconds, counted in this process."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

_MOST_KEYS = 1_000


class Limiter:
    """At most `most` calls for each key in any `seconds`. `clock` gives seconds that never run back."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: str) -> int:
        """0 when the call may go on, and it is counted; else the whole seconds after which it may be tried again."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            calls = self._calls.setdefault(key, deque())
            if len(calls) >= self._most:
                return max(1, math.ceil(calls[0] + self._seconds - now))
            calls.append(now)
            return 0

    def _forget(self, now: float) -> None:
        """Drop what is too old to count: of all keys once there are many, so that made-up keys cost no memory."""
        if len(self._calls) > _MOST_KEYS:
            self._calls = {key: calls for key, calls in self._calls.items() if calls[-1] > now - self._seconds}
        for calls in self._calls.values():
            while calls and calls[0] <= now - self._seconds:
                calls.popleft()
