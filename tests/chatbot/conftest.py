"""The real app on real services."""

from __future__ import annotations

from pathlib import Path

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from chatbot.app import create_app
from chatbot.http import slack_endpoint
from chatbot.sender import Sender
from commands.services import Services
from tests.chatbot.parts import FakeDirectory, Signed, WebApi, authorize, make_services
from tests.chatbot.sending import Clock


@pytest.fixture(autouse=True)
def no_surprises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither tokens nor a proxy of the machine that runs the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def directory() -> FakeDirectory:
    """Who is who."""
    return FakeDirectory()


@pytest.fixture
def services(tmp_path: Path, directory: FakeDirectory) -> Services:
    """Real services."""
    return make_services(tmp_path, directory)


@pytest.fixture
def web_api(monkeypatch: pytest.MonkeyPatch) -> WebApi:
    """Notes what dbs says to Slack."""
    fake = WebApi()
    monkeypatch.setattr(WebClient, "api_call", lambda client, method, **given: fake.api_call(client, method, **given))
    return fake


@pytest.fixture
def app(services: Services, web_api: WebApi) -> App:
    """The app that people use."""
    return create_app(services, client=WebClient(token="xoxb-test"), authorize=authorize)


@pytest.fixture
def slack(app: App, services: Services) -> Signed:
    """Slack, in HTTP mode."""
    return Signed(slack_endpoint(app, services))


@pytest.fixture
def clock() -> Clock:
    """The sender's time."""
    return Clock()


@pytest.fixture
def sender(services: Services, web_api: WebApi, clock: Clock) -> Sender:
    """The one that posts."""
    return Sender(services, WebClient(token="xoxb-test"), clock)
