"""The fixtures of the bot's tests serve here too; a second instance, and a client of a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from commands.services import Services
from tests.chatbot.conftest import app, directory, no_surprises, slack, web_api
from tests.chatbot.parts import FakeDirectory, make_services
from tests.support.ports import free_port
from tests.web.calling import TWO
from web.app import create_app
from web.serving import serving

__all__ = ["app", "directory", "no_surprises", "slack", "web_api"]


@pytest.fixture
def services(tmp_path: Path, directory: FakeDirectory) -> Services:
    """Two instances: `shared` and `builds`."""
    return make_services(tmp_path, directory, config=TWO)


@pytest.fixture
def http(services: Services) -> Iterator[httpx.Client]:
    """A client of a running server."""
    port = free_port()
    with (
        serving(create_app(services, None), ("127.0.0.1", port)),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
    ):
        yield client


@pytest.fixture
def secret(services: Services) -> str:
    """A token for `builds`."""
    return services.tokens.create("restore:builds", "ci", "os:ada")[1]
