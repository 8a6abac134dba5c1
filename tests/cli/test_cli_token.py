"""`dbs token` as typed: the secret is shown once, kept nowhere, and each command is recorded."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from typer.testing import Result as Run

from cli import context
from cli.main import app
from commands.services import Services
from dbs.errors import DbsError, RefusedError
from dbs.personal import Wish
from tests.chatbot.parts import CONFIG, FakeDirectory, make_services


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Real services, which the command line finds by the environment."""
    made = make_services(tmp_path, FakeDirectory())
    monkeypatch.setattr(context, "open_services", lambda: made)
    return made


def dbs(*words: str) -> Run:
    """Type it."""
    return CliRunner().invoke(app, words)


def made(*words: str) -> dict[str, Any]:
    """Make a token; what was shown of it."""
    run = dbs("token", "create", "--json", *words)
    assert run.exit_code == 0, run.output
    shown = json.loads(run.stdout)
    assert isinstance(shown, dict)
    return shown


def test_a_token_is_shown_once_and_works(services: Services, tmp_path: Path) -> None:
    secret = made("--scope", "restore:shared", "--label", "ci")["facts"]["Token"]
    listed = dbs("token", "list")

    assert secret.startswith("dbs_") and len(secret) >= 4 + 43
    assert services.tokens.check(secret, "restore:shared").label == "ci"
    assert secret not in listed.output and "valid" in listed.output
    with closing(sqlite3.connect(tmp_path / "home" / "state.db")) as state:
        assert secret not in "\n".join(state.iterdump())


def test_every_command_is_recorded(services: Services) -> None:
    made("--scope", "restore:shared", "--label", "ci")
    token_id = services.tokens.list()[0].id
    assert dbs("token", "list").exit_code == dbs("token", "revoke", token_id).exit_code == 0
    again = dbs("token", "revoke", token_id)

    assert again.exit_code == 1 and "was revoked already" in again.output
    rows = [(one.command, one.target, one.outcome) for one in services.audit.history(words=None, limit=20)]
    assert rows[::-1] == [
        ("token create", "restore:shared", "received"),
        ("token create", "restore:shared", "done"),
        ("token list", "", "received"),
        ("token list", "", "done"),
        ("token revoke", token_id, "received"),
        ("token revoke", token_id, "done"),
        ("token revoke", token_id, "received"),
        ("token revoke", token_id, "refused"),
    ]
    assert services.audit.verify().ok


def test_a_revoked_token_opens_nothing(services: Services) -> None:
    secret = made("--scope", "restore:shared", "--label", "ci", "--expires", "90d")["facts"]["Token"]
    dbs("token", "revoke", services.tokens.list()[0].id)

    with pytest.raises(RefusedError, match="not valid here"):
        services.tokens.check(secret, "restore:shared")
    assert "revoked" in dbs("token", "list").output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--scope", "restore:shraed", "--label", "ci"), "There is no instance 'shraed'. Did you mean shared?"),
        (("--scope", "dump:shpo", "--label", "ci"), "There is no source 'shpo'. Did you mean shop?"),
        (("--scope", "restor:shared", "--label", "ci"), "'restor:shared' is no scope. Did you mean restore?"),
        (("--scope", "restore", "--label", "ci"), "Write restore:INSTANCE, dump:SOURCE or metrics."),
        (("--scope", "restore:shared", "--label", " "), "A token needs a label"),
        (("--scope", "restore:shared", "--label", "ci", "--expires", "soon"), "'soon' is not a duration"),
    ],
)
def test_what_no_token_can_be_for_is_refused(services: Services, words: tuple[str, ...], sentence: str) -> None:
    run = dbs("token", "create", *words)

    assert run.exit_code == 1 and sentence in run.output
    assert services.tokens.list() == []
    assert services.audit.history(words=None, limit=1)[0].outcome == "refused"


def test_an_instance_of_somebodys_own_gets_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = CONFIG + '\n[personal]\nsource = "shop"\nprovider = "local"\nports = "33100-33199"\n'
    services = make_services(tmp_path, FakeDirectory(), config=config)
    monkeypatch.setattr(context, "open_services", lambda: services)
    end = datetime.now(UTC) + timedelta(hours=8)
    services.personal.take(Wish("bug-123", "U0ADA", "Ada", "shop", "local", end, range(33100, 33200), 2))

    run = dbs("token", "create", "--scope", "restore:bug-123", "--label", "ci")
    assert run.exit_code == 1 and "bug-123 is somebody's own instance" in run.output
    assert services.tokens.list() == []


def test_a_token_for_dumps(services: Services) -> None:
    made("--scope", "dump:shop", "--label", "laptops")
    assert services.tokens.list()[0].scope == "dump:shop"
    assert "dump:SOURCE, or metrics" in " ".join(dbs("token", "create", "--help").output.replace("│", " ").split())


def test_an_unknown_id_is_said_so(services: Services) -> None:
    run = dbs("token", "revoke", "nope")
    assert run.exit_code == 1 and "There is no token 'nope'" in run.output and not isinstance(run.exception, DbsError)
