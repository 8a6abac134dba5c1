"""The window in which somebody says why a schema change is rejected. Pure."""

from __future__ import annotations

from chatbot.blocks import mrkdwn
from chatbot.texts import clip, escape
from chatbot.views import View, modal

REJECT = "reject"
"""The callback id of the window."""

REASON = "reason"
_LONGEST, _INTRO = 500, 1_000


def reject_form(named: str, question: str) -> View:
    """One field, which has to be filled."""
    intro = f"Why is *{escape(named)}* rejected? Its author reads it in the thread and at GitHub."
    field = {
        "type": "input",
        "block_id": REASON,
        "label": {"type": "plain_text", "text": "Reason"},
        "element": {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": _LONGEST},
    }
    submit = {"type": "plain_text", "text": "Reject"}
    form = modal("Reject", [mrkdwn(clip(intro, _INTRO)), field], question)
    return {**form, "callback_id": REJECT, "submit": submit}


def reason_of(view: View) -> str:
    """What was written."""
    return str(((view["state"]["values"].get(REASON) or {}).get(REASON) or {}).get("value") or "")
