"""The same app behind a request address, with its own signature check."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient

from playground import Playground
from playground.http_mode import HttpTransport

pytestmark = pytest.mark.timeout(30)


@contextmanager
def served(app: App) -> Iterator[str]:
    """The smallest HTTP face of a Bolt app."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = app.dispatch(BoltRequest(body=body, headers=dict(self.headers)))
            self.send_response(answer.status)
            for name, value in answer.first_headers_without_set_cookie().items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # the playground hung up
                self.wfile.write(answer.body.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/slack/events"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def http_playground(playground: Playground, app: App) -> Iterator[Playground]:
    """The playground in HTTP mode with the app behind its request address."""
    with served(app) as address:
        playground.request_url = address
        yield playground


def test_a_signed_command_passes_the_apps_own_check(http_playground: Playground) -> None:
    delivery = http_playground.slash("rita", "databases", "restore shared")

    assert delivery.ok, delivery
    assert http_playground.wait_for(
        lambda: [m["text"] for m in http_playground.messages("databases")] == ["Done restore shared"]
    )


def test_a_signed_mention_is_answered(http_playground: Playground) -> None:
    assert http_playground.mention("rita", "databases", "help").ok

    http_playground.wait_for(lambda: len(http_playground.messages("databases")) == 2)
    parent, answer = http_playground.messages("databases")
    assert answer["thread_ts"] == parent["ts"]


def test_a_slow_app_is_a_timeout(playground: Playground, client: WebClient) -> None:
    app, enough = App(client=client, signing_secret=playground.signing_secret), threading.Event()

    @app.command("/dbs")
    def command(ack):  # type: ignore[no-untyped-def]
        enough.wait(10)
        ack()

    with served(app) as address:
        playground.request_url = address
        assert playground.slash("rita", "databases", "x").error == "timeout"
        enough.set()
    assert "operation_timeout" in playground.ephemerals("rita")[0]["text"]


def test_the_same_signed_request_can_be_sent_again(http_playground: Playground) -> None:
    first = http_playground.slash("rita", "databases", "status")
    second = http_playground.again(first)

    assert first.request is not None
    assert second.request == first.request
    assert second.ok


def test_another_secret_is_refused_and_the_person_is_told(http_playground: Playground) -> None:
    forger = HttpTransport(http_playground.request_url or "", "another secret")
    forged = forger.send("slash_commands", {"command": "/dbs", "text": "status"})
    assert forged.error == "http_401"

    stale = HttpTransport(http_playground.request_url or "", http_playground.signing_secret)
    assert stale.post(stale.sign("command=%2Fdbs", at=1_000_000_000))[0] == 401


def test_an_unreachable_app_is_a_dispatch_failure(playground: Playground) -> None:
    playground.request_url = "http://127.0.0.1:9/slack/events"

    assert playground.slash("rita", "databases", "status").error == "unreachable"
    assert "dispatch_failed" in playground.ephemerals("rita")[0]["text"]


def test_signed_requests_stay_on_this_machine() -> None:
    with pytest.raises(ValueError, match="on this machine"):
        HttpTransport("http://example.com/slack/events", "secret")


def test_plain_text_in_the_answer_is_shown_to_the_person(playground: Playground, client: WebClient) -> None:
    app = App(client=client, signing_secret=playground.signing_secret)

    @app.command("/dbs")
    def command(ack):  # type: ignore[no-untyped-def]
        ack("Queued")

    with served(app) as address:
        playground.request_url = address
        assert playground.slash("rita", "databases", "x").reply == {"text": "Queued"}
    assert [note["text"] for note in playground.ephemerals("rita")] == ["Queued"]
