"""`/dbs dump`: the link is shown to the one who asked, and kept nowhere."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from commands.services import Services
from tests.chatbot.parts import CONFIG, RITA, FakeDirectory, Signed, WebApi, make_services
from tests.support import dumped


@pytest.fixture
def services(tmp_path: Path, directory: FakeDirectory) -> Services:
    """They know their address, and have a dump."""
    made = make_services(tmp_path, directory, config=f'[web]\npublic_url = "https://dbs.example.com"\n{CONFIG}')
    dumped.publish(made.dumps, b"content")
    return made


def test_only_one_sees_the_link(
    slack: Signed, services: Services, web_api: WebApi, capfd: pytest.CaptureFixture[str]
) -> None:
    slack.mention("dump shop")
    (shown,) = web_api.of("chat.postEphemeral")
    blocks = json.dumps(shown["blocks"])
    ticket = blocks.partition("?ticket=")[2].partition("|")[0]

    assert shown["user"] == RITA and "|Download shop-20261101T010000Z-0000.sql.zst>" in blocks
    assert services.links.read(ticket, "shop", "shop-20261101T010000Z-0000").person_id == RITA
    with sqlite3.connect(services.settings.state_url.removeprefix("sqlite:///")) as state:
        kept = "\n".join(state.iterdump()) + "".join(capfd.readouterr())
    assert "dump" in kept and ticket not in kept
