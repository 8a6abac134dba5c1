"""Buttons: one click settles a question, and then the buttons go away, wherever they stood."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog
from slack_bolt import Ack
from slack_sdk import WebClient

from chatbot.answering import answer
from chatbot.blocks import DECIDE, Rendered
from chatbot.desk import Desk
from chatbot.home import Home
from chatbot.listeners.rejecting import RejectForm
from chatbot.views import outcome
from chatbot.windows import actor_of
from commands.approving import KIND as POLICY
from commands.decisions import decide
from commands.interface import Actor, Request, Result
from commands.recording import again
from commands.reviewing import KIND as CHANGE
from commands.reviewing import REJECT
from commands.services import Services
from dbs.decisions import Decision

log = structlog.get_logger()


class Clicks:
    """The listener of all buttons that answer a question. Who clicks is looked up afresh, whatever they saw."""

    def __init__(self, services: Services, desk: Desk, home: Home, rejecting: RejectForm) -> None:
        self._services = services
        self._desk = desk
        self._home = home
        self._rejecting = rejecting

    def decide(self, ack: Ack, body: dict[str, Any], action: dict[str, Any], client: WebClient) -> None:
        """Decide first, acknowledge second, show last. What asks GitHub and production first is acknowledged first."""
        actor, question = actor_of(body), str(action.get("value") or "")
        choice = str(action["action_id"]).removeprefix(DECIDE)
        kind = self._kind(question)
        slow = kind == CHANGE
        if slow:
            ack()
            if choice == REJECT and self._rejecting.opened(body, question, actor, client):
                return
        result = decide(self._services, question, choice, actor, request_id=f"slack:{body['trigger_id']}")
        if not slow:
            ack()
        if kind in (POLICY, CHANGE) and "response_url" in body:
            # Everybody sees that question: what came of it takes its place by way of the outbox, whoever clicked last.
            answer(client, body["response_url"], self._desk.show(result), replace=False)
            return
        open_still = self._is_open(question)
        shown = self._desk.show(
            result if open_still else self._in_full(question, result), tables="response_url" in body
        )
        self._show(body, client, actor, shown, settled=not open_still or result.outcome == "waiting")

    def _kind(self, question: str) -> str:
        decision = self._decision(question)
        return decision.kind if decision is not None else ""

    def _is_open(self, question: str) -> bool:
        decision = self._decision(question)
        return decision is not None and decision.choice is None

    def _decision(self, question: str) -> Decision | None:
        return self._services.decisions.get(question)

    def _in_full(self, question: str, result: Result) -> Result:
        """A late click changes nothing, and its answer takes the place of the right one: so it tells that as well."""
        decision = self._services.decisions.get(question)
        if result.outcome != "refused" or decision is None:
            return result
        asked = Request(decision.request_id, Actor(decision.asked_id, decision.asked_name, "slack"), ())
        came_of_it = again(self._services, asked, decision.kind)
        return replace(came_of_it, sentence=f"{result.sentence} {came_of_it.sentence}")

    def _show(self, body: dict[str, Any], client: WebClient, actor: Actor, shown: Rendered, *, settled: bool) -> None:
        """A refusal leaves the question to those who may answer it; whatever settles it takes its place."""
        view = body.get("view") or {}
        if body.get("response_url"):
            answer(client, body["response_url"], shown, replace=settled)
        elif view.get("type") == "home":
            self._home.publish(client, actor.id, shown)
        elif view:
            left = [] if settled else view["blocks"]
            metadata = view.get("private_metadata") or ""
            client.views_update(
                view_id=view["id"], view=outcome(Rendered(shown.text, [*shown.blocks, *left]), metadata)
            )
        else:
            log.warning("a click came from nowhere", user=actor.id, type=str(body.get("container")))
