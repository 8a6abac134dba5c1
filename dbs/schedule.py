"""When something is due: cron lines in UTC, and a thread that calls small functions again and again.

The one module that knows APScheduler, of which it uses the cron lines only. Its own scheduler plans by the wall clock,
so that a clock that is set back by an hour silences it for an hour; the thread here goes by a clock that never jumps.
What is due is worked out afresh from the time each time: nothing is planned, so nothing planned can be lost.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

import structlog

from dbs.errors import DbsError, SettingsError

log = structlog.get_logger()

_POLL_SECONDS = 1.0
_JOIN_SECONDS = 15.0
_TRIED_FOR = timedelta(hours=5)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=1)
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Cron's numbers of the days, 0 to 7. APScheduler counts from Monday: left to it, 1-5 would be Tuesday to Saturday."""


class Daily:
    """A cron line that comes at most once a day, such as `0 7 * * mon-fri`; UTC, so that no date has two or none.

    `key` names it in the sentence of the `SettingsError` that a line without sense raises.
    """

    def __init__(self, key: str, line: str) -> None:
        # Imported here: no command of the command line needs it.
        from apscheduler.triggers.cron import CronTrigger

        fields = line.split()
        if len(fields) != 5 or not (fields[0].isdecimal() and fields[1].isdecimal()):
            raise _wrong(key, line, "minute and hour are numbers, because it comes once a day")
        if fields[2] != "*" and fields[4] != "*":
            raise _wrong(key, line, "give days of the month or days of the week, not both")
        names = ("minute", "hour", "day", "month", "day_of_week")
        try:
            parts = dict(zip(names, [*fields[:4], _day_names(fields[4])], strict=True))
            self._trigger: Any = CronTrigger(**parts, timezone=UTC)
        except (ValueError, IndexError) as error:
            raise _wrong(key, line, str(error)) from error

    def due(self, now: datetime) -> date | None:
        """The date in UTC whose time has come and which is not over yet, or None."""
        here = now.astimezone(UTC)
        at = self.at(here.date())
        return here.date() if at is not None and at <= here else None

    def at(self, day: date) -> datetime | None:
        """When it comes on a date in UTC; None when it does not come that day."""
        at = self._trigger.get_next_fire_time(None, datetime.combine(day, clock_time.min, UTC))
        return at if isinstance(at, datetime) and at.date() == day else None

    def next(self, now: datetime) -> datetime | None:
        """The next time after `now`; None for a date that never comes."""
        at = self._trigger.get_next_fire_time(None, now.astimezone(UTC) + timedelta(microseconds=1))
        return at if isinstance(at, datetime) else None


@dataclass(frozen=True)
class Tries:
    """When something of one date may be tried: first at `opens`, or later the same day; again not after `closes`."""

    date: date
    opens: datetime
    closes: datetime

    def first(self, now: datetime) -> bool:
        """Whether it may be tried for the first time: what is late is made up for, on its own date only."""
        return self.opens <= now and now.astimezone(UTC).date() == self.date

    def again(self, now: datetime, tried: int, last: datetime) -> bool:
        """Whether it may be tried again, after so many tries of which the last one ended at `last`."""
        return last + pause_after(tried) <= now <= self.closes


def pause_after(tried: int) -> timedelta:
    """2, 4, 8 … minutes, at most an hour: what a restart mends is mended soon, what lasts is not asked all night."""
    return min(_FIRST_PAUSE * (1 << min(tried - 1, 10)), _LONGEST_PAUSE)


def tries(daily: Daily, until: clock_time | None, now: datetime) -> list[Tries]:
    """What may be tried now: of yesterday, whose tries may reach into today, and of today.

    `until` is the time of day (UTC) of the last try, on the next day when it is not after the first one; None gives
    five hours.
    """
    today = now.astimezone(UTC).date()
    found = []
    for day in (today - timedelta(days=1), today):
        opens = daily.at(day)
        if opens is not None and opens <= now:
            found.append(Tries(day, opens, _closes(opens, until)))
    return found


def _closes(opens: datetime, until: clock_time | None) -> datetime:
    if until is None:
        return opens + _TRIED_FOR
    closes = datetime.combine(opens.date(), until, UTC)
    return closes if closes > opens else closes + timedelta(days=1)


def _day_names(field: str) -> str:
    """Days of the week as a list of names: what cron's numbers mean differs between programs, names do not."""
    parts = []
    for part in field.lower().split(","):
        found = re.fullmatch(r"([0-7])(?:-([0-7]))?", part)
        if found is None and re.search(r"\d", part):
            raise ValueError(f"the days {part} are not understood; write names, such as mon-fri")
        if found is None:
            parts.append(part)
            continue
        first, last = int(found[1]), int(found[2] or found[1])
        if first > last:
            raise ValueError(f"the days {part} run backwards")
        parts += _DAYS[first : last + 1]
    return ",".join(dict.fromkeys(parts))


def _wrong(key: str, line: str, reason: str) -> SettingsError:
    return SettingsError(f'"{key}" is "{line}", which is no cron line for dbs: {reason}. Example: "0 7 * * mon-fri".')


@dataclass(frozen=True)
class Task:
    """Something to call every so many seconds; it should only look and enqueue, because all share one thread."""

    name: str
    seconds: float
    act: Callable[[], None]


class Ticker:
    """Calls tasks when their time has come, all of them at the start. `clock` gives seconds that never run back."""

    def __init__(self, tasks: Sequence[Task], clock: Callable[[], float] = time.monotonic) -> None:
        self._tasks = tasks
        self._clock = clock
        self._next: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set."""
        while not stop.is_set():
            self.once()
            stop.wait(_POLL_SECONDS)

    def once(self) -> None:
        """Call what is due now. A task that fails is logged and called again at its next time; the others go on."""
        for task in self._tasks:
            now = self._clock()
            if now >= self._next.get(task.name, now):
                self._next[task.name] = now + task.seconds
                _called(task)


@contextmanager
def ticking(tasks: Sequence[Task], name: str = "schedule") -> Iterator[None]:
    """Call the tasks in a thread of their own until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=Ticker(tasks).run, args=(stop,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_JOIN_SECONDS)


def _called(task: Task) -> None:
    try:
        task.act()
    except DbsError as error:
        log.warning("a periodic task could not do its work", task=task.name, reason=str(error))
    except Exception:
        log.exception("bug in a periodic task", task=task.name, error_id=uuid.uuid4().hex[:8])
