"""The thread that posts, round by round, with a clock of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.client import RemoteDisconnected
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from chatbot.sender import Sender
from commands.services import Services
from commands.work import jobs
from dbs.jobs import Ending, Job
from dbs.outbox import MessageRef
from tests.chatbot.parts import RITA, WebApi, queue, wait_until


@dataclass
class Clock:
    """Seconds that pass when told."""

    now: float = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The sender's time."""
    return Clock()


@pytest.fixture
def sender(services: Services, web_api: WebApi, clock: Clock) -> Sender:
    """The one that posts."""
    return Sender(services, WebClient(token="xoxb-test"), clock)


def finish(services: Services, job: Job, outcome: Any = "done") -> None:
    """The end of a job, as the worker leaves it: the message first, the row second."""
    ending = Ending(outcome, "shared is back.", {"restore": {"seconds": {"copy": 0.01, "total": 0.2}}})
    jobs.end(services, job, ending)
    services.job_rows.end(job.id, outcome, "shared is back.")


def refusal(code: str, status: int = 200, **headers: str) -> SlackApiError:
    """How slack_sdk tells that Slack said no."""
    response = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data={"ok": False, "error": code},
        headers={key.replace("_", "-"): value for key, value in headers.items()},
        status_code=status,
    )
    return SlackApiError("no", response)  # type: ignore[no-untyped-call]


def fail(
    web_api: WebApi, error: Exception, wanted: Callable[[str, dict[str, Any]], bool] = lambda *_: True
) -> list[str]:
    """From now on Slack fails where `wanted`; returns the list of the methods that failed."""
    failed: list[str] = []

    def trouble(method: str, arguments: dict[str, Any]) -> None:
        if wanted(method, arguments):
            failed.append(method)
            raise error

    web_api.trouble = trouble
    return failed


def test_a_job_is_one_parent_message_updated_in_place_with_its_end_in_the_thread(
    services: Services, web_api: WebApi, sender: Sender
) -> None:
    job = queue(services)
    sender.once()
    services.job_rows.begin(job.id)
    services.job_rows.report(job.id, "copy")
    finish(services, job)
    sender.once()
    sender.once()

    assert [method for method, _ in web_api.calls] == ["chat.postMessage", "chat.update", "chat.postMessage"]
    post, update, details = (arguments for _, arguments in web_api.calls)
    assert post["channel"] == "#databases" and "Asked by Rita · Data from: last night" in post["text"]
    assert (update["channel"], update["ts"]) == ("C0DATABASES", "1.000000")
    assert update["text"].endswith("shared is back.") and update["blocks"]
    assert (details["channel"], details["thread_ts"]) == ("C0DATABASES", "1.000000")
    assert details["text"].startswith(f"<@{RITA}> shared is back.")
    assert "copy: 0.01 s" in details["text"]
    assert services.outbox.pending() == []
    assert services.outbox.message(job.id) == MessageRef("C0DATABASES", "1.000000")


def test_the_end_is_shown_also_while_the_row_of_the_job_is_still_open(
    services: Services, web_api: WebApi, sender: Sender
) -> None:
    job = queue(services)
    sender.once()
    services.job_rows.begin(job.id)
    jobs.end(services, job, Ending("failed", "The disk is full."))
    for _ in range(3):
        sender.once()

    (update,) = web_api.of("chat.update")
    assert update["text"].endswith("The disk is full.")


def test_progress_is_shown_every_three_seconds_and_only_when_it_changed(
    services: Services, web_api: WebApi, sender: Sender, clock: Clock
) -> None:
    job = queue(services)
    sender.once()
    services.job_rows.begin(job.id)
    seen = []
    for step in ("copy", "start", None, "verify"):
        if step:
            services.job_rows.report(job.id, step)
        for _ in range(12):  # 3 s
            clock.now += 0.25
            sender.once()
        seen.append(len(web_api.of("chat.update")))

    assert seen == [1, 2, 2, 3]
    assert "copy done, start running" in web_api.of("chat.update")[1]["text"]


def test_the_end_waits_for_its_three_seconds_and_is_not_dropped(
    services: Services, web_api: WebApi, sender: Sender, clock: Clock
) -> None:
    job = queue(services)
    sender.once()
    services.job_rows.begin(job.id)
    clock.now += 3
    sender.once()
    finish(services, job)
    clock.now += 2.9
    sender.once()
    assert len(web_api.of("chat.update")) == 1
    clock.now += 0.1
    sender.once()

    assert "shared is back." in web_api.of("chat.update")[1]["text"]
    assert services.outbox.pending() == []


@pytest.mark.parametrize(
    "error",
    [
        URLError("refused"),
        TimeoutError("slow"),
        RemoteDisconnected("cut"),
        refusal("internal_error"),
        refusal("ratelimited", 429),
        refusal("Received a response in a non-JSON format: <html>", 502),
        refusal("Received a response in a non-JSON format: <html>"),
    ],
)
def test_passing_trouble_keeps_the_message_for_later(
    services: Services, web_api: WebApi, sender: Sender, clock: Clock, error: Exception
) -> None:
    queue(services)
    failed = fail(web_api, error)
    waits = []
    for _ in range(4):
        at = clock.now
        tried = len(failed)
        while len(failed) == tried:
            sender.once()
            clock.now += 0.25
        waits.append(clock.now - at)
    web_api.trouble = lambda *_: None
    clock.now += 60
    sender.once()

    assert waits == [0.25, 1.0, 2.0, 4.0]
    assert len(web_api.of("chat.postMessage")) == 1
    assert services.outbox.pending() == []


