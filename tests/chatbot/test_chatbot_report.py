"""A report is a message of its own in the channel: no thread, nobody pinged, sent once."""

from __future__ import annotations

from datetime import UTC, datetime

from chatbot.sender import Sender
from commands.periodic import daily_report
from commands.report import PART
from commands.services import Services
from tests.chatbot.parts import CONFIG as PLAIN
from tests.chatbot.parts import FakeDirectory, WebApi, make_services
from tests.chatbot.sending import Clock


def test_a_report_is_posted_once(
    services: Services, web_api: WebApi, sender: Sender, clock: Clock, directory: FakeDirectory
) -> None:
    config = PLAIN + '\n[schedule]\nreport = "0 7 * * *"\n'
    scheduler = make_services(services.settings.file.parent, directory, config=config)
    daily_report(scheduler, datetime(2026, 11, 20, 8, tzinfo=UTC))
    daily_report(scheduler, datetime(2026, 11, 20, 9, tzinfo=UTC))
    for _ in range(3):
        sender.once()
        clock.now += 5

    (post,) = web_api.of("chat.postMessage")
    assert post["channel"] == "#databases" and "thread_ts" not in post
    assert post["text"].startswith("Nothing changed since ") and "<@" not in post["text"]
    assert services.outbox.pending() == [] and services.outbox.holds("report:2026-11-20", PART)
