"""The window in which columns without a rule are classified; what is submitted waits for its approval."""

from __future__ import annotations

from functools import partial
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient

from chatbot.answering import answer
from chatbot.classify_view import chosen, classify_form, field
from chatbot.desk import Desk
from chatbot.views import modal
from chatbot.windows import actor_of, open_window, request_id_of
from commands.classifying import LackingError, check, propose, to_classify
from commands.gaps import KIND
from commands.interface import Request, Result
from commands.recording import recorded
from commands.services import Services
from dbs.errors import RefusedError


class ClassifyForm:
    """The button under a refresh that failed for want of rules, and what is submitted."""

    def __init__(self, services: Services, desk: Desk) -> None:
        self._services = services
        self._desk = desk

    def open(self, ack: Ack, body: dict[str, Any], action: dict[str, Any], client: WebClient) -> None:
        """Open the window at once, from what was written down when the refresh failed: nothing is read for it."""
        actor, offer_id = actor_of(body), str(action.get("value") or "")
        try:
            offer = to_classify(self._services, offer_id, actor)
        except RefusedError as error:
            request = Request(f"slack:{body['trigger_id']}", actor, (KIND, offer_id))
            refused = Result(KIND, "refused", str(error))
            result = recorded(self._services, request, KIND, "", lambda: refused)
            ack()
            answer(client, body["response_url"], self._desk.show(result), replace=False)
            return
        ack()
        open_window(client, body["trigger_id"], classify_form(offer.work, offer.target, offer.id))

    def submit(self, ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Propose; what is missing stands beside its field, everything else takes the form's place."""
        actor, offer_id, given = actor_of(body), str(view.get("private_metadata") or ""), chosen(view)
        try:
            check(to_classify(self._services, offer_id, actor), given)
        except LackingError as error:
            ack(response_action="errors", errors={field(error.at, given): str(error)})
            return
        except RefusedError:
            pass  # it is said, and recorded, by what follows
        offer = self._services.decisions.get(offer_id)
        target, masks = (offer.target if offer else ""), (one.mask for one in given)
        request = Request(request_id_of(body, view), actor, (KIND, offer_id, *masks))
        act = partial(propose, self._services, request, offer_id, given)
        result = recorded(self._services, request, KIND, target, act)
        shown = self._desk.show(result, tables=False)
        ack(response_action="update", view=modal("Classify", shown.blocks, ""))
