"""What a person can press or choose on a message or a view, and what Slack makes of it. Pure."""

from collections.abc import Iterable
from typing import Any

from playground.block_parts import INTERACTIVE
from playground.inputs import filled
from playground.model import Json


def controls(blocks: Iterable[Json]) -> list[Json]:
    """Everything that sends a block action, each with the `block_id` of its block; inputs only when they dispatch."""
    found = []
    for block in blocks:
        elements = [*block.get("elements", []), *filter(None, [block.get("accessory")])]
        if block.get("dispatch_action"):
            found.append({**block["element"], "block_id": block["block_id"]})
            continue
        found += [{**each, "block_id": block["block_id"]} for each in elements if each.get("type") in INTERACTIVE]
    return found


def find(blocks: Iterable[Json], action_id: str, block_id: str | None = None) -> Json | None:
    """The control with this action id, in this block if one is named; the first when several blocks have it."""
    return next(
        (each for each in controls(blocks) if each["action_id"] == action_id and block_id in (None, each["block_id"])),
        None,
    )


def action_of(control: Json, value: Any = None) -> Json:
    """The action of pressing or choosing; NotAcceptedError when `value` is no choice of this control."""
    if control["type"] == "button":
        return dict(control)
    answer = filled(control, value)
    return {"type": control["type"], "action_id": control["action_id"], "block_id": control["block_id"], **answer}
