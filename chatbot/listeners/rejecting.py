"""Rejecting a schema change: the button opens a window that asks why, and what is submitted settles the question."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

import structlog
from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from chatbot.client import DIRECTORY_SECONDS, reason, without_retries
from chatbot.desk import Desk
from chatbot.reject_view import REASON, reason_of, reject_form
from chatbot.views import modal
from commands.decisions import decide
from commands.interface import Actor
from commands.reviewing import REJECT, require_may
from commands.services import Services
from dbs.errors import RefusedError

log = structlog.get_logger()


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
        try:
            without_retries(client, DIRECTORY_SECONDS).views_open(
                trigger_id=body["trigger_id"], view=reject_form(decision.work["named"], question)
            )
        except (SlackApiError, OSError, HTTPException) as error:
            log.warning("the form did not open", reason=reason(error))
            return False
        return True

    def submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Settle it; a reason that is missing is asked for beside its field."""
        why, person = reason_of(view), body["user"]
        if not why.strip():
            ack(response_action="errors", errors={REASON: "Say why, so that its author knows what to do."})
            return
        actor = Actor(person["id"], person.get("name") or person.get("username") or person["id"], "slack")
        question = str(view.get("private_metadata") or "")
        request_id = f"slack:{body.get('trigger_id') or view['id'] + view['hash']}"
        result = decide(self._services, question, REJECT, actor, request_id=request_id, reason=why)
        shown = self._desk.show(result, tables=False)
        ack(response_action="update", view=modal("Reject", shown.blocks, ""))
