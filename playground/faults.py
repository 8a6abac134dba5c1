"""Faults: what goes wrong on purpose, per Web API method, so many times or until it is switched off.

`response_url`, `upload` and `download` are names of their own for what Slack serves beside its methods.
"""

import fnmatch
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

STATUS = {"ratelimited": 429, "http_500": 500, "http_502": 502, "http_503": 503}
# Stored or not, then the connection ends without an answer.
BROKEN = ("reset_before_store", "reset_after_store", "hang", "hang_after_store")
ERRORS = (
    "account_inactive", "channel_not_found", "fatal_error", "internal_error", "invalid_auth", "is_archived",
    "message_not_found", "missing_scope", "msg_too_long", "not_in_channel", "restricted_action",
    "service_unavailable", "token_expired", "token_revoked", "user_not_found",
)  # fmt: skip
KINDS = (*STATUS, *BROKEN, *ERRORS)

SECONDS = {"ratelimited": 1.0, "hang": 10.0, "hang_after_store": 10.0}


@dataclass
class Fault:
    """One fault: for `method` (a name, or a pattern such as `chat.*`), `left` more times (None: until removed).

    `seconds` is what `Retry-After` says, or how long a hang lasts before the connection is closed.
    """

    method: str
    kind: str
    left: int | None
    seconds: float

    @property
    def stores(self) -> bool:
        """Whether the call takes effect all the same."""
        return self.kind.endswith("_after_store")

    @property
    def breaks(self) -> bool:
        """Whether the connection ends without an answer."""
        return self.kind in BROKEN


class Faults:
    """The faults that are set; of several that fit a call, the one that was set first happens."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, method: str, kind: str, *, times: int | None = None, seconds: float | None = None) -> Fault:
        """Sets a fault; ValueError for a kind that does not exist."""
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind}; there are: {', '.join(KINDS)}")
        if times is not None and times < 1:
            raise ValueError("a fault happens at least once, or until it is switched off")
        fault = Fault(method, kind, times, SECONDS.get(kind, 0.0) if seconds is None else seconds)
        with self._lock:
            self._faults.append(fault)
        return fault

    @contextmanager
    def during(self, method: str, kind: str, *, seconds: float | None = None) -> Iterator[Fault]:
        """The fault while the block runs."""
        fault = self.add(method, kind, seconds=seconds)
        try:
            yield fault
        finally:
            self.remove(fault)

    def take(self, method: str) -> Fault | None:
        """The fault that happens to this call, counted."""
        with self._lock:
            found = next((each for each in self._faults if fnmatch.fnmatchcase(method, each.method)), None)
            if found is not None and found.left is not None:
                found.left -= 1
                if found.left == 0:
                    self._faults.remove(found)
            return found

    def remove(self, fault: Fault) -> None:
        """Switches one off; harmless when it has run out."""
        with self._lock:
            self._faults = [each for each in self._faults if each is not fault]

    def clear(self) -> None:
        """Switches all off."""
        with self._lock:
            self._faults = []

    def __iter__(self) -> Iterator[Fault]:
        """Those that are set now."""
        with self._lock:
            return iter(list(self._faults))
