"""What the tests of the nightly refresh share: services whose refreshes only pretend, and a clock that is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands import refreshing
from commands.interface import Actor, Request, Result
from commands.nightly import refresh_due
from commands.services import Services
from commands.submitting import submit
from commands.work import jobs as ends
from dbs.jobs import Ending, Job, store
from dbs.state import stamp
from tests.chatbot.parts import CONFIG, FakeDirectory, make_services

NIGHTLY = CONFIG.replace("[source.shop]", '[source.shop]\npolicy = "policy/shop.toml"') + (
    '\n[schedule]\nrefresh = "0 1 * * *"\nretry_until = "06:00"\n'
)
AT_ONE = datetime(2026, 11, 20, 1, tzinfo=UTC)


@dataclass
class Night:
    """A home, the time there, and how refreshes begin: an error is raised instead."""

    home: Path
    config: str = NIGHTLY
    now: datetime = AT_ONE
    trouble: Exception | None = None
    started: list[str] = field(default_factory=list)

    def open(self) -> Services:
        """Services as after a restart."""
        services = make_services(self.home, FakeDirectory(), config=self.config)
        services.audit._clock = lambda: stamp(self.now)
        return services

    def start(
        self, services: Services, source: str, actor: Actor, request_id: str, job_id: str | None = None
    ) -> Result:
        """Stands for `commands.refreshing.start`: queues a job that nobody does."""
        if self.trouble is not None:
            raise self.trouble
        key = job_id or request_id
        self.started.append(key)
        return submit(services, Request(request_id, actor, ("refresh", source)), "refresh", source, {}, {}, key)

    def pass_by(self, services: Services, minutes: float, step: float = 1) -> None:
        """The scheduler looks once a `step` (minutes)."""
        for _ in range(int(minutes / step)):
            refresh_due(services, self.now)
            self.now += timedelta(minutes=step)

    def end(self, services: Services, outcome: Any, *, transient: bool = False, after: float = 0) -> Job:
        """The job that is open ends, so many minutes later."""
        (job,) = services.job_rows.open()
        self.now += timedelta(minutes=after)
        ending = Ending(outcome, f"It is {outcome}.", {"transient": True} if transient else {})
        ends.end(services, job, ending)
        services.job_rows.end(job.id, outcome, ending.sentence)
        ended = services.job_rows.get(job.id)
        assert ended is not None
        return ended


@contextmanager
def night(home: Path, monkeypatch: pytest.MonkeyPatch, config: str = NIGHTLY) -> Iterator[Night]:
    """Jobs, requests and the scheduler all go by the clock of the night."""
    one = Night(home, config)
    monkeypatch.setattr(store, "now", lambda: stamp(one.now))
    monkeypatch.setattr(refreshing, "start", one.start)
    yield one


@contextmanager
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's clock stands in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
