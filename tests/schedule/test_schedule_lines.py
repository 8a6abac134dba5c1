"""Cron lines in UTC that come once a day, and the thread that calls small functions."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from dbs.errors import FailedError, SettingsError
from dbs.schedule import Daily, Task, Ticker, ticking
from tests.support.waiting import until

FRIDAY = datetime(2026, 11, 20, tzinfo=UTC)


def dates(line: str, days: int = 14) -> list[str]:
    """On which of so many days it is due at midnight, by name and date, from a Friday on."""
    daily = Daily("schedule.report", line)
    ends = [FRIDAY + timedelta(days=day, hours=23, minutes=59) for day in range(days)]
    return [f"{due:%a %d}" for due in map(daily.due, ends) if due is not None]


WORKDAYS = ["Fri 20", "Mon 23", "Tue 24", "Wed 25", "Thu 26", "Fri 27", "Mon 30", "Tue 01", "Wed 02", "Thu 03"]


@pytest.mark.parametrize("days", ["mon-fri", "1-5", "MON-FRI", "1,2,3,4,5", "mon,2-5"])
def test_working_days_as_cron_counts_them(days: str) -> None:
    assert dates(f"0 7 * * {days}") == WORKDAYS


def test_days(subtests: pytest.Subtests) -> None:
    for line, expected in {
        "0 7 * * 0": ["Sun 22", "Sun 29"],
        "0 7 * * 7": ["Sun 22", "Sun 29"],
        "0 7 * * sun": ["Sun 22", "Sun 29"],
        "0 7 * * 6-7": ["Sat 21", "Sun 22", "Sat 28", "Sun 29"],
        "0 7 1 * *": ["Tue 01"],
        "0 7 29 2 *": [],
    }.items():
        with subtests.test(line=line):
            assert dates(line) == expected


def test_it_is_due_from_its_time_to_midnight_utc() -> None:
    daily = Daily("schedule.report", "30 7 * * *")
    at = FRIDAY.replace(hour=7, minute=30)

    assert daily.due(at - timedelta(microseconds=1)) is None
    assert daily.due(at) == daily.due(FRIDAY.replace(hour=23, minute=59)) == date(2026, 11, 20)
    assert daily.due(FRIDAY + timedelta(days=1)) is None
    # Half past nine on Saturday in Tokyo is Saturday in UTC too; half past eight is still Friday's night.
    tokyo = timezone(timedelta(hours=9))
    assert daily.due(datetime(2026, 11, 21, 8, 30, tzinfo=tokyo)) == date(2026, 11, 20)


def test_next() -> None:
    daily = Daily("schedule.report", "0 7 * * mon-fri")
    assert daily.next(FRIDAY.replace(hour=7)) == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert daily.next(FRIDAY) == FRIDAY.replace(hour=7)
    assert Daily("schedule.report", "0 7 31 2 *").next(FRIDAY) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("* 7 * * *", "once a day"),
        ("0 7,15 * * *", "once a day"),
        ("*/5 7 * * *", "once a day"),
        ("0 7 * *", "once a day"),
        ("0 7 1 * mon", "not both"),
        ("61 7 * * *", "(61) is higher"),
        ("0 25 * * *", "(25) is higher"),
        ("0 7 * * 5-1", "backwards"),
        ("0 7 * * */2", "write names"),
        ("0 7 * * 8", "write names"),
        ("0 7 * * someday", "someday"),
        ("0 7 32 * *", "(32) is higher"),
    ],
)
def test_a_line_without_sense_is_refused_with_its_key(line: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Daily("schedule.report", line)
    assert f'"schedule.report" is "{line}"' in str(caught.value) and reason in str(caught.value)
    assert 'Example: "0 7 * * mon-fri"' in str(caught.value)


class Clock:
    """Seconds that pass when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_tasks_are_called_at_the_start_and_then_in_their_own_time() -> None:
    clock, called = Clock(), list[str]()
    tasks = [Task("often", 10, lambda: called.append("often")), Task("seldom", 25, lambda: called.append("seldom"))]
    ticker = Ticker(tasks, clock)
    for _ in range(61):
        ticker.once()
        clock.now += 1

    assert (called[:2], called.count("often"), called.count("seldom")) == (["often", "seldom"], 7, 3)


def test_a_task_that_fails_is_called_again_and_holds_up_no_other() -> None:
    clock, called = Clock(), list[str]()

    def bug() -> None:
        called.append("bug")
        raise ZeroDivisionError

    def refused() -> None:
        called.append("refused")
        raise FailedError("The disk is full.")

    tasks = [Task("bug", 1, bug), Task("refused", 1, refused), Task("well", 1, lambda: called.append("well"))]
    ticker = Ticker(tasks, clock)
    for _ in range(3):
        ticker.once()
        clock.now += 1

    assert called == ["bug", "refused", "well"] * 3


def test_after_a_long_sleep_a_task_is_called_once() -> None:
    clock, called = Clock(), list[str]()
    ticker = Ticker([Task("one", 1, lambda: called.append("one"))], clock)
    ticker.once()
    clock.now += 3600
    ticker.once()
    ticker.once()

    assert called == ["one", "one"]


def test_the_thread_ends_with_the_block() -> None:
    called = threading.Event()
    with ticking([Task("one", 60, called.set)]):
        assert called.wait(10)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    until(lambda: "schedule" not in [thread.name for thread in threading.enumerate()], "the thread is gone")
