"""The edge of the bot: a bug is logged with its traceback under an id, and the person gets that id."""

from __future__ import annotations

import uuid
from http.client import HTTPException
from typing import Any

import structlog
from slack_bolt import BoltContext, BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

log = structlog.get_logger()

SENTENCE = (
    "Something went wrong inside dbs; its log has the details under {error_id}. "
    "Whether anything was started, /dbs status shows."
)


def answer_error(
    error: Exception, body: dict[str, Any], context: BoltContext, client: WebClient, response: BoltResponse | None
) -> BoltResponse | None:
    """Log and tell. Without an answer from here Slack would show a raw failure.

    `response` is None when the request was acknowledged before the exception.
    """
    error_id = uuid.uuid4().hex[:8]
    log.error("bug in the bot", error_id=error_id, exc_info=error)
    text = SENTENCE.format(error_id=error_id)
    if response is not None and "command" in body:
        return BoltResponse(status=200, body={"text": text, "response_type": "ephemeral"})
    _whisper(client, context, text, error_id)
    return BoltResponse(status=200) if response is not None else None


def _whisper(client: WebClient, context: BoltContext, text: str, error_id: str) -> None:
    if context.channel_id is None or context.user_id is None:
        return
    try:
        client.chat_postEphemeral(channel=context.channel_id, user=context.user_id, text=text)
    except (SlackApiError, OSError, HTTPException) as error:
        log.warning("the person could not be told", error_id=error_id, reason=str(error))
