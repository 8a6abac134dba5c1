"""A `Result` → text and Block Kit. Pure; `text` is always there and says the same as the blocks.

Slack refuses messages at about 13,200 characters of block text (undocumented; slackapi/bolt-js#2509), so a message
here stays below 10,000.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from chatbot.tables import MOST_PREFORMATTED, aligned, characters_of, fits_a_table_block, preformatted, table_block
from chatbot.texts import clean, clip, escape, referred
from commands.interface import Result, Table

Block = dict[str, Any]

MOST_BLOCKS = 50
MOST_CHARACTERS = 10_000
MOST_TEXT = 4_000
SECTION = 3_000
FIELD = 2_000
FIELDS = 10
BUTTONS = 25
BUTTON = 75
DECIDE = "decide_"
"""Begins the action id of every button that answers a question; the choice follows."""
CLASSIFY = "classify"
"""The action id of the button that opens the window in which columns are classified."""
REST = "Not everything fits into one message; the rest is left out."


class Rendered(NamedTuple):
    """What Slack gets: both, every time."""

    text: str
    blocks: list[Block]


def render(result: Result, to: str | None = None, *, ids: Collection[str] = (), tables: bool = True) -> Rendered:
    """A result as a message; `to` is the user id of the one person to notify.

    `ids` are shown as names, in what one person alone sees (see `referred`). Without `tables` there is no table block:
    modals and the App Home do not know it.
    """
    page = _Page(table_blocks=tables)
    page.add_text(_addressed(result, to, ids))
    labelled = [clip(f"*{escape(label)}*\n{escape(value)}", FIELD) for label, value in result.facts.items()]
    for start in range(0, len(labelled), FIELDS):
        page.add_fields(labelled[start : start + FIELDS])
    for label, address in result.links.items():
        page.add_text(f"<{escape(address)}|{escape(label)}>")
    for table in result.tables:
        if table.columns:
            page.add_table(table)
    return Rendered(_as_text(result, to, ids), [*page.finished(), *buttons(result.actions)])


def buttons(actions: Sequence[dict[str, str]]) -> list[Block]:
    """The buttons of a question, as one block; the action ids stay, the block id is that of the question."""
    answers = [action for action in actions if action["action"] in ("decide", CLASSIFY)][:BUTTONS]
    if not answers:
        return []
    return [
        {"type": "actions", "block_id": f"decision:{answers[0]['decision']}", "elements": [_button(a) for a in answers]}
    ]


def _button(action: dict[str, str]) -> Block:
    button: Block = {
        "type": "button",
        "action_id": CLASSIFY if action["action"] == CLASSIFY else DECIDE + action["choice"],
        "text": {"type": "plain_text", "text": clip(clean(action["label"]), BUTTON)},
        "value": action["decision"],
    }
    if action.get("style") in ("primary", "danger"):
        button["style"] = action["style"]
    return button


def mrkdwn(text: str) -> Block:
    """A section of text that is escaped already. `verbatim`: Slack adds no links or mentions of its own."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def mention(user_id: str) -> str:
    """`<@U…>` for an id of Slack; nothing for anybody else, such as `os:root`."""
    return f"<@{user_id}>" if re.fullmatch(r"[UW][A-Z0-9]+", user_id) else ""


class _Page:
    """Blocks of one message, as long as there is room."""

    def __init__(self, *, table_blocks: bool = True) -> None:
        self._blocks: list[Block] = []
        self._left = MOST_CHARACTERS - len(REST) - BUTTONS * BUTTON
        self._cut = False
        self._has_table = not table_blocks

    def add(self, block: Block, characters: int) -> bool:
        """Take a block in, or note that something is missing. One place is kept for the note, one for the buttons."""
        if characters > self._left or len(self._blocks) >= MOST_BLOCKS - 2:
            self._cut = True
            return False
        self._blocks.append(block)
        self._left -= characters
        return True

    def add_text(self, text: str) -> bool:
        """A section."""
        shown = clip(text, SECTION)
        self._cut = self._cut or shown != text
        return self.add(mrkdwn(shown), len(shown))

    def add_fields(self, texts: list[str]) -> None:
        """Label and value pairs side by side."""
        fields = [{"type": "mrkdwn", "text": text, "verbatim": True} for text in texts]
        self.add({"type": "section", "fields": fields}, sum(map(len, texts)))

    def add_table(self, table: Table) -> None:
        """A title, then the table; Slack takes one table block in a message."""
        if not self.add_text(f"*{escape(table.title)}*"):
            return
        if not self._has_table and fits_a_table_block(table, self._left):
            self._has_table = self.add(table_block(table), characters_of(table))
            return
        room = min(MOST_PREFORMATTED, self._left)
        if room > 0:
            block, missing = preformatted(table, room)
            self._cut = self._cut or missing > 0
            self.add(block, room)
        self._cut = self._cut or room <= 0

    def finished(self) -> list[Block]:
        """All blocks, with the note when something is missing."""
        note = {"type": "context", "elements": [{"type": "mrkdwn", "text": REST}]}
        return [*self._blocks, note] if self._cut else self._blocks


def _addressed(result: Result, to: str | None, ids: Collection[str]) -> str:
    sentence = referred(escape(result.sentence.strip() or f"{result.kind}: {result.outcome}."), ids)
    return f"{mention(to or '')} {sentence}".strip()


def _as_text(result: Result, to: str | None, ids: Collection[str]) -> str:
    lines = [_addressed(result, to, ids)]
    lines += [f"{escape(label)}: {escape(value)}" for label, value in (*result.facts.items(), *result.links.items())]
    for table in result.tables:
        if table.columns:
            lines += [escape(line) for line in (table.title, *aligned(table))]
    if result.actions:
        lines.append(f"Answer with a button: {' or '.join(escape(action['label']) for action in result.actions)}.")
    return clip("\n".join(lines), MOST_TEXT)
