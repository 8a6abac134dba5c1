"""Events on their way to the app: delivered again when there is no acknowledgement, as Slack does it.

The first delivery happens in the caller's thread. The others happen at once, after a minute and after five more, in a
thread of their own; `hurry` divides these waits.
"""

import threading
from collections.abc import Callable

from playground.delivery import Delivery, Retry, Transport
from playground.model import Json

RETRY_SECONDS = (0.0, 60.0, 300.0)
REASONS = {"timeout": "http_timeout", "unreachable": "connection_failed", "no_connection": "connection_failed"}


class Events:
    """Sends events. `transport` says how the app is reached just now."""

    def __init__(self, transport: Callable[[], Transport], hurry: float = 1.0) -> None:
        self.hurry = hurry
        self.retried: list[Delivery] = []  # every repeated delivery with its outcome, for tests and tools
        self._transport = transport
        self._forgotten = threading.Event()

    def send(self, payload: Json) -> Delivery:
        """The outcome of the first delivery."""
        first = self._transport().send("events_api", payload)
        if not first.ok and not first.no_retry:
            arguments = (payload, first, self._forgotten)
            threading.Thread(target=self._again, args=arguments, name="playground-retry", daemon=True).start()
        return first

    def forget(self) -> None:
        """No event of before is delivered any more."""
        self._forgotten.set()
        self._forgotten = threading.Event()
        self.retried = []

    def _again(self, payload: Json, last: Delivery, forgotten: threading.Event) -> None:
        for number, seconds in enumerate(RETRY_SECONDS, start=1):
            if forgotten.wait(seconds / self.hurry):
                return
            reason = REASONS.get(last.error or "", "http_error")
            last = self._transport().send("events_api", payload, Retry(number, reason))
            if forgotten.is_set():
                return
            self.retried.append(last)
            if last.ok or last.no_retry:
                return
