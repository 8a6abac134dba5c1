"""Slack's rate limits, for whoever wants them strict: tiers per method, and about one post a second per channel.

The tiers are those Slack publishes: so many calls a minute, for one app in one workspace. Slack allows short bursts
without saying how short: here a minute's worth of a tier, and three posts.
"""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
POSTS_PER_SECOND, POST_BURST = 1.0, 3.0
POSTS = ("chat.postMessage",)


@dataclass
class _Bucket:
    """Tokens that come back with time."""

    capacity: float
    per_second: float
    left: float
    at: float

    def take(self, now: float) -> float:
        """Seconds to wait, 0 when a token was there."""
        self.left = min(self.capacity, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) / self.per_second


class Limits:
    """Counts calls while `strict`; `tiers` gives each method's tier, a method without one is not limited."""

    def __init__(self, tiers: Mapping[str, int], clock: Callable[[], float]) -> None:
        self.strict = False
        self._tiers = tiers
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, method: str, arguments: Mapping[str, Any]) -> int:
        """Whole seconds that `Retry-After` says; 0 when the call may go on."""
        if not self.strict:
            return 0
        with self._lock:
            bucket = self._bucket(method, arguments)
            return math.ceil(bucket.take(self._clock())) if bucket else 0

    def forget(self) -> None:
        """Starts counting anew."""
        with self._lock:
            self._buckets.clear()

    def _bucket(self, method: str, arguments: Mapping[str, Any]) -> _Bucket | None:
        now = self._clock()
        if method in POSTS:
            key, capacity, rate = (method, str(arguments.get("channel"))), POST_BURST, POSTS_PER_SECOND
        elif method in self._tiers:
            minute = PER_MINUTE[self._tiers[method]]
            key, capacity, rate = (method, ""), float(minute), minute / 60
        else:
            return None
        return self._buckets.setdefault(key, _Bucket(capacity, rate, capacity, now))
