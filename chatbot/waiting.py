"""Waiting for a listener without looking: Bolt's own way is to look every ten milliseconds whether it has answered.

Of 200 people who ask at once, 200 threads would look 20,000 times a second, which costs a fifth of the processor
time of their commands (measured), and everybody up to 10 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from slack_bolt import Ack, BoltRequest
from slack_bolt.response import BoltResponse

_WAIT_SECONDS = 3.0
"""Bolt's `ack_timeout`, and Slack's: who has not answered by then has not answered."""

_P = ParamSpec("_P")
_T = TypeVar("_T")
_here = threading.local()


class TellingAck(Ack):
    """Bolt's `ack`, which also wakes the thread that waits for it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.told = threading.Event()

    def __call__(self, *arguments: Any, **named: Any) -> BoltResponse:
        """Answer, and tell."""
        answer = super().__call__(*arguments, **named)
        self.told.set()
        return answer


@contextmanager
def telling(request: BoltRequest) -> Iterator[None]:
    """Whoever dispatches the request inside sleeps until its listener has answered or failed."""
    ack = TellingAck()
    request.context["ack"] = ack
    _here.told = ack.told
    try:
        yield
    finally:
        _here.told = None


class Listeners(Executor):
    """The threads of the listeners. Whoever submits one for a `telling` request comes back when it is answered."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="slack")

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Run it in one of the threads."""
        running = self._pool.submit(fn, *args, **kwargs)
        told: threading.Event | None = getattr(_here, "told", None)
        if told is not None:
            running.add_done_callback(lambda _: told.set())  # one that failed does not call `ack`
            told.wait(_WAIT_SECONDS)
        return running

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)
