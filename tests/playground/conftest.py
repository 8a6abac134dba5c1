"""A running playground and real Bolt apps on it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from playground import Playground

TOKENS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk sends even local requests through a proxy from the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", *TOKENS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def shared() -> Iterator[Playground]:
    """One server for all tests; sockets and requests have half a second to be acknowledged."""
    with pytest.MonkeyPatch.context() as patch:
        for name in TOKENS:
            patch.delenv(name, raising=False)
        with Playground(ack_seconds=0.5) as running:
            yield running


@pytest.fixture
def playground(shared: Playground) -> Playground:
    """A fresh workspace and fresh tokens on the shared server."""
    shared.reset()
    shared.events.hurry = 1
    return shared


@pytest.fixture
def client(playground: Playground) -> WebClient:
    """The bot's Web API client."""
    return WebClient(token=playground.bot_token, base_url=playground.api_url)


@pytest.fixture
def app(playground: Playground, client: WebClient) -> App:
    """A real Bolt app that answers `/dbs`, mentions of it, and a button; nothing in it knows of the playground."""
    return bolt_app(client, playground.signing_secret)


def bolt_app(client: WebClient, signing_secret: str) -> App:
    """The app of the tests."""
    app = App(client=client, signing_secret=signing_secret)

    @app.command("/dbs")
    def command(ack, command, client, respond):  # type: ignore[no-untyped-def]
        ack()
        posted = client.chat_postMessage(channel=command["channel_id"], text=f"Doing {command['text']}")
        client.chat_update(channel=posted["channel"], ts=posted["ts"], text=f"Done {command['text']}")
        respond("Only you see this")

    @app.event("app_mention")
    def mention(event, say):  # type: ignore[no-untyped-def]
        say(text=f"Heard {event['text']}", thread_ts=event.get("thread_ts", event["ts"]))

    @app.action("approve")
    def approve(ack, body, respond):  # type: ignore[no-untyped-def]
        ack()
        respond(text=f"Approved by <@{body['user']['id']}>", replace_original=True)

    return app


@contextmanager
def connected(playground: Playground, app: App) -> Iterator[SocketModeHandler]:
    """The app on a socket. Its client takes a second or more to close, which no test has to watch."""
    handler = SocketModeHandler(app, playground.app_token, web_client=app.client)
    handler.connect()  # type: ignore[no-untyped-call]
    playground.wait_for(lambda: playground.sockets.connections)
    try:
        yield handler
    finally:
        handler.client.auto_reconnect_enabled = False
        threading.Thread(target=handler.close, daemon=True).start()


@pytest.fixture
def bot(playground: Playground, app: App) -> Iterator[SocketModeHandler]:
    """The app, connected by Socket Mode."""
    with connected(playground, app) as handler:
        yield handler
