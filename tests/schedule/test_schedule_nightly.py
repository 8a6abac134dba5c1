"""Each source is refreshed once for each date, whatever clocks, outages and second schedulers do; failures again."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands.dispatch import dispatch
from commands.interface import Actor, Request
from commands.nightly import refresh_due
from commands.services import Services
from commands.working import end_abandoned
from dbs.errors import FailedError, RefusedError
from tests.schedule.nights import AT_ONE, NIGHTLY, Night, in_berlin, night


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    """A night in November."""
    with night(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's clock stands in Berlin."""
    with in_berlin(monkeypatch):
        yield


def told(services: Services) -> list[str]:
    """What stands in the outbox beside the messages of jobs."""
    return [row.result["sentence"] for row in services.outbox.pending(1000) if row.part not in ("parent", "final")]


@pytest.mark.parametrize("change", [datetime(2026, 10, 25), datetime(2027, 3, 28)], ids=["autumn", "spring"])  # noqa: DTZ001
@pytest.mark.parametrize("hour", [1, 2, 23])
def test_a_fortnight_across_a_clock_change(
    change: datetime, hour: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, berlin: None
) -> None:
    """Two schedulers look at moments of their own, in the zone of the machine; each is restarted now and then."""
    seeded = random.Random(hour)
    first = change.replace(tzinfo=UTC) - timedelta(days=7)
    with night(tmp_path, monkeypatch, NIGHTLY.replace("0 1 * * *", f"30 {hour} * * *")) as one:
        two = [one.open(), one.open()]
        for tick in range(14 * 24 * 3):
            if seeded.random() < 0.01:
                two[tick % 2] = one.open()
            one.now = first + timedelta(minutes=20 * tick, seconds=seeded.randrange(1200))
            refresh_due(two[tick % 2], one.now.astimezone())
            if two[0].job_rows.open():
                one.end(two[0], "done")

        assert one.started == [f"refresh:shop:{first.date() + timedelta(days=day)}" for day in range(14)]
        rows = two[0].audit.history(words=None, limit=1000)
        assert {(row.actor_id, row.face, row.command, row.target) for row in rows} == {
            ("schedule", "schedule", "refresh", "shop")
        }
        assert [row.outcome for row in rows].count("done") == 14 and two[0].audit.verify().ok


def test_a_clock_that_jumps_makes_no_second_refresh(one: Night) -> None:
    services, hour, day = one.open(), timedelta(hours=1), timedelta(days=1)
    for step in (-hour, 0 * hour, -hour, 0 * hour, hour, day, 0 * hour, day - hour, 3 * day, day):
        one.now = AT_ONE + step
        refresh_due(services, one.now)
        if services.job_rows.open():
            one.end(services, "done")
    assert one.started == [f"refresh:shop:2026-11-{day}" for day in (20, 21, 23)]


def test_after_an_outage_today_is_made_up_for_and_yesterday_is_not(one: Night) -> None:
    one.now = AT_ONE + timedelta(days=2, hours=22)
    one.pass_by(one.open(), 120, step=20)
    assert one.started == ["refresh:shop:2026-11-22"]


def test_several_schedulers_in_the_same_instant(one: Night) -> None:
    schedulers = [one.open() for _ in range(4)]
    with ThreadPoolExecutor(4) as crowd:
        for day in range(4):
            one.now = AT_ONE + timedelta(days=day)
            list(crowd.map(lambda each: refresh_due(each, one.now), schedulers))
            one.end(schedulers[0], "done")
    assert one.started == [f"refresh:shop:2026-11-{day}" for day in range(20, 24)]


