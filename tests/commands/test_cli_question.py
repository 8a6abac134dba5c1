"""A question on the command line: y, N, or nobody there to ask."""

from __future__ import annotations

import getpass
import json
import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import context, question
from cli.main import app
from tests.support.office import BOB, DEV, OPEN, PASSWORD, Office
from tests.support.policing import WEAKER, Policed

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`dbs WORDS` in this office, with somebody who types `answer`, or with no terminal: (exit code, output)."""
    monkeypatch.setattr(context, "open_services", lambda: office.services)

    def typed(words: str, answer: str | None = None) -> tuple[int, str]:
        monkeypatch.setattr(question, "can_ask", lambda: answer is not None)
        done = CliRunner().invoke(app, words.split(), input=answer, env={"COLUMNS": "300"})
        return done.exit_code, done.output

    return typed


@pytest.mark.parametrize(("answer", "jobs"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
def test_y_restores_and_everything_else_does_not(office: Office, run: Run, answer: str, jobs: int) -> None:
    office.provider.sessions = (DEV,)
    code, output = run("restore shared", answer)
    assert "dev@10.0.0.7" in output
    assert len(office.jobs()) == jobs
    assert code == (0 if jobs else 1)
    assert office.outcomes("restore") == ([] if jobs else ["cancelled"])


def test_without_a_terminal_it_is_refused(office: Office, run: Run) -> None:
    office.provider.sessions = (DEV,)
    code, output = run("restore shared")
    assert code == 1
    assert "dev@10.0.0.7" in output
    assert "There is no terminal to ask on" in output
    assert "--yes" in output
    assert office.jobs() == []
    assert office.outcomes("restore") == ["cancelled"]


def test_without_a_terminal_json_is_one_refusal(office: Office, run: Run) -> None:
    office.provider.sessions = (DEV,)
    code, output = run("restore shared --json")
    assert (code, json.loads(output)["outcome"]) == (1, "refused")


def test_yes_answers_beforehand(office: Office, run: Run) -> None:
    office.provider.sessions = (DEV,)
    office.say(BOB, "lease shared 1h")
    code, _ = run("restore shared --yes")
    assert code == 0
    (job,) = office.jobs()
    assert (job.requester_id, job.arguments["tell"]) == (f"os:{getpass.getuser()}", [BOB.id])


def test_it_asks_again_when_it_got_worse(office: Office, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    office.provider.sessions = (DEV,)
    ask = typer.confirm
    asked: list[str] = []

    def and_meanwhile(text: str, *, err: bool) -> bool:
        asked.append(text)
        office.provider.sessions = (DEV, OPEN)
        return bool(ask(text, err=err))

    monkeypatch.setattr(typer, "confirm", and_meanwhile)
    code, _ = run("restore shared", "y\ny\n")
    assert code == 0
    assert ["dev@10.0.0.9" in text for text in asked] == [False, True]
    assert len(office.jobs()) == 1


def test_nobody_is_asked_when_nobody_is_hurt(office: Office, run: Run) -> None:
    assert run("restore shared")[0] == 0
    assert len(office.jobs()) == 1


def test_connect_prints_the_password_once(run: Run) -> None:
    code, output = run("connect shared")
    assert code == 0
    assert output.count(PASSWORD) == 1


def test_who_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = pty.openpty()
    try:
        with os.fdopen(os.dup(follower), "r+b", buffering=0) as raw:
            monkeypatch.setattr("sys.stdin", raw)
            monkeypatch.setattr("sys.stderr", raw)
            assert question.can_ask()
        with open(os.devnull) as nothing:
            monkeypatch.setattr("sys.stdin", nothing)
            assert not question.can_ask()
    finally:
        os.close(leader)
        os.close(follower)


def test_what_waits_for_somebody_else_is_said_and_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Policed(tmp_path)
    office.read_by_it()
    office.write(WEAKER)
    monkeypatch.setattr(context, "open_services", lambda: office.services)
    monkeypatch.setattr(question, "can_ask", lambda: True)
    done = CliRunner().invoke(app, ["refresh", "shop"], input="y\n", env={"COLUMNS": "300"})
    assert done.exit_code == 0 and "that waits for S0PRIVACY" in done.output
    assert "users.email: email becomes keep." in done.output
    assert office.services.decisions.waiting("policy", "shop")
    differs = CliRunner().invoke(app, ["policy", "diff", "shop"], env={"COLUMNS": "300"})
    assert differs.exit_code == 1 and "1 changes in the policy of shop; 1 of them let more" in differs.output
