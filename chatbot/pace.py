"""When the next message may go out: Slack's limits, the house rule of 3 s, and back-off after trouble."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

EVERYWHERE = ""
"""The place that stands for all of Slack."""

POSTS_PER_SECOND = 1.0
BURST = 3.0
UPDATE_SECONDS = 3.0
# `chat.update` is of tier 3: 50 a minute for the whole workspace. The ends of jobs always find some left.
UPDATES_PER_SECOND = 50 / 60
_UPDATE_BURST = 10.0
_KEPT_FOR_ENDS = 5.0
_CALM_SECONDS = 300.0
_FIRST_HOLD = 1.0
_LONGEST_HOLD = 60.0


@dataclass
class _Bucket:
    """What may be sent now; it grows by `rate` a second."""

    rate: float
    left: float
    at: float

    def fill(self, now: float, most: float) -> None:
        self.left = min(most, self.left + (now - self.at) * self.rate)
        self.at = now


@dataclass
class _Trouble:
    """Until when to leave a place alone, how often in a row, and since when."""

    free_at: float = -math.inf
    times: int = 0
    last: float = -math.inf


class Pace:
    """Remembers what was sent when, per channel and per message. `clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._posts: dict[str, _Bucket] = {}
        self._updates = _Bucket(UPDATES_PER_SECOND, _UPDATE_BURST, clock())
        self._trouble: dict[str, _Trouble] = {}
        self._posted: dict[str, float] = {}
        self._updated: dict[str, float] = {}

    def may_post(self, channel: str) -> bool:
        """About one post a second and channel, short bursts of three; none of them while a backlog is worked off."""
        return self.is_free(channel) and self._bucket(channel).left >= 1.0

    def is_free(self, channel: str) -> bool:
        """False while the channel, or all of Slack, is left alone after trouble."""
        return all(self._clock() >= self._of(place).free_at for place in (channel, EVERYWHERE))

    def may_update(self, message: str) -> bool:
        """At most once per 3 s and message. Its posting does not count, so that a quick job ends at once."""
        self._updates.fill(self._clock(), _UPDATE_BURST)
        waited = self._clock() - self._updated.get(message, -UPDATE_SECONDS) >= UPDATE_SECONDS
        return waited and self._updates.left >= 1.0

    def may_show_progress(self, message: str) -> bool:
        """As `may_update`, and not within 3 s of the posting either: a quick job has its end to show."""
        waited = self._clock() - self._posted.get(message, -UPDATE_SECONDS) >= UPDATE_SECONDS
        return waited and self.may_update(message) and self._updates.left >= _KEPT_FOR_ENDS

    def posted(self, channel: str, message: str | None = None) -> None:
        """Note a post; `message` if it will be updated."""
        self._bucket(channel).left -= 1.0
        self.worked(channel)
        if message is not None:
            self._posted[message] = self._clock()

    def updated(self, channel: str, message: str) -> None:
        """Note an update."""
        self._updates.left -= 1.0
        self.worked(channel)
        self._updated[message] = self._clock()

    def worked(self, channel: str) -> None:
        """The trouble is over."""
        for place in (channel, EVERYWHERE):
            self._of(place).times = 0

    def hold(self, place: str, seconds: float | None) -> float:
        """Leave a channel alone: as long as Slack asks, else twice as long each time. Returns for how long."""
        trouble, now = self._of(place), self._clock()
        wait = min(_FIRST_HOLD * 2**trouble.times, _LONGEST_HOLD) if seconds is None else seconds
        trouble.times = min(trouble.times + 1, 10)
        trouble.free_at, trouble.last = now + wait, now
        return wait

    def forget(self, message: str) -> None:
        """A message that will not change any more."""
        self._posted.pop(message, None)
        self._updated.pop(message, None)

    def _bucket(self, channel: str) -> _Bucket:
        now = self._clock()
        last = max(self._of(place).last for place in (channel, EVERYWHERE))
        # After trouble a backlog waits, and Slack counts what comes of it closely: no bursts.
        most = 1.0 if now - last < _CALM_SECONDS else BURST
        bucket = self._posts.setdefault(channel, _Bucket(POSTS_PER_SECOND, BURST, now))
        bucket.fill(now, most)
        return bucket

    def _of(self, place: str) -> _Trouble:
        return self._trouble.setdefault(place, _Trouble())
