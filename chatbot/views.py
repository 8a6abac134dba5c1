"""Modals: the form of a restore, what is shown while it is made, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.blocks import Block, Rendered, mrkdwn
from chatbot.texts import clean, clip

View = dict[str, Any]

RESTORE = "restore"
"""The callback id of the form, and the word that opens it."""

INSTANCE, SNAPSHOT = "instance", "snapshot"
_OPTION = 75
_OPTIONS = 100
_TITLE = 24


@dataclass(frozen=True)
class Choice:
    """Something to choose: its name in commands, and what people read."""

    value: str
    shown: str


def loading(metadata: str) -> View:
    """Shown at once: whoever waits for the form waits for a window that is there already."""
    return modal("Restore", [mrkdwn("Looking at the instances …")], metadata)


def restore_form(instances: Sequence[Choice], snapshots: Sequence[Choice], metadata: str) -> View:
    """Which instance, and which snapshot if not the newest."""
    if not instances:
        return modal("Restore", [mrkdwn("There is no instance to restore; the configuration names none.")], metadata)
    blocks = [_select(INSTANCE, "Instance", "Choose one", instances)]
    if snapshots:
        blocks.append({**_select(SNAPSHOT, "Snapshot", "The newest", snapshots), "optional": True})
    if max(len(instances), len(snapshots)) > _OPTIONS:
        blocks.append(mrkdwn(f"Only {_OPTIONS} of each are listed; what is missing can be typed."))
    submit = {"type": "plain_text", "text": "Restore"}
    return {**modal("Restore", blocks, metadata), "callback_id": RESTORE, "submit": submit}


def chosen(view: View) -> tuple[str, ...]:
    """The form as the words that somebody would have typed."""
    values = view["state"]["values"]
    picked = [(values.get(block) or {}).get(block, {}).get("selected_option") for block in (INSTANCE, SNAPSHOT)]
    instance, snapshot = ((each or {}).get("value", "") for each in picked)
    return (RESTORE, instance, "--snapshot", snapshot) if snapshot else (RESTORE, instance)


def outcome(message: Rendered, metadata: str) -> View:
    """What came of it. The blocks hold the buttons of a question, if there is one."""
    return modal("Restore", message.blocks, metadata)


def modal(title: str, blocks: list[Block], metadata: str) -> View:
    """A window to read; a form has a `callback_id` and a `submit` besides."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": clip(title, _TITLE)},
        "close": {"type": "plain_text", "text": "Close"},
        "private_metadata": metadata,
        "blocks": blocks,
    }


def _select(name: str, label: str, placeholder: str, choices: Sequence[Choice]) -> Block:
    options = [
        {"text": {"type": "plain_text", "text": clip(clean(choice.shown), _OPTION)}, "value": choice.value}
        for choice in choices[:_OPTIONS]
    ]
    return {
        "type": "input",
        "block_id": name,
        "label": {"type": "plain_text", "text": label},
        "element": {
            "type": "static_select",
            "action_id": name,
            "placeholder": {"type": "plain_text", "text": placeholder},
            "options": options,
        },
    }
