"""Waiting for a condition instead of sleeping for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")
PAUSE_SECONDS = 0.02


def until(condition: Callable[[], _Value | None], what: str, timeout_seconds: float = 30) -> _Value:
    """The first true answer of `condition`. Fails the test with `what` when there is none in time."""
    end = time.monotonic() + timeout_seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, f"waited {timeout_seconds:g} s in vain: {what}"
        time.sleep(PAUSE_SECONDS)
