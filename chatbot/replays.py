"""The same signed request twice: the same answer, no second effect. A signature alone does not stop replays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from dbs.state import Seen

_WAIT_SECONDS = 3.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: str


class Replays:
    """Answers by signature, in the state database, so that several processes share them."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def once(self, signature: str, work: Callable[[], Answer]) -> Answer:
        """What `work` answers, or what it answered to this signature before.

        A replay waits for the first to finish. When that takes longer than Slack waits, or the first one's process
        died, `work` is done again: below, the request's own id keeps it from having a second effect.
        """
        key = f"signature:{signature}"
        if not self._seen.answer(key) and self._seen.once(key):
            return self._first(key, work)
        return self._earlier(key) or self._first(key, work)

    def _first(self, key: str, work: Callable[[], Answer]) -> Answer:
        answer = work()
        if answer.status == 200:
            self._seen.remember(key, json.dumps(asdict(answer)))
        return answer

    def _earlier(self, key: str) -> Answer | None:
        end = time.monotonic() + _WAIT_SECONDS
        while not (kept := self._seen.answer(key)):
            if time.monotonic() > end:
                return None
            time.sleep(_POLL_SECONDS)
        return Answer(**json.loads(kept))
