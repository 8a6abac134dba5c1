"""The bot as it is started, on the playground, by Socket Mode: from the typed word to the thread."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from chatbot.client import web_client
from chatbot.directory import SlackDirectory
from chatbot.running import connect, listening, open_app, sending
from commands.services import Services
from commands.work import jobs
from dbs.access import DirectoryError
from dbs.errors import FailedError, SettingsError
from dbs.settings import load_settings
from playground import Playground
from tests.chatbot.parts import CONFIG, FakeProvider, WebApi, queue, wait_until

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def playground(no_surprises: None) -> Iterator[Playground]:
    """A workspace."""
    with Playground() as running:
        yield running


def environment(playground: Playground, tmp_path: Path) -> dict[str, str]:
    """What the bot is started with."""
    file = tmp_path / "dbs.toml"
    file.write_text(CONFIG)
    return {"DBS_CONFIG": str(file), "DBS_HOME": str(tmp_path / "home"), **playground.environment()}


@pytest.fixture
def bot(playground: Playground, tmp_path: Path) -> Iterator[Services]:
    """Bot and worker in this process; only the provider is a fake."""
    built, client = connect(load_settings(environment(playground, tmp_path)))
    services = replace(built, providers={"local": FakeProvider()})
    services.jobs.define(jobs.kinds(services), partial(jobs.end, services))
    app = open_app(services, client)
    with ExitStack() as stack:
        stack.enter_context(services.jobs.worker())
        stack.enter_context(listening(app, services.settings))
        stack.callback(playground.sockets.drop)  # else the client waits 3 s for the other side to hang up
        stack.enter_context(sending(services, client))
        playground.wait_for(lambda: playground.sockets.connections)
        yield services


def test_a_restore_from_the_typed_word_to_its_thread(playground: Playground, bot: Services) -> None:
    assert playground.slash("rita", "#databases", "restore shared").ok
    done = playground.wait_for(lambda: playground.messages("databases")[1:], seconds=20)

    parent = playground.messages("databases")[0]
    assert "Queued as job 1" in playground.ephemerals("rita")[0]["text"]
    assert "shared is back to the data of 2026-11-19 01:00 UTC" in parent["text"]
    assert [block["type"] for block in parent["blocks"]] == ["section"]
    assert [reply["thread_ts"] for reply in done] == [parent["ts"]]
    assert [e.outcome for e in bot.audit.history(words="restore", limit=5)] == ["done", "received"]

    playground.mention("rita", "databases", "status 1", parent["ts"])
    answer = playground.wait_for(lambda: playground.thread("databases", parent["ts"])[3:])
    assert "shared is back" in answer[0]["text"]

    assert playground.slash("otto", "#databases", "restore shared").ok
    assert "Sorry, only the members of <!subteam^S0BACKEND>" in playground.ephemerals("otto")[0]["text"]
    playground.mention("gina", "databases", "restore shared")
    assert playground.wait_for(lambda: playground.ephemerals("gina"))[0]["text"].endswith("Nothing was done.")


def test_the_directory_of_the_playground(playground: Playground, tmp_path: Path) -> None:
    directory = SlackDirectory(web_client(load_settings(environment(playground, tmp_path))))

    assert directory.team_id().startswith("T")
    assert directory.members("S0BACKEND") == {"U0REQUESTER", "U0APPROVER"}
    rita, gina, sam, greta = (directory.person(f"U0{name}") for name in ("REQUESTER", "GUEST", "SINGLE", "GONE"))
    assert (rita.name, rita.active, rita.guest, rita.bot) == ("rita", True, False, False)
    assert (gina.guest, sam.guest, greta.active) == (True, True, False)
    assert directory.person("U0OTHERBOT").bot
    assert directory.person("U0STRANGER").team_id != rita.team_id
    with pytest.raises(DirectoryError, match="no_such_subteam"):
        directory.members("S0NOBODY")
    with pytest.raises(DirectoryError, match="user_not_found"):
        directory.person("U0NOBODY")


def test_a_directory_that_is_not_there(playground: Playground, tmp_path: Path) -> None:
    directory = SlackDirectory(web_client(load_settings(environment(playground, tmp_path))))
    playground.stop()

    for ask in (directory.team_id, lambda: directory.members("S0BACKEND"), lambda: directory.person("U0REQUESTER")):
        with pytest.raises(DirectoryError, match="cannot be reached"):
            ask()


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"SLACK_BOT_TOKEN": ""}, SettingsError, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, FailedError, "invalid_auth"),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, FailedError, "cannot be reached"),
        ({"SLACK_APP_TOKEN": ""}, SettingsError, "SLACK_APP_TOKEN is not set"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, FailedError, "invalid_auth"),
    ],
)
def test_a_wrong_token_is_a_sentence(
    playground: Playground, tmp_path: Path, change: dict[str, str], error: type[Exception], sentence: str
) -> None:
    settings = load_settings({**environment(playground, tmp_path), **change})

    with pytest.raises(error, match=sentence):
        services, client = connect(settings)
        with listening(open_app(services, client), settings):
            pass


def test_of_two_senders_one_posts_and_the_other_stands_by(
    services: Services, web_api: WebApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.running._LOCK_SECONDS", 0.02)
    client = WebClient(token="xoxb-test")
    with ExitStack() as second:
        with sending(services, client):
            queue(services, 1)
            wait_until(lambda: services.outbox.pending() == [])
            second.enter_context(sending(services, client))
            queue(services, 2)
            wait_until(lambda: services.outbox.pending() == [])
        queue(services, 3)
        wait_until(lambda: services.outbox.pending() == [])

    assert len(web_api.of("chat.postMessage")) == 3


def test_the_program_runs_until_sigterm(playground: Playground, tmp_path: Path) -> None:
    variables = {**os.environ, **environment(playground, tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([sys.executable, "-m", "chatbot"], env=variables, stderr=subprocess.PIPE) as program:
        try:
            playground.wait_for(lambda: playground.sockets.connections, seconds=20)
            assert playground.slash("rita", "#databases", "help").ok
        finally:
            program.send_signal(signal.SIGTERM)
            playground.sockets.drop()
        assert program.wait(20) == 0


def test_the_program_says_what_is_missing(tmp_path: Path, playground: Playground) -> None:
    variables = {**os.environ, **environment(playground, tmp_path), "SLACK_BOT_TOKEN": ""}
    ended = subprocess.run([sys.executable, "-m", "chatbot"], env=variables, capture_output=True, text=True, timeout=30)

    assert ended.returncode == 1
    assert ended.stderr.startswith("SLACK_BOT_TOKEN is not set") and "Traceback" not in ended.stderr


def held_by_otto(services: Services) -> None:
    """So that a restore asks first."""
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    services.leases.take("shared", "U0OUTSIDER", "Otto", until, "load test")


def test_a_question_by_buttons(playground: Playground, bot: Services) -> None:
    held_by_otto(bot)
    assert playground.slash("rita", "#databases", "restore shared").ok
    asked = playground.ephemerals("rita")[-1]
    assert "Otto holds it until" in asked["text"] and bot.job_rows.recent(5) == []

    clicked = playground.click("rita", "databases", asked["ts"], "decide_confirm")
    assert clicked.ok
    playground.wait_for(lambda: "Queued as job 1" in playground.ephemerals("rita")[-1]["text"])
    for _ in range(19):
        assert playground.press_again(clicked).ok
    playground.wait_for(lambda: "This click changed nothing" in playground.ephemerals("rita")[-1]["text"])

    assert not any(block["type"] == "actions" for block in playground.ephemerals("rita")[-1]["blocks"])
    playground.wait_for(lambda: playground.messages("databases")[1:], seconds=20)
    assert len(bot.job_rows.recent(5)) == 1
    ends = [event for event in bot.audit.history(words="decide", limit=100) if event.outcome != "received"]
    assert sorted(event.outcome for event in ends) == ["done"] + ["refused"] * 19


def test_the_form_and_a_question_in_it(playground: Playground, bot: Services) -> None:
    held_by_otto(bot)
    assert playground.slash("rita", "#databases", "restore").ok
    form = playground.wait_for(lambda: _with_inputs(playground))
    assert form["callback_id"] == "restore"

    assert playground.submit("rita", {"instance": "shared"}).ok
    asked = playground.modal("rita")
    assert asked and "Otto holds it until" in str(asked)
    assert playground.click_view("rita", "decide_confirm").ok
    playground.wait_for(lambda: "Queued as job 1" in str(playground.modal("rita")))
    assert "decide_confirm" not in str(playground.modal("rita"))
    playground.wait_for(lambda: playground.messages("databases")[1:], seconds=20)


def _with_inputs(playground: Playground) -> dict[str, Any] | None:
    view = playground.modal("rita")
    return view if view and any(block["type"] == "input" for block in view["blocks"]) else None


def test_the_app_home(playground: Playground, bot: Services) -> None:
    held_by_otto(bot)
    playground.slash("rita", "#databases", "restore shared")
    assert playground.open_home("rita").ok
    home = playground.wait_for(lambda: playground.home("rita"))
    assert "Otto holds it until" in str(home["blocks"]) and "*shared*" in str(home["blocks"])

    assert playground.click_view("rita", "decide_cancel", view_id=home["id"]).ok
    playground.wait_for(lambda: "shared stays as it is" in str(playground.home("rita")))
    assert "decide_cancel" not in str(playground.home("rita"))
    assert playground.open_home("gina").ok
    assert "guest" in str(playground.wait_for(lambda: playground.home("gina"))["blocks"])


def test_direct_messages_and_a_change_of_the_operators(playground: Playground, bot: Services) -> None:
    result = {"kind": "new", "outcome": "done", "sentence": "bug-123 ends in an hour."}
    bot.outbox.put("personal:bug-123", "warning", {"user": "U0REQUESTER"}, result)
    playground.wait_for(lambda: playground.dms("rita"))
    playground.set_group("backend", ["otto"])
    told = playground.wait_for(lambda: playground.messages("databases"))

    assert [message["text"] for message in playground.dms("rita")] == ["bug-123 ends in an hour."]
    assert told[0]["text"] == "The operators changed: + otto; - adam, rita."


def test_a_lost_answer_makes_no_double(playground: Playground, bot: Services) -> None:
    playground.slash("rita", "#databases", "restore shared")
    playground.wait_for(lambda: playground.messages("databases")[1:], seconds=20)
    playground.faults.add("chat.postMessage", "reset_after_store", times=2)
    playground.slash("rita", "#databases", "restore shared")
    wait_until(lambda: not bot.job_rows.open() and not bot.outbox.pending(), 20)

    def tops() -> list[dict[str, Any]]:
        return [message for message in playground.messages("databases") if not message.get("thread_ts")]

    wait_until(lambda: all("shared is back" in message["text"] for message in tops()), 20)
    assert len(tops()) == 2
    assert [len(playground.thread("databases", message["ts"])) for message in tops()] == [2, 2]


def test_a_handle_in_the_configuration(playground: Playground, tmp_path: Path) -> None:
    given = environment(playground, tmp_path)
    file = Path(given["DBS_CONFIG"])
    file.write_text(CONFIG.replace('["S0BACKEND"]', '["@backend", "U0OUTSIDER"]'))
    services, _ = connect(load_settings(given))

    assert services.settings.slack.operators == ("S0BACKEND", "U0OUTSIDER")
    services.access.require("operator", "U0REQUESTER", "slack")
