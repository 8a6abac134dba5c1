"""Programs do what they were granted; a grant is worth nothing to a person, and a role nothing to a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.dispatch import dispatch
from commands.interface import Actor, Face, Request
from commands.services import Services
from tests.chatbot.parts import OTTO, RITA, FakeDirectory, make_services


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """One instance."""
    return make_services(tmp_path, FakeDirectory())


@pytest.mark.parametrize(
    ("face", "actor", "grants", "words", "outcome"),
    [
        ("http", "token:1", ("restore:shared",), "restore shared", "queued"),
        ("http", "token:1", ("restore:shared",), "RESTORE shared", "queued"),
        ("http", "token:1", ("restore:builds",), "restore shared", "refused"),
        ("http", "token:1", ("restore",), "restore shared", "refused"),
        ("http", "token:1", ("lease:shared",), "restore shared", "refused"),
        ("http", "token:1", ("restore:shared",), "--snapshot shared restore", "refused"),
        ("http", "token:1", ("restore:shared",), "lease shared 1h", "refused"),
        ("http", "token:1", ("restore:shared",), "help", "refused"),
        ("http", "token:1", (), "restore shared", "refused"),
        ("http", RITA, (), "restore shared", "refused"),
        ("http", "os:root", (), "restore shared", "refused"),
        ("schedule", "schedule", ("report",), "report now", "done"),
        ("schedule", "schedule", (), "report now", "refused"),
        ("schedule", "schedule", ("report",), "restore shared", "refused"),
        ("slack", OTTO, ("restore:shared",), "restore shared", "refused"),
        ("slack", "token:1", ("restore:shared",), "restore shared", "refused"),
        ("cli", "token:1", ("restore:shared",), "restore shared", "refused"),
    ],
)
def test_who_may(services: Services, face: Face, actor: str, grants: tuple[str, ...], words: str, outcome: str) -> None:
    result = dispatch(services, Request("r1", Actor(actor, "someone", face, grants), tuple(words.split())))

    assert result.outcome == outcome, result.sentence
    assert len(services.job_rows.recent(10)) == (outcome == "queued")
    recorded = ["received"] if outcome == "queued" else ["received", outcome]
    assert [event.outcome for event in services.audit.find("r1")] == recorded


def test_what_counts_is_the_target_as_it_was_understood(services: Services) -> None:
    """A character that nobody sees neither opens another instance nor hides which one is meant."""
    actor = Actor("token:1", "ci", "http", ("restore:sha\u200bred",))
    assert dispatch(services, Request("r1", actor, ("restore", "sha\u200bred"))).outcome == "refused"
