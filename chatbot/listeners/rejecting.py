"""Rejecting a schema change: the button opens a window that asks why, and what is submitted settles the question."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient

from chatbot.desk import Desk
from chatbot.reject_view import REASON, reason_of, reject_form
from chatbot.views import modal
from chatbot.windows import actor_of, open_window, request_id_of
from commands.decisions import decide
from commands.interface import Actor
from commands.reviewing import REJECT, require_may
from commands.services import Services
from dbs.errors import RefusedError


class RejectForm:
    """The window, and what is submitted."""

    def __init__(self, services: Services, desk: Desk) -> None:
        self._services = services
        self._desk = desk

    def opened(self, body: dict[str, Any], question: str, actor: Actor, client: WebClient) -> bool:
        """Open it. False where that makes no sense: who may not reject, or comes too late, is told so instead."""
        decision = self._services.decisions.get(question)
        if decision is None or decision.choice is not None or self._services.decisions.over(decision):
            return False
        try:
            require_may(self._services, decision, REJECT, actor)
        except RefusedError:
            return False  # it is said, and recorded, when the click is decided
        form = reject_form(decision.work["named"], question)
        return open_window(client, body["trigger_id"], form) is not None

    def submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Settle it; a reason that is missing is asked for beside its field."""
        why = reason_of(view)
        if not why.strip():
            ack(response_action="errors", errors={REASON: "Say why, so that its author knows what to do."})
            return
        question, request_id = str(view.get("private_metadata") or ""), request_id_of(body, view)
        result = decide(self._services, question, REJECT, actor_of(body), request_id=request_id, reason=why)
        shown = self._desk.show(result, tables=False)
        ack(response_action="update", view=modal("Reject", shown.blocks, ""))
