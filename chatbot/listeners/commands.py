"""`/dbs <words>`: one answer, which only the person sees."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack

from chatbot.blocks import render
from chatbot.words import split
from commands.dispatch import dispatch
from commands.interface import Actor, Request
from commands.services import Services


class Commands:
    """The listener of the slash command."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def run(self, ack: Ack, command: dict[str, Any]) -> None:
        """Dispatch first, acknowledge second: an acknowledged request always has its job."""
        request = Request(
            id=f"slack:{command['trigger_id']}",
            actor=Actor(command["user_id"], command.get("user_name") or command["user_id"], "slack"),
            words=split(command.get("text") or ""),
            channel=command.get("channel_id"),
            thread_ts=command.get("thread_ts"),
        )
        text, blocks = render(dispatch(self._services, request))
        ack(text=text, blocks=blocks, response_type="ephemeral")
