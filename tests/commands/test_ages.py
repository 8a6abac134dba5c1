"""`max_age`: what status says, and one word to the channel at each crossing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands.ages import ages, alert
from commands.dispatch import dispatch
from commands.interface import Actor, Request
from commands.services import Services
from dbs.state import stamp
from tests.chatbot.parts import CONFIG, MANIFEST, FakeDirectory, make_services

LIMITED = CONFIG.replace("[source.shop]", '[source.shop]\nmax_age = "26h"')
TAKEN = datetime.fromisoformat(MANIFEST.data_state_at)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """One source that may be 26 h old, with a snapshot of 2026-11-19 01:00."""
    return opened(tmp_path)


def opened(home: Path, config: str = LIMITED) -> Services:
    """As after a restart; the list of snapshots is filled."""
    services = make_services(home, FakeDirectory(), config=config)
    services.catalog.sync("local", services.providers["local"])
    return services


def refreshed(services: Services, at: datetime) -> None:
    """A new snapshot with the data of a time."""
    manifest = replace(MANIFEST, id=f"shop-{at:%d%H}", data_state_at=stamp(at), created_at=stamp(at))
    provider = services.providers["local"]
    there = [*provider.snapshots(), manifest]
    provider.snapshots = lambda: there  # type: ignore[method-assign]
    services.catalog.sync("local", provider)


def said(services: Services) -> list[str]:
    """Everything for the channel, in order."""
    return [row.result["sentence"] for row in services.outbox.pending(1000)]


def test_ages(services: Services) -> None:
    (one,) = ages(services, TAKEN + timedelta(hours=26))
    assert (one.too_old, one.seconds, one.sentence) == (False, 26 * 3600, "shop is 26 h old")
    (one,) = ages(services, TAKEN + timedelta(hours=31))
    assert (one.too_old, one.sentence) == (True, "shop is 31 h old, older than its 26 h")
    refreshed(services, TAKEN + timedelta(hours=30))
    (one,) = ages(services, TAKEN + timedelta(hours=31))
    assert not one.too_old
    (one,) = ages(services, TAKEN)
    assert one.seconds == 0  # a clock that was set back


def test_without_a_limit_or_a_snapshot(tmp_path: Path) -> None:
    services = make_services(tmp_path, FakeDirectory(), config=LIMITED)
    assert ages(services) == [] and alert(services) == 0
    services = opened(tmp_path, CONFIG)
    (one,) = ages(services, TAKEN + timedelta(days=900))
    assert not one.too_old and alert(services, TAKEN + timedelta(days=900)) == 0


def test_status_says_it(services: Services) -> None:
    result = dispatch(services, Request("r1", Actor("os:ada", "Ada", "cli"), ("status",)))
    assert result.sentence.startswith("1 of 1 instances are running. shop is ")
    assert result.sentence.endswith(" old, older than its 26 h.")


def test_one_alert_for_each_crossing_and_one_when_it_is_good_again(services: Services, tmp_path: Path) -> None:
    for hour in range(25, 60):
        alert(services, TAKEN + timedelta(hours=hour))
        alert(opened(tmp_path), TAKEN + timedelta(hours=hour, minutes=1))
    assert said(services) == ["shop is 26 h old, older than its 26 h. Renew it: /dbs refresh shop"]

    refreshed(services, TAKEN + timedelta(hours=20))  # newer, and still too old
    alert(services, TAKEN + timedelta(hours=60))
    assert len(said(services)) == 1
    refreshed(services, TAKEN + timedelta(hours=60))
    for hour in range(61, 80):
        alert(services, TAKEN + timedelta(hours=hour))
    assert said(services)[1:] == ["shop is 60 min old: no longer too old."]

    alert(services, TAKEN + timedelta(hours=87))
    assert said(services)[2:] == ["shop is 27 h old, older than its 26 h. Renew it: /dbs refresh shop"]
    assert {row.destination["channel"] for row in services.outbox.pending()} == {"#databases"}


def test_several_schedulers_tell_once(tmp_path: Path) -> None:
    crowd = [opened(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(lambda one: alert(one, datetime.now(UTC)), crowd))
    assert sum(told) == 1 and len(said(crowd[0])) == 1
