"""What all windows share: opening one while its trigger is fresh, who acts in it, and how their request is called."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from chatbot.client import DIRECTORY_SECONDS, reason, without_retries
from chatbot.views import View
from commands.interface import Actor

log = structlog.get_logger()


def open_window(client: WebClient, trigger_id: str, view: View) -> str | None:
    """The id of the window; None, with a word in the log, when Slack does not open it.

    A person waits for the acknowledgement behind this, and a trigger is good for three seconds.
    """
    try:
        answer = without_retries(client, DIRECTORY_SECONDS).views_open(trigger_id=trigger_id, view=view)
    except (SlackApiError, OSError, HTTPException) as error:
        log.warning("the form did not open", reason=reason(error))
        return None
    return str(answer["view"]["id"])


def actor_of(body: dict[str, Any]) -> Actor:
    """Whoever clicked or submitted."""
    person = body["user"]
    return Actor(person["id"], person.get("name") or person.get("username") or person["id"], "slack")


def request_id_of(body: dict[str, Any], view: dict[str, Any]) -> str:
    """The same for the same submission, however often Slack sends it."""
    return f"slack:{body.get('trigger_id') or view['id'] + view['hash']}"
