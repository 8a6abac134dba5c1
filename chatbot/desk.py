"""Where requests of people come in: not too many of one person, then to dispatch; and how the answer is shown."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from chatbot.blocks import Rendered, render
from commands.dispatch import dispatch
from commands.interface import Request, Result
from commands.recording import recorded
from commands.registry import COMMANDS
from commands.services import Services

A_MINUTE = 10
"""How many commands one person may give in a minute."""

_SECONDS = 60.0 / A_MINUTE
_ROUNDING = 0.001
_MOST_PEOPLE = 1_000
_TOO_MANY = (
    "That was a lot at once: {limit} commands a minute is the most. Nothing was done; please try again in {seconds} s."
)


class Desk:
    """Takes requests in for all listeners. `ids` are those of the configuration, which answers may name.

    `clock` gives seconds that never run backwards.
    """

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._allowance = Allowance(clock)
        slack = services.settings.slack
        self.ids = frozenset(slack.operators) | frozenset(slack.approvers) | frozenset(slack.privacy)

    def take(self, request: Request) -> Result:
        """Do what is asked. A repeated request is no new one, so that it never counts as one too many."""
        seconds = self._allowance.wait(request.actor.id)
        if seconds and not self._services.audit.find(request.id):
            return self._refuse(request, seconds)
        return dispatch(self._services, request)

    def is_slow(self, request: Request) -> bool:
        """Whether it may take longer than Slack waits: then it is acknowledged before it is taken in."""
        command = COMMANDS.get(request.words[0].lower()) if request.words else None
        return command is not None and command.slow

    def show(self, result: Result, *, tables: bool = True) -> Rendered:
        """A result for the eyes of one person."""
        return render(result, ids=self.ids, tables=tables)

    def _refuse(self, request: Request, seconds: float) -> Result:
        sentence = _TOO_MANY.format(limit=A_MINUTE, seconds=math.ceil(seconds))
        return recorded(self._services, request, "unknown", "", lambda: Result("too many", "refused", sentence))


class Allowance:
    """Ten at once, then one every six seconds, for each person."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._full_at: dict[str, float] = {}

    def wait(self, person: str) -> float:
        """0 when a person may go on, which is counted; else after how many seconds they may."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            full_at = max(self._full_at.get(person, now), now)
            seconds = full_at + _SECONDS - now - A_MINUTE * _SECONDS
            if seconds > _ROUNDING:
                return seconds
            self._full_at[person] = full_at + _SECONDS
            return 0.0

    def _forget(self, now: float) -> None:
        """Whoever has been quiet for a minute is as good as new."""
        if len(self._full_at) > _MOST_PEOPLE:
            self._full_at = {person: full_at for person, full_at in self._full_at.items() if full_at > now}