def test_what_failed_in_passing_is_tried_again_with_growing_pauses_until_six(one: Night) -> None:
    services, starts = one.open(), []
    for _ in range(12 * 60):
        before = len(one.started)
        one.pass_by(services, 1)
        if len(one.started) > before:
            starts.append(one.now - timedelta(minutes=1))
            one.end(services, "failed", transient=True)

    minutes = [int((later - earlier).total_seconds() // 60) for earlier, later in itertools.pairwise(starts)]
    assert minutes == [3, 5, 9, 17, 33, 61, 61, 61]  # the pauses, and the minute until the scheduler looks again
    assert one.started[:3] == ["refresh:shop:2026-11-20", "refresh:shop:2026-11-20:2", "refresh:shop:2026-11-20:3"]
    assert starts[-1] <= AT_ONE.replace(hour=6)
    ended = [row for row in services.audit.history(words=None, limit=100) if row.outcome == "failed"]
    assert len(ended) == len(starts) and {row.face for row in ended} == {"schedule"}


def test_it_succeeds_at_the_third_try_and_that_is_the_end(one: Night) -> None:
    services = one.open()
    for outcome in ("failed", "failed", "done"):
        one.pass_by(services, 10)
        one.end(services, outcome, transient=outcome == "failed", after=20)
    one.pass_by(services, 22 * 60, step=10)
    assert len(one.started) == 3


@pytest.mark.parametrize("outcome", ["failed", "cancelled", "done"])
def test_what_ended_for_good_waits_for_tomorrow(one: Night, outcome: str) -> None:
    services = one.open()
    one.pass_by(services, 5)
    one.end(services, outcome)
    one.pass_by(services, 20 * 60, step=10)
    assert one.started == ["refresh:shop:2026-11-20"] and told(services) == []


def test_one_that_takes_all_night_is_not_begun_twice(one: Night) -> None:
    services = one.open()
    one.pass_by(services, 22 * 60, step=10)
    one.pass_by(one.open(), 50, step=10)
    assert one.started == ["refresh:shop:2026-11-20"]


def test_late_in_the_evening_tries_reach_into_the_next_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with night(tmp_path, monkeypatch, NIGHTLY.replace("0 1 * * *", "50 23 * * *")) as one:
        services, one.now = one.open(), AT_ONE.replace(hour=23, minute=50)
        one.pass_by(services, 1)
        one.end(services, "failed", transient=True, after=30)
        one.pass_by(services, 60)
        assert one.started == ["refresh:shop:2026-11-20", "refresh:shop:2026-11-20:2"]


def test_while_dbs_is_paused_nothing_is_asked_for_and_it_is_made_up_for(one: Night) -> None:
    services = one.open()
    services.switches.pause("Ada", "moving house")
    one.pass_by(services, 9 * 60, step=10)
    assert one.started == [] and services.audit.history(words=None, limit=1) == []
    services.switches.resume()
    one.pass_by(services, 10)
    assert one.started == ["refresh:shop:2026-11-20"]


def test_what_is_refused_is_said_once_and_waits_for_a_person(one: Night) -> None:
    services, one.trouble = one.open(), RefusedError("The policy does not cover user.backup_email.")
    one.pass_by(services, 22 * 60, step=10)
    assert told(services) == ["The nightly refresh of shop was not begun. The policy does not cover user.backup_email."]
    assert [row.outcome for row in services.audit.history(words=None, limit=10)] == ["refused", "received"]


def test_what_could_not_be_queued_is_tried_again_and_said_once(one: Night) -> None:
    services, one.trouble = one.open(), FailedError("The disk is full.")
    one.pass_by(services, 10)
    one.trouble = None
    one.pass_by(services, 60)
    assert told(services) == ["The nightly refresh of shop was not begun. The disk is full."]
    assert one.started == ["refresh:shop:2026-11-20:4"]


class Killed(BaseException):
    """What no handler of ours catches: the process is gone."""


@pytest.mark.parametrize("hours", [0.5, 14])
def test_a_scheduler_that_dies_before_it_queues_is_made_good(
    one: Night, hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    services = one.open()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("commands.refreshing.start", killed)
        refresh_due(services, one.now)
    one.now += timedelta(seconds=30)
    one.pass_by(one.open(), 0.2, step=0.2)
    assert one.started == []  # somebody may be at it right now
    one.now += timedelta(hours=hours)
    end_abandoned(one.open(), one.now)  # as each worker does at its start
    one.pass_by(one.open(), 10)
    assert one.started == ["refresh:shop:2026-11-20:2"]


def test_a_person_who_tries_it_again_was_quicker(one: Night) -> None:
    services = one.open()
    one.pass_by(services, 1)
    failed = one.end(services, "failed", transient=True)
    ada = Request("r1", Actor("os:ada", "Ada", "cli"), ("retry", str(failed.number)))
    assert dispatch(services, ada).outcome == "queued"
    one.pass_by(services, 60)
    one.end(services, "done")
    one.pass_by(services, 60)
    assert one.started == ["refresh:shop:2026-11-20"]


def test_only_sources_with_a_policy_and_only_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for config in (NIGHTLY.replace('policy = "policy/shop.toml"', ""), NIGHTLY.replace("refresh = ", "#")):
        with night(tmp_path, monkeypatch, config) as one:
            one.pass_by(one.open(), 60, step=10)
            assert one.started == []
