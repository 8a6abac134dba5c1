"""The thread that posts, round by round, with a clock of its own."""

from __future__ import annotations

from slack_sdk import WebClient

from chatbot.sender import Sender
from commands.services import Services
from commands.work import jobs
from dbs.jobs import Ending
from dbs.outbox import MessageRef
from tests.chatbot.parts import RITA, WebApi, queue
from tests.chatbot.sending import Clock, finish


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