def test_slack_says_how_long_to_wait(services: Services, web_api: WebApi, sender: Sender, clock: Clock) -> None:
    queue(services)
    failed = fail(web_api, refusal("ratelimited", 429, Retry_After="30"))
    for _ in range(100):  # 25 s
        sender.once()
        clock.now += 0.25

    assert failed == ["chat.postMessage"]


def test_trouble_in_one_channel_does_not_stop_another(services: Services, web_api: WebApi, sender: Sender) -> None:
    fail(web_api, URLError("down"), lambda _, arguments: arguments.get("channel") == "#broken")
    queue(services, 1, "#broken")
    queue(services, 2, "#other")
    sender.once()

    assert [call["channel"] for call in web_api.of("chat.postMessage")] == ["#other"]
    assert [row.job_id for row in services.outbox.pending()] == ["restore:shared:1"]


@pytest.mark.parametrize(
    "code", ["channel_not_found", "not_in_channel", "is_archived", "token_revoked", "invalid_auth"]
)
def test_what_never_works_is_given_up_with_one_line(
    services: Services, web_api: WebApi, sender: Sender, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    queue(services)
    failed = fail(web_api, refusal(code))
    for _ in range(3):
        sender.once()

    assert failed == ["chat.postMessage"]
    assert services.outbox.pending() == []
    assert capsys.readouterr().out.count(code) == 1


def test_a_workspace_without_plan_blocks_gets_lines(services: Services, web_api: WebApi, sender: Sender) -> None:
    def no_plans(method: str, arguments: dict[str, Any]) -> bool:
        return any(block["type"] == "plan" for block in arguments.get("blocks", []))

    failed = fail(web_api, refusal("invalid_blocks"), no_plans)
    job = queue(services)
    sender.once()
    services.job_rows.begin(job.id)
    finish(services, job)
    sender.once()

    assert failed == ["chat.postMessage"]  # and it is not asked again
    assert "○ copy, ○ start, ○ verify" in web_api.of("chat.postMessage")[0]["blocks"][0]["text"]["text"]
    assert len(web_api.of("chat.update")) == 1


def test_a_message_goes_out_as_text_when_its_blocks_are_refused(
    services: Services, web_api: WebApi, sender: Sender
) -> None:
    fail(web_api, refusal("invalid_blocks"), lambda _, arguments: bool(arguments.get("blocks")))
    queue(services)
    sender.once()

    (post,) = web_api.of("chat.postMessage")
    assert "blocks" not in post and post["text"].startswith("Restore shared, job 1")


def test_when_somebody_removed_the_parent_the_end_is_a_message_of_its_own(
    services: Services, web_api: WebApi, sender: Sender
) -> None:
    job = queue(services)
    sender.once()
    fail(web_api, refusal("message_not_found"), lambda method, _: method == "chat.update")
    finish(services, job)
    sender.once()

    last = web_api.of("chat.postMessage")[-1]
    assert "thread_ts" not in last and "shared is back." in last["text"]
    assert services.outbox.pending() == []


def test_a_failed_detail_is_sent_later_without_a_second_update(
    services: Services, web_api: WebApi, sender: Sender, clock: Clock
) -> None:
    job = queue(services)
    sender.once()
    finish(services, job)
    fail(web_api, URLError("down"), lambda _, arguments: "thread_ts" in arguments)
    sender.once()
    web_api.trouble = lambda *_: None
    clock.now += 60
    sender.once()

    assert [method for method, _ in web_api.calls] == ["chat.postMessage", "chat.update", "chat.postMessage"]


def test_about_one_post_a_second_after_a_burst_of_three(
    services: Services, web_api: WebApi, sender: Sender, clock: Clock
) -> None:
    for number in range(6):
        queue(services, number)
    counts = []
    for _ in range(4):
        sender.once()
        counts.append(len(web_api.of("chat.postMessage")))
        clock.now += 1

    assert counts == [3, 4, 5, 6]


def test_a_new_sender_does_not_post_a_second_parent(services: Services, web_api: WebApi, sender: Sender) -> None:
    job = queue(services)
    sender.once()
    services.job_rows.begin(job.id)
    finish(services, job)
    Sender(services, WebClient(token="xoxb-test")).once()

    assert [method for method, _ in web_api.calls] == ["chat.postMessage", "chat.update", "chat.postMessage"]


def test_answers_to_requests_are_forgotten_in_time(services: Services, web_api: WebApi, sender: Sender) -> None:
    old = type(services.seen)(services.seen._engine, lambda: "2026-01-01T00:00:00.000000+00:00")
    old.remember("signature:old", "x")
    services.seen.remember("signature:new", "y")
    sender.once()

    assert (services.seen.answer("signature:old"), services.seen.answer("signature:new")) == (None, "y")


def test_it_goes_on_after_a_bug_and_stops_when_told(
    services: Services, web_api: WebApi, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.sender._PAUSE_AFTER_A_BUG", 0.01)
    real, rounds = sender.once, iter([True])

    def once() -> None:
        if next(rounds, False):
            raise RuntimeError("the bug")
        real()

    monkeypatch.setattr(sender, "once", once)
    stop = threading.Event()
    thread = threading.Thread(target=sender.run, args=(stop,))
    thread.start()
    queue(services)
    try:
        wait_until(lambda: services.outbox.pending() == [])
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()
