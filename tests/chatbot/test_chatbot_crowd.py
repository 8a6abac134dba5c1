"""Scenarios 3 and 7: many at once, and one thing very often; by signed requests into the real app, with a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from slack_sdk import WebClient

from chatbot.app import create_app
from chatbot.http import slack_endpoint
from commands.services import Services
from commands.work import jobs
from dbs.snapshots.interface import Progress, Restored, Ticket
from tests.chatbot.parts import (
    CONFIG,
    RITA,
    FakeDirectory,
    FakeProvider,
    Signed,
    WebApi,
    authorize,
    make_services,
    slash_body,
    wait_until,
)

INSTANCES, PEOPLE = 20, 200
AT_ONCE = 8  # so many of the twenty run, as many as a worker takes; the others wait
ACK_SECONDS = 3.0


class Everybody(FakeDirectory):
    """Everybody is in the backend group."""

    def members(self, group_id: str) -> frozenset[str]:
        """All."""
        return frozenset({RITA, *(f"U{number:04}" for number in range(PEOPLE))})


@dataclass
class HeldProvider(FakeProvider):
    """Restores that run until they are let go."""

    let_go: threading.Event = field(default_factory=threading.Event)

    def restore(self, instance: str, snapshot_id: str, ticket: Ticket, progress: Progress) -> Restored:
        """When the time has come."""
        assert self.let_go.wait(60)
        return super().restore(instance, snapshot_id, ticket, progress)


@pytest.fixture
def provider() -> HeldProvider:
    """What runs the twenty."""
    return HeldProvider()


@pytest.fixture
def crowded(tmp_path: Path, provider: HeldProvider) -> Services:
    """Twenty instances."""
    config = CONFIG + "".join(
        f'[instance.i{number}]\nsource = "shop"\nprovider = "local"\nport = {34000 + number}\n'
        for number in range(INSTANCES)
    )
    services = replace(make_services(tmp_path, Everybody(), config=config), providers={"local": provider})
    services.jobs.define(jobs.kinds(services), partial(jobs.end, services))
    return services


@pytest.mark.alone
@pytest.mark.timeout(120)
def test_two_hundred_commands_while_twenty_restores_run(
    crowded: Services, provider: HeldProvider, web_api: WebApi, record_property: Callable[[str, object], None]
) -> None:
    app = create_app(crowded, client=WebClient(token="xoxb-test"), authorize=authorize)
    slack = Signed(slack_endpoint(app, crowded))

    def ask(number: int) -> tuple[float, int, str]:
        words = f"restore i{number % INSTANCES}" if number % 10 == 0 else ("help", "release shared")[number % 2]
        signed = slack.request(slash_body(words, f"U{number:04}", f"2.{number}"))
        begun = time.perf_counter()
        answer = slack.endpoint(*signed)
        return time.perf_counter() - begun, answer.status, answer.body

    with crowded.jobs.worker(), ThreadPoolExecutor(PEOPLE) as crowd:
        for number in range(INSTANCES):
            slack.slash(f"restore i{number}", f"U{number:04}", f"1.{number}")
        wait_until(lambda: [job.state for job in crowded.job_rows.open()].count("running") == AT_ONCE)
        answers = list(crowd.map(ask, range(PEOPLE)))
        took = sorted(seconds for seconds, _, _ in answers)
        record_property("said", f"200 at once: p50 {took[100]:.3f} s, p99 {took[197]:.3f} s, worst {took[-1]:.3f} s")
        provider.let_go.set()
        submitted = [job.request_id for job in crowded.job_rows.recent(500)]

    assert [status for _, status, _ in answers] == [200] * PEOPLE
    assert took[-1] < ACK_SECONDS
    asked = {f"slack:1.{number}" for number in range(INSTANCES)} | {f"slack:2.{n}" for n in range(0, PEOPLE, 10)}
    assert len(submitted) == len(asked) and set(submitted) == asked


def test_a_thousand_replays_of_one_request_are_one_job(slack: Signed, services: Services) -> None:
    signed = slack.request(slash_body("restore shared"))
    with ThreadPoolExecutor(20) as crowd:
        answers = set(crowd.map(lambda _: repr(slack.endpoint(*signed)), range(1_000)))

    assert len(answers) == 1 and "Queued as job 1" in answers.pop()
    assert len(services.job_rows.recent(10)) == 1
    assert [event.outcome for event in services.audit.find("slack:1.1")] == ["received"]
