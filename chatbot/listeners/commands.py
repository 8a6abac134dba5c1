"""`/dbs <words>`: one answer, which only the person sees; `/dbs restore` and `/dbs propose` alone open a form."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient

from chatbot.answering import answer
from chatbot.desk import Desk
from chatbot.listeners.forms import RestoreForm
from chatbot.listeners.proposing import ProposeForm
from chatbot.words import split
from commands.interface import Actor, Request


class Commands:
    """The listener of the slash command."""

    def __init__(self, desk: Desk, form: RestoreForm, proposing: ProposeForm) -> None:
        self._desk = desk
        self._form = form
        self._proposing = proposing

    def run(self, ack: Ack, command: dict[str, Any], client: WebClient) -> None:
        """Dispatch first, acknowledge second: an acknowledged request always has its job. What is slow has none."""
        request = Request(
            id=f"slack:{command['trigger_id']}",
            actor=Actor(command["user_id"], command.get("user_name") or command["user_id"], "slack"),
            words=split(command.get("text") or ""),
            channel=command.get("channel_id"),
            thread_ts=command.get("thread_ts"),
        )
        view_id = self._form.opened(request, command["trigger_id"], client)
        if view_id is not None:
            ack()
            self._form.fill(view_id, request, client)
            return
        if self._proposing.opened(request, command["trigger_id"], client):
            ack()
            return
        slow = self._desk.is_slow(request)
        if slow:
            ack()
        result = self._desk.take(request)
        shown = self._desk.show(result)
        if result.private and not slow:
            # Not in the acknowledgement: that is kept, to answer a replay of it in the same way.
            ack()
        if result.private or slow:
            answer(client, command["response_url"], shown, replace=False)
            return
        ack(text=shown.text, blocks=shown.blocks, response_type="ephemeral")
