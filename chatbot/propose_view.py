"""The window in which a schema change is proposed: whose database, the SQL, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from chatbot.blocks import Block, mrkdwn
from chatbot.texts import clean, clip
from chatbot.views import View, modal
from commands.propose import MOST_REASON

PROPOSE = "propose"
"""The callback id of the window, and the word that opens it."""

PROJECT, SQL, REASON = "project", "sql", "reason"
_OPTION, _OPTIONS, _LONGEST_SQL = 75, 100, 3_000


class Proposed(NamedTuple):
    """What was written; `project` is empty where there was none to choose."""

    project: str
    sql: str
    reason: str


def propose_form(projects: Sequence[str], metadata: str) -> View:
    """The form; with one project there is nothing to choose."""
    if not projects:
        return modal("Propose", [mrkdwn("There is no project; the configuration names none.")], metadata)
    blocks = [_select(projects)] if len(projects) > 1 else []
    longer = f"What is longer than {_LONGEST_SQL:,} characters comes by `dbs propose` on the command line."
    blocks += [_input(SQL, "SQL", _LONGEST_SQL, longer), _input(REASON, "Reason", MOST_REASON, "Why is it to be done?")]
    submit = {"type": "plain_text", "text": "Propose"}
    return {**modal("Propose", blocks, metadata), "callback_id": PROPOSE, "submit": submit}


def proposed(view: View) -> Proposed:
    """What was chosen and written."""
    values = view["state"]["values"]
    option = (values.get(PROJECT) or {}).get(PROJECT, {}).get("selected_option") or {}
    sql, reason = (str(((values.get(name) or {}).get(name) or {}).get("value") or "") for name in (SQL, REASON))
    return Proposed(str(option.get("value") or ""), sql, reason)


def _select(projects: Sequence[str]) -> Block:
    options = [
        {"text": {"type": "plain_text", "text": clip(clean(name), _OPTION)}, "value": name}
        for name in projects[:_OPTIONS]
    ]
    element: dict[str, Any] = {"type": "static_select", "action_id": PROJECT, "options": options}
    return {
        "type": "input",
        "block_id": PROJECT,
        "label": {"type": "plain_text", "text": "Project"},
        "element": {**element, "placeholder": {"type": "plain_text", "text": "Choose one"}},
    }


def _input(name: str, label: str, longest: int, hint: str) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": {"type": "plain_text", "text": label},
        "hint": {"type": "plain_text", "text": hint},
        "element": {"type": "plain_text_input", "action_id": name, "multiline": True, "max_length": longest},
    }
