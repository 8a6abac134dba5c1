"""`@dbs <words>`: the same words where slash commands do not work, in threads; answered in the thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from chatbot.attachments import sql_files
from chatbot.blocks import render
from chatbot.desk import Desk
from chatbot.directory import SlackDirectory
from chatbot.words import after_mention, split
from commands import migrate_test
from commands.interface import Actor, Request, Result
from commands.recording import recorded
from commands.services import Services
from dbs.access import DirectoryError
from dbs.errors import RefusedError

_RESULT = "dbs_result"
_FOR_ONE = ("refused", "failed", "waiting")


class Mentions:
    """The two halves of the listener. Bolt acknowledges events before it calls a listener, so that the work is
    taken in by a middleware, and the listener only answers.
    """

    def __init__(self, services: Services, desk: Desk, directory: SlackDirectory) -> None:
        self._services = services
        self._desk = desk
        self._directory = directory

    def take(
        self,
        body: dict[str, Any],
        event: dict[str, Any],
        context: BoltContext,
        client: WebClient,
        next: Callable[[], None],
    ) -> None:
        """Dispatch, once for each event: Slack repeats those whose acknowledgement it missed."""
        request_id = f"slack:{body['event_id']}"
        if event.get("user") and not self._services.audit.find(request_id):
            context[_RESULT] = self._taken(self._request(request_id, event, context), event, client)
        next()

    def _taken(self, request: Request, event: dict[str, Any], client: WebClient) -> Result:
        """With the files that were given, where the words ask for some; one that Slack does not give is a refusal."""
        if request.words[:1] != (migrate_test.COMMAND.name,) or not event.get("files"):
            return self._desk.take(request)
        try:
            files = sql_files(event["files"], client)
        except RefusedError as error:
            refused = Result(request.words[0], "refused", str(error))
            return recorded(self._services, request, request.words[0], "", lambda: refused)
        return self._desk.take(replace(request, files=files))

    def answer(self, event: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """In the thread; a refusal, a question and a secret are for the person alone."""
        result: Result | None = context.get(_RESULT)
        if result is None:
            return
        thread_ts = event.get("thread_ts")
        if result.private or result.outcome in _FOR_ONE:
            text, blocks = self._desk.show(result)
            user = event["user"]
            client.chat_postEphemeral(
                channel=event["channel"], user=user, thread_ts=thread_ts, text=text, blocks=blocks
            )
        else:
            text, blocks = render(result)
            thread_ts = thread_ts or event["ts"]
            client.chat_postMessage(channel=event["channel"], thread_ts=thread_ts, text=text, blocks=blocks)

    def _request(self, request_id: str, event: dict[str, Any], context: BoltContext) -> Request:
        return Request(
            id=request_id,
            actor=Actor(event["user"], self._name(event["user"]), "slack"),
            words=split(after_mention(event.get("text") or "", context.bot_user_id)),
            channel=event.get("channel"),
            thread_ts=event.get("thread_ts") or event.get("ts"),
        )

    def _name(self, user_id: str) -> str:
        """For the audit table; an event carries only the id."""
        try:
            return self._directory.person(user_id).name
        except DirectoryError:
            return user_id
