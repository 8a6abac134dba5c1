"""The same signed request twice: the same answer, no second effect. A signature alone does not stop replays.

The answers are kept in memory: Slack's time stamp is good for five minutes only, and below, the audit table knows the
id of every request, so that a replay to another process, or after a restart, has no second effect either.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

# How long Slack's signature is good, twice (https://docs.slack.dev/authentication/verifying-requests-from-slack).
KEPT_SECONDS = 600.0
MOST_KEPT = 20_000
_WAIT_SECONDS = 3.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: str


class Replays:
    """Answers by signature. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Future[Answer]]] = OrderedDict()

    def once(self, signature: str, work: Callable[[], Answer]) -> Answer:
        """What `work` answers, or what it answered to this signature before.

        A replay waits for the first to finish. When that takes longer than Slack waits, `work` is done again: below,
        the request's own id keeps it from having a second effect. Only answers that worked are kept.
        """
        first, coming = self._entry(signature)
        if first:
            return self._first(signature, coming, work)
        try:
            return coming.result(timeout=_WAIT_SECONDS)
        except TimeoutError:
            return work()

    def _entry(self, signature: str) -> tuple[bool, Future[Answer]]:
        now = self._clock()
        with self._lock:
            while self._known and (len(self._known) > MOST_KEPT or self._oldest() < now - KEPT_SECONDS):
                self._known.popitem(last=False)
            if signature in self._known:
                return False, self._known[signature][1]
            coming: Future[Answer] = Future()
            self._known[signature] = (now, coming)
            return True, coming

    def _oldest(self) -> float:
        return next(iter(self._known.values()))[0]

    def _first(self, signature: str, coming: Future[Answer], work: Callable[[], Answer]) -> Answer:
        try:
            answer = work()
        except BaseException as error:
            self._forget(signature)
            coming.set_exception(error)
            raise
        if answer.status != 200:
            self._forget(signature)
        coming.set_result(answer)
        return answer

    def _forget(self, signature: str) -> None:
        with self._lock:
            self._known.pop(signature, None)
