"""Every date's report is posted exactly once, whatever clocks, restarts, crashes and second schedulers do."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from commands import report
from commands.periodic import PERIODIC, daily_report, scheduling
from commands.services import Services
from commands.working import end_abandoned
from dbs.errors import SettingsError
from dbs.state import stamp
from tests.chatbot.parts import CONFIG, FakeDirectory, make_services
from tests.support.waiting import until

DAILY = CONFIG + '\n[schedule]\nreport = "0 7 * * *"\n'
AT_SEVEN = datetime(2026, 11, 20, 7, tzinfo=UTC)
Open = Callable[[], Services]


@pytest.fixture
def open_again(tmp_path: Path) -> Open:
    """Services as after a restart: another one each time, for the same home."""
    return lambda: make_services(tmp_path, FakeDirectory(), config=DAILY)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's clock stands in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def posted(services: Services) -> list[str]:
    """The keys of all reports in the outbox, in order."""
    rows = services.outbox.pending(limit=1000)
    assert {row.part for row in rows} <= {report.PART}
    assert {row.destination["channel"] for row in rows} <= {"#databases"}
    return [row.job_id for row in rows]


def expected(first: date, days: int) -> list[str]:
    """One for each date."""
    return [f"report:{first + timedelta(days=day)}" for day in range(days)]


@pytest.mark.parametrize("change", [datetime(2026, 10, 25), datetime(2027, 3, 28)], ids=["autumn", "spring"])  # noqa: DTZ001
@pytest.mark.parametrize("hour", [1, 2, 7])
def test_a_fortnight_across_a_clock_change(change: datetime, hour: int, tmp_path: Path, berlin: None) -> None:
    """Two schedulers look every 20 minutes, each at its own moment; each is restarted now and then."""
    config = CONFIG + f'\n[schedule]\nreport = "30 {hour} * * *"\n'
    seeded = random.Random(hour)
    first = change.replace(tzinfo=UTC) - timedelta(days=7)
    two = [make_services(tmp_path, FakeDirectory(), config=config) for _ in range(2)]
    assert time.tzname == ("CET", "CEST")
    for tick in range(14 * 24 * 3):
        which = tick % 2
        if seeded.random() < 0.01:
            two[which] = make_services(tmp_path, FakeDirectory(), config=config)
        now = first + timedelta(minutes=20 * tick, seconds=seeded.randrange(1200))
        daily_report(two[which], now.astimezone())  # in the zone of the machine, which does not matter

    assert posted(two[0]) == expected(first.date(), 14)
    rows = two[0].audit.history(words=None, limit=1000)
    assert Counter(row.outcome for row in rows) == {"received": 14, "done": 14}
    assert {(row.actor_id, row.actor_name, row.face, row.command) for row in rows} == {
        ("schedule", "schedule", "schedule", "report")
    }
    assert two[0].audit.verify().ok


def test_a_clock_that_jumps_makes_no_second_report(open_again: Open) -> None:
    services = open_again()
    hour, day = timedelta(hours=1), timedelta(days=1)
    for step in (-hour, 0 * hour, -hour, 0 * hour, hour, day - 8 * hour, day, 0 * hour, day, 2 * day, day, 3 * day):
        daily_report(services, AT_SEVEN + step)

    assert posted(services) == expected(AT_SEVEN.date(), 4)


def test_a_missed_report_comes_at_the_start_on_the_same_day_only(open_again: Open) -> None:
    daily_report(open_again(), AT_SEVEN.replace(hour=23, minute=59))
    daily_report(open_again(), AT_SEVEN + timedelta(days=2, hours=-1))  # the one of the day between is lost
    assert posted(open_again()) == ["report:2026-11-20"]


def test_two_schedulers_in_the_same_instant(open_again: Open) -> None:
    schedulers = [open_again() for _ in range(4)]
    with ThreadPoolExecutor(4) as crowd:
        for day in range(5):
            now = AT_SEVEN + timedelta(days=day)
            list(crowd.map(lambda one, at=now: daily_report(one, at), schedulers))

    assert posted(schedulers[0]) == expected(AT_SEVEN.date(), 5)


class Killed(BaseException):
    """What no handler of ours catches: the process is gone."""


def test_a_scheduler_that_dies_before_it_posts_is_made_good(open_again: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bool:
        raise Killed

    services, again = open_again(), open_again()
    for each in (services, again):
        monkeypatch.setattr(each.audit, "_clock", lambda: stamp(AT_SEVEN))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(services.outbox, "put", killed)
        daily_report(services, AT_SEVEN)
    daily_report(again, AT_SEVEN + timedelta(seconds=59))
    assert posted(again) == []  # somebody else may be at it right now
    for minutes in (1, 2, 60):
        daily_report(again, AT_SEVEN + timedelta(minutes=minutes))

    assert posted(again) == ["report:2026-11-20"]
    rows = [(row.request_id, row.outcome) for row in again.audit.history(words=None, limit=10)]
    assert rows[::-1] == [
        ("report:2026-11-20", "received"),
        ("report:2026-11-20", "failed"),
        ("report:2026-11-20:2", "received"),
        ("report:2026-11-20:2", "done"),
    ]


def test_a_scheduler_that_dies_after_it_posted_has_posted(open_again: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bool:
        raise Killed

    services = open_again()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(services.audit, "ended", killed)
        daily_report(services, AT_SEVEN)
    daily_report(open_again(), AT_SEVEN + timedelta(hours=2))
    end_abandoned(open_again(), datetime.now(UTC) + timedelta(minutes=2))

    assert posted(open_again()) == ["report:2026-11-20"]
    assert [row.outcome for row in open_again().audit.find("report:2026-11-20")] == ["received", "done"]


def test_a_report_with_a_bug_is_tried_three_times_a_day(open_again: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    services = open_again()

    def bug(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(report, "made", bug)
    for minute in range(10):
        daily_report(services, AT_SEVEN + timedelta(minutes=minute))

    assert posted(services) == []
    assert len(services.audit.history(words="failed", limit=100)) == 3


def test_without_a_line_nothing_happens(tmp_path: Path) -> None:
    services = make_services(tmp_path, FakeDirectory())
    daily_report(services, AT_SEVEN)
    assert posted(services) == [] and services.audit.history(words=None, limit=1) == []


def test_the_thread_of_the_worker_posts_it(tmp_path: Path) -> None:
    services = make_services(tmp_path, FakeDirectory(), config=CONFIG + '\n[schedule]\nreport = "0 0 * * *"\n')
    with scheduling(services):
        until(lambda: services.outbox.pending(), "today's report is there")
    assert posted(services)[0].startswith("report:20")


def test_a_wrong_line_stops_the_worker_with_a_sentence(tmp_path: Path) -> None:
    services = make_services(tmp_path, FakeDirectory(), config=CONFIG + '\n[schedule]\nreport = "* * * * *"\n')
    with pytest.raises(SettingsError, match=r"schedule\.report"), scheduling(services):
        pass


def test_the_table_names_each_once() -> None:
    assert len({one.name for one in PERIODIC}) == len(PERIODIC)
