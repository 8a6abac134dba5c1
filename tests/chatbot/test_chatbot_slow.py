"""What asks servers elsewhere is acknowledged first, and answered aside: Slack waits for three seconds only."""

from __future__ import annotations

import threading
from dataclasses import replace
from urllib.parse import quote

import pytest

from commands.interface import Result
from commands.registry import COMMANDS
from tests.chatbot.parts import Signed, slash_body, wait_until
from tests.chatbot.test_chatbot_private import answers_here


def test_a_slow_command_is_acknowledged_before_it_is_done(slack: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    acknowledged = threading.Event()

    def run(*_: object) -> Result:
        assert acknowledged.wait(30), "the command waits for Slack, and Slack for the command"
        return Result("index", "done", "idx_email is in use.")

    assert COMMANDS["index"].slow
    monkeypatch.setitem(COMMANDS, "index", replace(COMMANDS["index"], run=run))
    with answers_here() as (address, answers):
        body = slash_body("index orders.idx_email")
        body = body.replace(quote("http://127.0.0.1:1/", safe=""), quote(address, safe=""))
        response = slack.endpoint(*slack.request(body))
        acknowledged.set()
        wait_until(lambda: answers)
    assert response.status == 200 and "idx_email" not in response.body
    assert answers[0]["response_type"] == "ephemeral" and "idx_email is in use." in answers[0]["text"]
