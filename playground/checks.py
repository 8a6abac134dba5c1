"""`check_blocks`: what Slack would refuse about a list of blocks, as sentences. Pure; never raises on any JSON."""

from collections import Counter
from typing import Any, Literal

from playground.block_parts import IDENTIFIER, Problems, objects, string
from playground.block_rules import MARKDOWN_TEXT, MESSAGE_ONLY, MODAL_ONLY, RULES

Surface = Literal["message", "modal", "home"]

BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
# Undocumented; `msg_blocks_too_long` was seen at about this many characters (slackapi/bolt-js#2509).
BLOCK_TEXT = 13_200
TABLE_TEXT, DATA_TABLE_TEXT = 10_000, 20_000
AT_MOST = {"table": 1, "data_visualization": 2}
NOT_ON: dict[Surface, set[str]] = {
    "message": MODAL_ONLY,
    "modal": MESSAGE_ONLY,
    "home": MODAL_ONLY | MESSAGE_ONLY,
}
WORDS = ("text", "title", "caption", "alt_text")


def check_blocks(blocks: Any, surface: Surface = "message") -> list[str]:
    """The problems of a list of blocks, each as `blocks[2].text: what`; empty when Slack would take them."""
    if not isinstance(blocks, list):
        return ["blocks: must be a list"]
    found = [problem for at, block in enumerate(blocks) for problem in _one(f"blocks[{at}]", block, surface)]
    return [*found, *_together(blocks, surface)]


def text_length(value: Any) -> int:
    """Characters a reader sees in blocks: all strings under `text`, `title`, `caption` and `alt_text`."""
    if isinstance(value, list):
        return sum(text_length(each) for each in value)
    if not isinstance(value, dict):
        return 0
    own = sum(len(value[key]) for key in WORDS if isinstance(value.get(key), str))
    return own + sum(text_length(each) for each in value.values() if isinstance(each, dict | list))


def _one(where: str, block: Any, surface: Surface) -> Problems:
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(kind, str) or kind not in RULES:
        yield f"{where}: unsupported type {kind!r}"
        return
    if kind in NOT_ON[surface]:
        yield f"{where}: {kind} is not allowed in a {surface}"
    yield from string(f"{where}.block_id", block.get("block_id"), IDENTIFIER, required=False)
    yield from RULES[kind](where, block)
    for action_id in _twice([each.get("action_id") for each in objects(block.get("elements"))]):
        yield f"{where}: action_id {action_id!r} is used twice"


def _together(blocks: list[Any], surface: Surface) -> Problems:
    """What only the whole list shows: counts, sums, ids that must be unique."""
    if len(blocks) > BLOCKS[surface]:
        yield f"blocks: must be at most {BLOCKS[surface]}, has {len(blocks)}"
    known = objects(blocks)
    for block_id in _twice([block.get("block_id") for block in known]):
        yield f"blocks: block_id {block_id!r} is used twice"
    for kind, most in AT_MOST.items():
        if (count := len(_of(known, kind))) > most:
            yield f"blocks: must have at most {most} {kind}, has {count}"
    for kind, limit in (("markdown", MARKDOWN_TEXT), ("table", TABLE_TEXT), ("data_table", DATA_TABLE_TEXT)):
        if (length := text_length(_of(known, kind))) > limit:
            yield f"blocks: {kind} text must be at most {limit} characters together, has {length}"
    if surface == "message" and (length := text_length(blocks)) > BLOCK_TEXT:
        yield f"blocks: text must be at most {BLOCK_TEXT} characters together, has {length}"


def _of(blocks: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [block for block in blocks if block.get("type") == kind]


def _twice(values: list[Any]) -> list[str]:
    counts = Counter(value for value in values if isinstance(value, str))
    return [value for value, count in counts.items() if count > 1]
