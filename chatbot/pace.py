"""When the next message may go out: Slack's limits, the house rule of 3 s, and back-off after trouble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

POSTS_PER_SECOND = 1.0
BURST = 3.0
UPDATE_SECONDS = 3.0
_FIRST_HOLD = 1.0
_LONGEST_HOLD = 60.0


@dataclass
class _Channel:
    """Tokens to post with, and until when to leave the channel alone."""

    tokens: float
    at: float
    free_at: float = 0.0
    trouble: int = 0


class Pace:
    """Remembers what was sent when, per channel and per message. `clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._channels: dict[str, _Channel] = {}
        self._posted: dict[str, float] = {}
        self._updated: dict[str, float] = {}

    def may_post(self, channel: str) -> bool:
        """About one post a second and channel, short bursts of three."""
        state = self._state(channel)
        return self.is_free(channel) and state.tokens >= 1.0

    def is_free(self, channel: str) -> bool:
        """False while the channel is left alone after trouble."""
        return self._clock() >= self._state(channel).free_at

    def may_update(self, message: str) -> bool:
        """At most once per 3 s and message. Its posting does not count, so that a quick job ends at once."""
        return self._clock() - self._updated.get(message, -UPDATE_SECONDS) >= UPDATE_SECONDS

    def may_show_progress(self, message: str) -> bool:
        """As `may_update`, and not within 3 s of the posting either: a quick job has its end to show."""
        return self.may_update(message) and self._clock() - self._posted.get(message, -UPDATE_SECONDS) >= UPDATE_SECONDS

    def posted(self, channel: str, message: str | None = None) -> None:
        """Note a post; `message` if it will be updated."""
        self._state(channel).tokens -= 1.0
        self.worked(channel)
        if message is not None:
            self._posted[message] = self._clock()

    def updated(self, channel: str, message: str) -> None:
        """Note an update."""
        self.worked(channel)
        self._updated[message] = self._clock()

    def worked(self, channel: str) -> None:
        """The trouble is over."""
        self._state(channel).trouble = 0

    def hold(self, channel: str, seconds: float | None) -> float:
        """Leave a channel alone: as long as Slack asks, else twice as long each time. Returns for how long."""
        state = self._state(channel)
        wait = min(_FIRST_HOLD * 2**state.trouble, _LONGEST_HOLD) if seconds is None else seconds
        state.trouble = min(state.trouble + 1, 10)
        state.free_at = self._clock() + wait
        return wait

    def forget(self, message: str) -> None:
        """A message that will not change any more."""
        self._posted.pop(message, None)
        self._updated.pop(message, None)

    def _state(self, channel: str) -> _Channel:
        now = self._clock()
        state = self._channels.setdefault(channel, _Channel(BURST, now))
        state.tokens = min(BURST, state.tokens + (now - state.at) * POSTS_PER_SECOND)
        state.at = now
        return state
