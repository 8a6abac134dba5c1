"""Answering a click: in the place where the button stood."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from chatbot.blocks import Rendered
from chatbot.client import ANSWER_SECONDS

log = structlog.get_logger()


def answer(client: WebClient, response_url: str, message: Rendered, *, replace: bool) -> bool:
    """Put a message in the place of the clicked one, or beside it where only the person who clicked sees it.

    False, with a line in the log, when Slack did not take it: what was decided stands whether it is shown or not.
    """
    hook = WebhookClient(response_url, timeout=ANSWER_SECONDS, ssl=client.ssl, retry_handlers=[])
    hook.proxy = client.proxy  # slack_sdk would take one of the environment even for this machine
    body: dict[str, Any] = {"text": message.text, "blocks": message.blocks, "replace_original": replace}
    if not replace:
        body["response_type"] = "ephemeral"
    try:
        response = hook.send_dict(body)
    except (OSError, HTTPException) as error:
        log.warning("the answer to a click was not shown", reason=str(error))
        return False
    if response.status_code != 200:
        log.warning("the answer to a click was not shown", status=response.status_code, reason=response.body[:200])
    return bool(response.status_code == 200)
