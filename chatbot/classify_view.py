"""The window in which columns are classified: a masker for each, the suggested one chosen already. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatbot.blocks import CLASSIFY, Block, mrkdwn
from chatbot.texts import clean, clip, escape
from chatbot.views import View, modal
from commands.classifying import Chosen
from dbs.masking.interface import KEEP

_MASK, _REASON = "mask", "reason"
_LABEL, _OPTION, _HINT, _WHY = 2_000, 75, 150, 600


def classify_form(work: Mapping[str, Any], source: str, offer_id: str) -> View:
    """The form for the columns of `commands.gaps`."""
    intro = f"What becomes of these columns of *{escape(source)}*? Somebody of `[slack] privacy` has to approve it."
    if work["left"]:
        intro += f" {work['left']} more come after these, or at once by: `dbs policy suggest {escape(source)} --merge`"
    blocks = [mrkdwn(intro)]
    for number, column in enumerate(work["columns"]):
        blocks += [mrkdwn(clip(escape(column["why"]), _WHY)), _select(number, column), _reason(number, column)]
    submit = {"type": "plain_text", "text": "Propose"}
    return {**modal("Classify", blocks, offer_id), "callback_id": CLASSIFY, "submit": submit}


def chosen(view: View) -> list[Chosen]:
    """What was chosen, in the order of the columns."""
    values = view["state"]["values"]
    found: list[Chosen] = []
    while (select := values.get(f"{_MASK}:{len(found)}")) is not None:
        option = (select.get(_MASK) or {}).get("selected_option") or {}
        reason = ((values.get(f"{_REASON}:{len(found)}") or {}).get(_REASON) or {}).get("value") or ""
        found.append(Chosen(str(option.get("value", "")), str(reason)))
    return found


def field(at: int, given: Sequence[Chosen]) -> str:
    """The block that a refusal about a column stands beside: the reason when it is kept without one."""
    return f"{_REASON if given[at].mask == KEEP else _MASK}:{at}"


def _select(number: int, column: Mapping[str, Any]) -> Block:
    options = [_option(mask, column) for mask in column["masks"]]
    return {
        "type": "input",
        "block_id": f"{_MASK}:{number}",
        "label": {"type": "plain_text", "text": clip(clean(column["name"]), _LABEL)},
        "element": {"type": "static_select", "action_id": _MASK, "options": options, "initial_option": options[0]},
    }


def _option(mask: str, column: Mapping[str, Any]) -> Block:
    note = f" (suggested: {column['note']})" if mask == column["rule"]["mask"] else ""
    return {"text": {"type": "plain_text", "text": clip(clean(mask + note), _OPTION)}, "value": mask}


def _reason(number: int, column: Mapping[str, Any]) -> Block:
    asked = f"Why it may be kept: it looks like {column['personal']}" if column["personal"] else "Why, if it is kept"
    return {
        "type": "input",
        "block_id": f"{_REASON}:{number}",
        "optional": True,
        "label": {"type": "plain_text", "text": clip(clean(asked), _HINT)},
        "element": {"type": "plain_text_input", "action_id": _REASON, "max_length": 200},
    }
