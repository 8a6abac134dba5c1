"""The App Home."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatbot.home import NO_ACTIONS, NO_JOBS, NO_QUESTIONS
from commands.services import Services
from dbs.access import Person
from playground.view_rules import check_view
from tests.chatbot.clicking import buttons, click, open_home
from tests.chatbot.parts import OTTO, RITA, TEAM, FakeDirectory, Signed, WebApi, queue, wait_until


def home(slack: Signed, web_api: WebApi, user: str = RITA) -> list[dict[str, Any]]:
    """The blocks that somebody sees who opens it now."""
    before = len(web_api.of("views.publish"))
    assert open_home(slack, user, event_id=f"Ev{before}").status == 200
    wait_until(lambda: len(web_api.of("views.publish")) > before)
    published = web_api.of("views.publish")[-1]
    assert published["user_id"] == user and check_view(published["view"], "home") == []
    blocks = published["view"]["blocks"]
    assert isinstance(blocks, list)
    return blocks


def titles(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["text"]["text"] for block in blocks if block["type"] == "header"]


def test_an_empty_home_teaches_commands(slack: Signed, web_api: WebApi, services: Services) -> None:
    blocks = home(slack, web_api)

    assert titles(blocks) == ["Waiting for you", "Running", "Instances", "Done last"]
    shown = str(blocks).replace("&lt;", "<").replace("&gt;", ">")
    assert all(sentence in shown for sentence in (NO_QUESTIONS, NO_JOBS, NO_ACTIONS))
    assert "*shared* · state: running" in shown and "Updated" in blocks[-1]["elements"][0]["text"]
    assert services.audit.history(words=None, limit=5) == []


def test_questions_jobs_instances_and_what_was_done(slack: Signed, web_api: WebApi, services: Services) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    services.leases.take("shared", OTTO, "Otto <!here>", until, "")
    slack.slash("restore shared")
    slack.slash("release shared", user=OTTO, trigger="1.2")
    job = queue(services)
    blocks = home(slack, web_api)

    shown = str(blocks)
    assert [button["action_id"] for button in buttons(blocks)] == ["decide_confirm", "decide_cancel"]
    assert f"*{job.number}* · what: restore shared" in shown
    assert "Otto &lt;!here&gt; until" in shown and "<!here>" not in shown
    assert "what: release shared" in shown and "data from: 2026-11-19 01:00 UTC" in shown
    assert "only the members of <!subteam^S0BACKEND> may" in shown
    assert buttons(home(slack, web_api, OTTO)) == []  # nobody else's questions


def test_a_click_on_the_page_renews_it(slack: Signed, web_api: WebApi, services: Services) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    services.leases.take("shared", OTTO, "Otto", until, "")
    slack.slash("restore shared")
    confirm, _ = buttons(home(slack, web_api))
    click(slack, confirm, view={"id": "V9", "type": "home", "blocks": []})
    wait_until(lambda: len(web_api.of("views.publish")) == 2)

    blocks = web_api.of("views.publish")[-1]["view"]["blocks"]
    assert "Queued as job 1" in str(blocks[0]) and buttons(blocks) == []
    assert "what: restore shared" in str(blocks)


def test_a_guest_sees_the_reason_and_nothing_else(
    slack: Signed, web_api: WebApi, directory: FakeDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = Person("U0GUEST", "gina", active=True, guest=True, bot=False, team_id=TEAM)
    monkeypatch.setattr(directory, "person", lambda user_id: guest)
    (block,) = home(slack, web_api, "U0GUEST")

    assert "you are a guest" in block["text"]["text"]


def test_the_tab_with_messages_has_no_page(slack: Signed, web_api: WebApi) -> None:
    assert open_home(slack, tab="messages").status == 200
    home(slack, web_api)

    assert len(web_api.of("views.publish")) == 1
