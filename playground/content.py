"""What a message may say: text, blocks, attachments, checked as Slack checks them.

Used by the chat methods and by response addresses, which refuse the same things.
"""

import secrets
from dataclasses import dataclass, field

from playground.checks import BLOCK_TEXT, check_blocks, text_length
from playground.model import Json

TEXT = 40_000


class ContentError(Exception):
    """Slack's error code for this content, and its sentences where it gives any."""

    def __init__(self, error: str, messages: list[str] | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []


@dataclass(frozen=True)
class Content:
    """Checked content; blocks carry a `block_id` and elements an `action_id`, as Slack fills them in."""

    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)


def checked(text: str, blocks: object, attachments: object) -> Content:
    """The content, or ContentError: `no_text`, `msg_too_long`, `invalid_blocks`, `msg_blocks_too_long`, …"""
    if len(text) > TEXT:
        raise ContentError("msg_too_long")
    if blocks is not None and not isinstance(blocks, list):
        raise ContentError("invalid_blocks_format")
    if attachments is not None and not isinstance(attachments, list):
        raise ContentError("invalid_attachments")
    if not text.strip() and not blocks and not attachments:
        raise ContentError("no_text")
    if text_length(blocks or []) > BLOCK_TEXT:
        raise ContentError("msg_blocks_too_long")
    if problems := check_blocks(blocks or []):
        raise ContentError("invalid_blocks", problems)
    return Content(text, [with_ids(block) for block in blocks or []], attachments or [])


def with_ids(block: Json) -> Json:
    """The block with ids where the app gave none: its own, and those of everything a person can act on."""
    whole = {**block, "block_id": block.get("block_id") or secrets.token_hex(3)}
    if block["type"] == "actions":
        whole["elements"] = [_with_action_id(each) for each in block["elements"]]
    for part in ("accessory", "element"):
        if part in block and block[part]["type"] != "image":
            whole[part] = _with_action_id(block[part])
    return whole


def _with_action_id(element: Json) -> Json:
    return {**element, "action_id": element.get("action_id") or secrets.token_hex(3)}
