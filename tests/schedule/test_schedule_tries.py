"""When something of a date may be tried again: growing pauses, up to a time of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.schedule import Daily, Tries, pause_after, tries

FRIDAY = date(2026, 11, 20)


def at(hour: int, minute: int = 0, day: int = 20) -> datetime:
    """A time in November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "until", "closes"),
    [
        ("0 1 * * *", time(6), at(6)),
        ("0 1 * * *", None, at(6)),
        ("0 23 * * *", time(6), at(6, day=21)),
        ("0 23 * * *", None, at(4, day=21)),
        ("0 1 * * *", time(1), at(1, day=21)),
    ],
)
def test_the_last_try_of_a_date(line: str, until: time | None, closes: datetime) -> None:
    daily = Daily("schedule.refresh", line)
    opens = daily.at(FRIDAY)
    assert opens is not None
    (found,) = [one for one in tries(daily, until, opens) if one.date == FRIDAY]
    assert found == Tries(FRIDAY, opens, closes)


def test_yesterdays_tries_reach_into_today() -> None:
    daily = Daily("schedule.refresh", "0 23 * * *")
    assert [one.date.day for one in tries(daily, None, at(2, day=21))] == [20]
    assert [one.date.day for one in tries(daily, None, at(23, day=21))] == [20, 21]
    assert [one.date.day for one in tries(Daily("schedule.refresh", "0 1 * * fri"), None, at(0, 59))] == []


def test_the_first_try_is_made_up_for_on_the_same_date_only() -> None:
    (_, today) = tries(Daily("schedule.refresh", "0 1 * * *"), None, at(1))
    assert [today.first(now) for now in (at(0, 59), at(1), at(23, 59), at(0, day=21))] == [False, True, True, False]


def test_pauses_grow_to_an_hour() -> None:
    minutes = [pause_after(tried).total_seconds() / 60 for tried in range(1, 9)]
    assert minutes == [2, 4, 8, 16, 32, 60, 60, 60]
    assert pause_after(10_000) == timedelta(hours=1)


@given(hours=st.integers(0, 47), tried=st.integers(1, 50), ago=st.integers(0, 300))
def test_again_is_after_the_pause_and_before_the_end(hours: int, tried: int, ago: int) -> None:
    one = Tries(FRIDAY, at(1), at(6))
    now = at(0) + timedelta(hours=hours)
    last = now - timedelta(minutes=ago)
    assert one.again(now, tried, last) == (hours <= 6 and ago * 60 >= pause_after(tried).total_seconds())
