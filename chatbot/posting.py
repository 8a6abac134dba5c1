"""The door to Slack's channels: post and update. What went wrong is one of two things: later, or never."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from chatbot.blocks import Rendered
from chatbot.client import without_retries
from dbs.outbox import MessageRef

_TOO_MANY = 429
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
# Our blocks are wrong for this workspace; the next, simpler form of the same message may be right.
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


class LaterError(Exception):
    """It may work in a while; `seconds` is how long Slack asks to wait, if it says so."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class NeverError(Exception):
    """It will not work however often it is tried; `str(error)` is Slack's code."""


class Poster:
    """Posts and updates. Each takes forms of one message, best first: a refused one is followed by the next."""

    def __init__(self, client: WebClient) -> None:
        # Without retries: a handler would sleep in the one thread that posts, or repeat a post that had arrived.
        self._client = without_retries(client)
        self._knows_plans = True

    def post(self, channel: str, forms: Sequence[Rendered], row_id: int, thread_ts: str | None = None) -> MessageRef:
        """A new message. Raises `LaterError` or `NeverError`.

        The metadata names the row of the outbox, so that a message of ours can be told from its double.
        """
        metadata = {"event_type": "dbs_outbox", "event_payload": {"outbox_id": row_id}}

        def send(form: Rendered) -> SlackResponse:
            return self._client.chat_postMessage(
                channel=channel, text=form.text, blocks=form.blocks, thread_ts=thread_ts, metadata=metadata
            )

        answer = self._first_accepted(send, forms)
        return MessageRef(str(answer["channel"]), str(answer["ts"]))

    def update(self, message: MessageRef, forms: Sequence[Rendered]) -> None:
        """Replace a message. Raises `LaterError` or `NeverError`."""

        def send(form: Rendered) -> SlackResponse:
            return self._client.chat_update(channel=message.channel, ts=message.ts, text=form.text, blocks=form.blocks)

        self._first_accepted(send, forms)

    def _first_accepted(self, send: Callable[[Rendered], SlackResponse], forms: Sequence[Rendered]) -> SlackResponse:
        *better, last = [form for form in forms if self._knows_plans or not _has_plan(form)]
        for form in better:
            try:
                return _asked(send, form)
            except NeverError as refusal:
                if str(refusal) not in _BLOCKS_REFUSED:
                    raise
                # Not every workspace knows this block: asking each time would double every call.
                self._knows_plans = self._knows_plans and not _has_plan(form)
        return _asked(send, last)


def _has_plan(form: Rendered) -> bool:
    return any(block["type"] == "plan" for block in form.blocks)


def _asked(send: Callable[[Rendered], SlackResponse], form: Rendered) -> SlackResponse:
    try:
        return send(form)
    except SlackApiError as error:
        raise _verdict(error.response) from error
    except (OSError, HTTPException) as error:
        raise LaterError(f"Slack cannot be reached: {error}") from error


def _verdict(answer: Any) -> LaterError | NeverError:
    code = str(answer.get("error") or "")
    # What is no code of Slack's is the page of something in between, such as a proxy.
    passing = code in _PASSING or re.fullmatch(r"[a-z_]+", code) is None
    if answer.status_code >= 500 or answer.status_code == _TOO_MANY or passing:
        asked = str(answer.headers.get("Retry-After", ""))
        return LaterError(code or f"HTTP {answer.status_code}", float(asked) if asked.isdecimal() else None)
    return NeverError(code)
