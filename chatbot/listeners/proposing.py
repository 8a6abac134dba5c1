"""`/dbs propose`: the window for a schema change without a pull request, and what is submitted."""

from __future__ import annotations

from functools import partial
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient

from chatbot.desk import Desk
from chatbot.propose_view import PROJECT, PROPOSE, REASON, SQL, Proposed, propose_form, proposed
from chatbot.views import modal
from chatbot.windows import actor_of, open_window, request_id_of
from commands.interface import Actor, Request, Result
from commands.propose import only_project, propose
from commands.recording import recorded
from commands.services import Services
from dbs.errors import RefusedError

_FAILURES = ("refused", "failed")
_SENTENCE = 1_000


class ProposeForm:
    """The window, and what is submitted."""

    def __init__(self, services: Services, desk: Desk) -> None:
        self._services = services
        self._desk = desk

    def opened(self, request: Request, trigger_id: str, client: WebClient) -> bool:
        """Open it for the bare word. False: then the words are dispatched, which says what is wrong."""
        if request.words != (PROPOSE,) or not self._may(request.actor):
            return False
        view = propose_form(list(self._services.settings.project), request.channel or "")
        return open_window(client, trigger_id, view) is not None

    def submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Queue it; what is refused stands beside the field, everything else takes the form's place."""
        given = proposed(view)
        missing = {name: text for name, text in ((SQL, given.sql), (REASON, given.reason)) if not text.strip()}
        if missing:
            ack(response_action="errors", errors=dict.fromkeys(missing, "Without it nothing can be proposed."))
            return
        request = Request(
            id=request_id_of(body, view),
            actor=actor_of(body),
            words=(PROPOSE, given.project),
            channel=view.get("private_metadata") or None,
        )
        act = partial(self._propose, request, given)
        result = recorded(self._services, request, PROPOSE, given.project, act)
        if result.outcome in _FAILURES:
            field = PROJECT if "project" in result.sentence and given.project else SQL
            ack(response_action="errors", errors={field: result.sentence[:_SENTENCE]})
            return
        ack(response_action="update", view=modal("Propose", self._desk.show(result, tables=False).blocks, ""))

    def _propose(self, request: Request, given: Proposed) -> Result:
        self._services.access.require("operator", request.actor.id, request.actor.face)
        project = given.project or only_project(self._services)
        return propose(self._services, request, project, given.sql, given.reason)

    def _may(self, actor: Actor) -> bool:
        """Nobody fills in a form that will be refused; the refusal itself, with its audit row, is dispatch's."""
        try:
            self._services.access.require("operator", actor.id, actor.face)
        except RefusedError:
            return False
        return True
