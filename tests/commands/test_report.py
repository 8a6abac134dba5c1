"""The report: what it says, what it leaves out, and who may post it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands import report
from commands.dispatch import dispatch
from commands.interface import Actor, Face, Request, Result
from commands.reporting.interface import Line, Period, Topic
from commands.reporting.topics import TOPICS
from commands.services import Services
from dbs.errors import FailedError
from dbs.jobs import JobRequest
from dbs.snapshots.interface import InstanceStatus, SnapshotError
from dbs.state import stamp
from tests.chatbot.parts import CONFIG, MANIFEST, OTTO, RITA, FakeDirectory, make_services

NOW = datetime.now(UTC)
PERIOD = Period(stamp(NOW - timedelta(days=1)), stamp(NOW + timedelta(hours=1)))


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """One instance, whose data is old but has no limit; nothing has happened."""
    return make_services(tmp_path, FakeDirectory())


@pytest.fixture
def with_limit(tmp_path: Path) -> Services:
    """The same, with `max_age`."""
    config = CONFIG.replace("[source.shop]", '[source.shop]\nmax_age = "26h"')
    return make_services(tmp_path, FakeDirectory(), config=config)


def made(services: Services) -> Result:
    """The report of a day."""
    return report.made(services, PERIOD)


def ended(services: Services, number: int, state: Any = "done", who: str = "Rita", **given: Any) -> None:
    """A job that ended just now."""
    wanted = {"kind": "restore", "target": "shared", "parent_id": None, "sentence": "The disk is full.", **given}
    sentence = wanted.pop("sentence")
    services.job_rows.add(
        JobRequest(id=f"job:{number}", arguments={}, requester_id=RITA, requester_name=who, **wanted), ()
    )
    services.job_rows.end(f"job:{number}", state, sentence)


def stub(services: Services, monkeypatch: pytest.MonkeyPatch, **methods: Callable[..., Any]) -> None:
    """Another answer of the provider."""
    for name, method in methods.items():
        monkeypatch.setattr(services.providers["local"], name, method)


def ask(services: Services, *words: str, user: str = RITA, face: Face = "slack", request_id: str = "r1") -> Result:
    """Type it."""
    return dispatch(services, Request(request_id, Actor(user, user.lower(), face), ("report", *words)))


def test_a_quiet_day_is_one_line(services: Services) -> None:
    result = made(services)
    since = f"{NOW - timedelta(days=1):%Y-%m-%d %H:%M} UTC"
    assert result == Result("report", "done", f"Nothing changed since {since}; the one instance runs.")


def test_what_was_done_and_by_whom(services: Services) -> None:
    for number, who in enumerate(["Rita", "ci", "Rita"]):
        ended(services, number, who=who)
    ended(services, 3, kind="refresh", target="shop")
    ended(services, 4, parent_id="job:3")  # a part of the refresh
    result = made(services)

    assert result.facts["Done"] == "refresh shop: once (Rita)\nrestore shared: 3 times (Rita 2, ci 1)"
    assert result.sentence.endswith("nothing needs attention.")
    assert "Needs somebody" not in result.facts and "39" not in result.sentence
    assert result.facts["Data"].startswith("shared: ") and "(2026-11-19 01:00 UTC)" in result.facts["Data"]


def test_what_failed_says_what_to_type(services: Services) -> None:
    ended(services, 1, "failed")
    ended(services, 2, "failed", kind="refresh", target="shop")
    ended(services, 3, "failed", parent_id="job:2")
    ended(services, 4, "cancelled")
    result = made(services)

    assert result.facts["Needs somebody"].splitlines() == [
        "job 1, restore shared: The disk is full. Try again: /dbs retry 1",
        "job 2, refresh shop: The disk is full. Try again: /dbs retry 2",
        "job 3, restore shared: The disk is full. Try again: /dbs restore shared",
    ]
    assert result.sentence.endswith("3 things need attention.")


def test_many_failures_do_not_fill_the_channel(services: Services) -> None:
    for number in range(25):
        ended(services, number, "failed")
    lines = made(services).facts["Needs somebody"].splitlines()
    assert len(lines) == 11 and lines[-1] == "15 more failed: /dbs history failed"


def test_only_what_ended_in_the_period(services: Services) -> None:
    ended(services, 1)
    (job,) = services.job_rows.recent(1)
    at = str(job.finished_at)
    before = stamp(datetime.fromisoformat(at) - timedelta(microseconds=1))

    assert services.job_rows.ended(before, at) == [job]
    assert services.job_rows.ended(at, PERIOD.until) == [] == services.job_rows.ended(PERIOD.since, before)


def test_leases(services: Services) -> None:
    services.leases.take("shared", RITA, "Rita", stamp(NOW + timedelta(days=2)), "load test")
    until = f"{NOW + timedelta(days=2):%Y-%m-%d %H:%M} UTC"
    assert made(services).facts["Leases"] == f"shared: Rita until {until} (load test)"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("stopped", "shared: stopped. Put it back: /dbs restore shared"),
        ("failed", "shared: failed. Put it back: /dbs restore shared"),
        ("empty", "shared: no snapshot yet. Make one: /dbs refresh shop"),
    ],
)
def test_an_instance_that_does_not_run_needs_somebody(
    services: Services, monkeypatch: pytest.MonkeyPatch, state: str, said: str
) -> None:
    stub(services, monkeypatch, inspect=lambda name: InstanceStatus(name, state, None, None, ""))
    result = made(services)
    assert result.facts["Data"] == said and result.sentence.endswith("one thing needs attention.")


def test_old_data_needs_somebody(with_limit: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = replace(MANIFEST, id="shop-2", data_state_at=stamp(NOW - timedelta(hours=25)))
    old = replace(MANIFEST, id="shop-3", data_state_at=stamp(NOW - timedelta(hours=28)))
    said = {}
    for manifest in (fresh, old):
        status = InstanceStatus("shared", "running", manifest.id, None, "")
        stub(
            with_limit,
            monkeypatch,
            snapshots=lambda one=manifest: [one],
            inspect=lambda name, status=status: status,
        )
        said[manifest.id] = made(with_limit)

    assert said["shop-2"].sentence.startswith("Nothing changed")
    assert said["shop-3"].facts["Data"].endswith("older than 26 h. Renew it: /dbs refresh shop")


def test_a_supervisor_that_is_away_is_said_so(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> Any:
        raise SnapshotError("The supervisor does not answer. Start it: dbs up")

    stub(services, monkeypatch, inspect=away, describe=away, snapshots=away)
    result = made(services)
    assert "shared: could not be looked up. The supervisor does not answer." in result.facts["Data"]
    assert "local: could not be looked up." in result.facts["Disk"]


@pytest.mark.parametrize(("free", "enough"), [("12.1 GB", True), ("11.9 GB", False), ("not told", True)])
def test_room_for_one_more_snapshot(
    services: Services, monkeypatch: pytest.MonkeyPatch, free: str, enough: bool
) -> None:
    big = replace(MANIFEST, data_bytes=10 * 2**30)
    stub(services, monkeypatch, describe=lambda: {"free space": free}, snapshots=lambda: [big])
    services.leases.take("shared", RITA, "Rita", stamp(NOW + timedelta(days=2)), "")
    said = made(services).facts["Disk"]
    assert said == (f"local: {free} left" if enough else said)
    assert enough != said.endswith("the next refresh needs about 12.0 GB. Make room, or it will fail.")


def test_a_pause_and_jobs_without_a_worker_need_somebody(services: Services) -> None:
    services.switches.pause("Ada", "moving house")
    services.job_rows.add(JobRequest("job:1", "restore", "shared", {}, RITA, "Rita"), ())
    paused, waiting = made(services).facts["Needs somebody"].splitlines()
    assert paused.startswith("Ada paused dbs at ") and paused.endswith("Go on with: /dbs resume")
    assert waiting.startswith("work waits since ") and "(1 in all)" in waiting and waiting.endswith("Start one: dbs up")


def test_a_topic_that_cannot_be_looked_at_is_not_nothing(services: Services) -> None:
    def away(*_: object) -> list[Line]:
        raise FailedError("GitHub does not answer.")

    topics = (Topic("Pull requests", away), Topic("Quiet", lambda *_: []))
    result = report.made(services, PERIOD, topics)
    assert result.facts == {"Pull requests": "could not be looked up. GitHub does not answer."}
    assert len({topic.title for topic in TOPICS}) == len(TOPICS)


def test_now_posts_it_and_without_now_only_the_asker_sees_it(services: Services) -> None:
    ended(services, 1)
    shown = ask(services)
    assert shown.facts["Done"] == "restore shared: once (Rita)" and services.outbox.pending() == []

    told = ask(services, "now", request_id="r2")
    again = ask(services, "now", request_id="r2")
    assert told.sentence == again.sentence == "The report goes to #databases."
    (row,) = services.outbox.pending()
    assert (row.job_id, row.part, row.destination["channel"]) == ("r2", "report", "#databases")
    assert Result.from_json(row.result).facts["Done"] == shown.facts["Done"]


def test_the_next_report_begins_where_the_last_one_ended(services: Services) -> None:
    ended(services, 1)
    ask(services, "now")
    (first,) = services.outbox.pending()
    nothing = ask(services, request_id="r2")
    ended(services, 2, who="Otto")
    second = ask(services, request_id="r3")

    assert nothing.sentence.startswith("Nothing changed since ")
    assert second.facts["Done"] == "restore shared: once (Otto)"
    assert datetime.fromisoformat(first.destination["until"]) <= datetime.fromisoformat(first.created_at)


def test_a_clock_that_was_set_back_makes_no_negative_period(services: Services) -> None:
    destination = {"channel": "#databases", "until": stamp(NOW + timedelta(days=1))}
    services.outbox.put("report:2026-11-20", report.PART, destination, Result("report", "done", "x").to_json())
    assert ask(services).sentence.startswith(f"Nothing changed since {datetime.now(UTC):%Y-%m-%d}")


@pytest.mark.parametrize(
    ("words", "user", "face", "said"),
    [
        (("now",), OTTO, "slack", "Sorry, only the members of S0BACKEND"),
        (("now",), "schedule", "schedule", "has not been granted report"),
        (("now",), "token:1", "http", "has not been granted report"),
        (("nwo",), RITA, "slack", "'nwo' is not understood. Did you mean now?"),
    ],
)
def test_who_may_not_or_is_not_understood(
    services: Services, words: tuple[str, ...], user: str, face: Face, said: str
) -> None:
    result = ask(services, *words, user=user, face=face)
    assert result.outcome == "refused" and said in result.sentence
    assert services.outbox.pending() == []
    assert [event.outcome for event in services.audit.find("r1")] == ["received", "refused"]
