"""Triggers: the proof that somebody did something just now, good for opening one view within three seconds."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass

TRIGGER_SECONDS = 3.0


class TriggerError(Exception):
    """Slack's error code: `invalid_trigger_id`, `expired_trigger_id`, `exchanged_trigger_id`."""


@dataclass
class Trigger:
    """Whose action it was and when (epoch seconds); `view` is the view acted in, `used` once a view came of it."""

    user: str
    made: float
    view: str | None = None
    used: bool = False


class Triggers:
    """All triggers by id."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._triggers: dict[str, Trigger] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def new(self, user: str, view: str | None = None) -> str:
        """The id of a fresh trigger."""
        made = self._clock()
        key = f"{next(self._numbers)}.{int(made * 1000)}.playground"
        self._triggers[key] = Trigger(user, made, view)
        return key

    def age(self, key: str) -> float | None:
        """Seconds since the trigger was given out; None when there is no such trigger."""
        found = self._triggers.get(key)
        return None if found is None else self._clock() - found.made

    def take(self, key: str) -> Trigger:
        """Uses the trigger up; TriggerError when it is unknown, too old, or was used before."""
        with self._lock:
            found = self._triggers.get(key)
            if found is None:
                raise TriggerError("invalid_trigger_id")
            if found.used:
                raise TriggerError("exchanged_trigger_id")
            if self._clock() - found.made > TRIGGER_SECONDS:
                raise TriggerError("expired_trigger_id")
            found.used = True
            return found
