"""`check_view`: what Slack would refuse about a modal or an App Home, as sentences. Pure; takes any JSON."""

import json
from typing import Any, Literal

from playground.block_parts import IDENTIFIER, PLAIN, Problems, objects, string, text
from playground.checks import check_blocks

ViewKind = Literal["modal", "home"]

TITLE = 24  # also the two buttons at the foot
METADATA = 3_000
VIEW_BYTES = 250_000
FLAGS = ("clear_on_close", "notify_on_close")


def check_view(view: Any, kind: ViewKind) -> list[str]:
    """The problems of a view, each as `view.title: what`; empty when Slack would take it."""
    if not isinstance(view, dict):
        return ["view: must be an object"]
    found = [] if view.get("type") == kind else [f"view.type: must be {kind}, is {view.get('type')!r}"]
    blocks = view.get("blocks")
    found += [f"view.{problem}" for problem in check_blocks(blocks, kind)]
    found += _names(view)
    if kind == "modal":
        found += _frame(view, blocks)
    return found


def too_large(view: Any) -> bool:
    """Whether the view has more than Slack's 250 kB."""
    return len(json.dumps(view).encode()) > VIEW_BYTES


def _names(view: dict[str, Any]) -> Problems:
    for name, limit in (("callback_id", IDENTIFIER), ("external_id", IDENTIFIER), ("private_metadata", METADATA)):
        if view.get(name) != "":
            yield from string(f"view.{name}", view.get(name), limit, required=False)
    for name in FLAGS:
        if not isinstance(view.get(name, False), bool):
            yield f"view.{name}: must be true or false"


def _frame(view: dict[str, Any], blocks: Any) -> Problems:
    """Title and buttons. A modal that asks for something must have a submit button."""
    yield from text("view.title", view.get("title"), TITLE, PLAIN)
    for name in ("submit", "close"):
        if view.get(name) is not None:
            yield from text(f"view.{name}", view[name], TITLE, PLAIN)
    if view.get("submit") is None and any(block.get("type") == "input" for block in objects(blocks)):
        yield "view.submit: is required when a block is an input"
