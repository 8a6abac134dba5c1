"""Clicks, submitted forms and opened homes, as Slack sends them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from chatbot.replays import Answer
from tests.chatbot.parts import JSON, RITA, TEAM, Signed


def click(
    slack: Signed, button: dict[str, Any], user: str = RITA, trigger: str = "9.1", url: str = "", **where: Any
) -> Answer:
    """A press on a button; `url` is the response address of its message, `where` the view or whatever it stood in."""
    body = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": user, "name": user.lower(), "team_id": TEAM},
        "trigger_id": trigger,
        "actions": [{**button, "action_ts": "1.0"}],
        "container": {"type": "view" if where else "message"},
        **({"response_url": url, "channel": {"id": "C0DATABASES"}} if url else {}),
        **where,
    }
    return slack.send(urlencode({"payload": json.dumps(body)}))


def submit(slack: Signed, instance: str, snapshot: str = "", user: str = RITA, trigger: str = "9.9") -> dict[str, Any]:
    """The acknowledgement of a submitted form, as JSON."""
    chosen = {"instance": instance, "snapshot": snapshot}
    values = {name: {name: {"selected_option": {"value": value} if value else None}} for name, value in chosen.items()}
    body = {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": user, "name": user.lower(), "team_id": TEAM},
        "trigger_id": trigger,
        "view": {
            "id": "V1",
            "hash": "1.a",
            "type": "modal",
            "callback_id": "restore",
            "private_metadata": "C0DATABASES",
            "state": {"values": values},
        },
    }
    answer = slack.send(urlencode({"payload": json.dumps(body)}))
    assert answer.status == 200, answer
    reply = json.loads(answer.body)
    assert isinstance(reply, dict)
    return reply


def open_home(slack: Signed, user: str = RITA, tab: str = "home", event_id: str = "EvH") -> Answer:
    """Somebody opens the App Home."""
    event = {"type": "app_home_opened", "user": user, "tab": tab, "channel": "D1", "event_ts": "1.0"}
    outer = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": event_id, "event": event}
    return slack.send(json.dumps(outer), JSON)


def buttons(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All buttons, each with the id of its block."""
    rows = [block for block in blocks if block["type"] == "actions"]
    return [{**element, "block_id": row["block_id"]} for row in rows for element in row["elements"]]
