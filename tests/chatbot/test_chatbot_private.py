"""A password is shown to the one who asked, and kept nowhere: not even to answer a replay."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from commands.services import Services
from tests.chatbot.parts import RITA, Signed, WebApi, slash_body, wait_until


@contextmanager
def answers_here() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address for answers, and what was answered there."""
    answers: list[dict[str, Any]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answers.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """Not on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", answers
        finally:
            server.shutdown()
            thread.join()


def state(services: Services) -> str:
    """All that the state database holds."""
    path = services.settings.state_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        return "\n".join(connection.iterdump())


def password(services: Services) -> str:
    return Path(services.settings.home / "passwords" / "shared").read_text()


def test_connect_is_answered_aside_and_kept_nowhere(
    slack: Signed, services: Services, capfd: pytest.CaptureFixture[str]
) -> None:
    with answers_here() as (address, answers):
        body = slash_body("connect shared").replace(quote("http://127.0.0.1:1/", safe=""), quote(address, safe=""))
        signed = slack.request(body)
        acknowledged = [slack.endpoint(*signed) for _ in range(3)]
        wait_until(lambda: answers)
    secret = password(services)
    assert [one.status for one in acknowledged] == [200] * 3
    assert secret not in "".join(one.body for one in acknowledged)
    assert len(answers) == 1, "a replay is acknowledged, not answered again"
    assert answers[0]["response_type"] == "ephemeral"
    assert secret in json.dumps(answers[0]["blocks"])
    written = state(services) + "".join(capfd.readouterr())
    assert "connect" in written
    assert secret not in written


def test_mentioned_in_a_channel_only_one_sees_it(slack: Signed, services: Services, web_api: WebApi) -> None:
    slack.mention("connect shared")
    secret = password(services)
    (shown,) = web_api.of("chat.postEphemeral")
    assert shown["user"] == RITA
    assert secret in json.dumps(shown)
    assert secret not in json.dumps(web_api.of("chat.postMessage"))
    assert secret not in state(services)
