"""The door to Slack's messages: post, update, open direct messages, and look for one that may have arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from chatbot.blocks import Rendered
from chatbot.client import without_retries
from chatbot.refusals import NeverError, asked
from dbs.outbox import MessageRef

# Our blocks are wrong for this workspace; the next, simpler form of the same message may be right.
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_EVENT = "dbs_outbox"
_PAGE = 200
_PAGES = 10


class Poster:
    """Calls Slack once and says what came of it: every method raises `LaterError` or `NeverError`.

    Posts and updates take forms of one message, best first: a refused one is followed by the next.
    """

    def __init__(self, client: WebClient) -> None:
        # Without retries: a handler would sleep in the one thread that posts, or repeat a post that had arrived.
        self._client = without_retries(client, client.timeout)
        self._knows_plans = True

    def post(self, channel: str, forms: Sequence[Rendered], row_id: int, thread_ts: str | None = None) -> MessageRef:
        """A new message. The metadata names the row of the outbox, so that it can be found again."""
        metadata = {"event_type": _EVENT, "event_payload": {"outbox_id": row_id}}

        def send(form: Rendered) -> SlackResponse:
            return self._client.chat_postMessage(
                channel=channel, text=form.text, blocks=form.blocks, thread_ts=thread_ts, metadata=metadata
            )

        answer = self._first_accepted(send, forms)
        return MessageRef(str(answer["channel"]), str(answer["ts"]))

    def update(self, message: MessageRef, forms: Sequence[Rendered]) -> None:
        """Replace a message."""

        def send(form: Rendered) -> SlackResponse:
            return self._client.chat_update(channel=message.channel, ts=message.ts, text=form.text, blocks=form.blocks)

        self._first_accepted(send, forms)

    def direct(self, user_id: str) -> str:
        """The channel of the direct messages with a person."""
        return str(asked(lambda: self._client.conversations_open(users=user_id))["channel"]["id"])

    def probe(self) -> None:
        """Returns when Slack answers and knows us."""
        asked(self._client.auth_test)

    def find(self, channel: str, row_id: int, since: float, thread_ts: str | None = None) -> MessageRef | None:
        """The message of a row in a channel, by its id, or in a thread; only those after `since` (epoch seconds).

        Needs a history scope; `NeverError` without it.
        """
        cursor: str | None = None
        for _ in range(_PAGES):
            answer = asked(lambda at=cursor: self._read(channel, since, thread_ts, at))  # type: ignore[misc]
            for message in answer.get("messages") or ():
                if _row_of(message) == row_id:
                    return MessageRef(channel, str(message["ts"]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return None

    def _read(self, channel: str, since: float, thread_ts: str | None, cursor: str | None) -> SlackResponse:
        asking: dict[str, Any] = {"channel": channel, "oldest": f"{since:.6f}", "limit": _PAGE, "cursor": cursor}
        asking["include_all_metadata"] = True
        if thread_ts is None:
            return self._client.conversations_history(**asking)
        return self._client.conversations_replies(ts=thread_ts, **asking)

    def _first_accepted(self, send: Callable[[Rendered], SlackResponse], forms: Sequence[Rendered]) -> SlackResponse:
        *better, last = [form for form in forms if self._knows_plans or not _has_plan(form)]
        for form in better:
            try:
                return asked(lambda one=form: send(one))  # type: ignore[misc]
            except NeverError as refusal:
                if str(refusal) not in _BLOCKS_REFUSED:
                    raise
                # Not every workspace knows this block: asking each time would double every call.
                self._knows_plans = self._knows_plans and not _has_plan(form)
        return asked(lambda: send(last))


def _has_plan(form: Rendered) -> bool:
    return any(block["type"] == "plan" for block in form.blocks)


def _row_of(message: dict[str, Any]) -> int | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != _EVENT:
        return None
    found = (metadata.get("event_payload") or {}).get("outbox_id")
    return int(found) if isinstance(found, int | str) and str(found).isdecimal() else None
