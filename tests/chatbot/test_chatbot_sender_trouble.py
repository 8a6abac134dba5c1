"""The thread that posts, when Slack does not take what it is given."""

from __future__ import annotations

import threading
from http.client import RemoteDisconnected
from typing import Any
from urllib.error import URLError

import pytest

from chatbot.sender import Sender
from commands.services import Services
from tests.chatbot.parts import WebApi, queue, wait_until
from tests.chatbot.sending import Clock, fail, finish, refusal


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
    fail(web_api, refusal("ratelimited", 429), lambda _, arguments: arguments.get("channel") == "#broken")
    queue(services, 1, "#broken")
    queue(services, 2, "#other")
    sender.once()

    assert [call["channel"] for call in web_api.of("chat.postMessage")] == ["#other"]
    assert [row.job_id for row in services.outbox.pending()] == ["restore:shared:1"]


@pytest.mark.parametrize(
    "code", ["channel_not_found", "not_in_channel", "is_archived", "token_revoked", "invalid_auth"]
)
def test_what_never_works_is_given_up_with_one_alert(
    services: Services, web_api: WebApi, sender: Sender, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    queue(services)
    failed = fail(web_api, refusal(code))
    for _ in range(3):
        sender.once()

    assert failed == ["chat.postMessage"]
    assert services.outbox.pending() == []
    (alert,) = [line for line in capsys.readouterr().out.splitlines() if "[error" in line]
    assert code in alert and "/dbs status" in alert


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
