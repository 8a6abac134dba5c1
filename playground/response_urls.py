"""Response addresses: what Slack hands out with a command or a click, good for 5 posts within 30 minutes."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

USES = 5
SECONDS = 30 * 60


@dataclass
class ResponseUrl:
    """One address: for whom, where, since when (epoch seconds); `message_ts` is the clicked message, if any."""

    channel: str
    user: str
    made: float
    message_ts: str | None = None
    used: int = 0


class ResponseUrls:
    """All addresses by their secret key."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._urls: dict[str, ResponseUrl] = {}
        self._lock = threading.Lock()

    def new(self, channel: str, user: str, message_ts: str | None = None) -> str:
        """The key of a fresh address."""
        key = secrets.token_hex(12)
        self._urls[key] = ResponseUrl(channel, user, self._clock(), message_ts)
        return key

    def use(self, key: str) -> ResponseUrl | str:
        """Counts one use and gives the address, or Slack's error: `invalid_url`, `expired_url`, `used_url`."""
        with self._lock:
            url = self._urls.get(key)
            if url is None:
                return "invalid_url"
            if self._clock() - url.made > SECONDS:
                return "expired_url"
            if url.used >= USES:
                return "used_url"
            url.used += 1
            return url
