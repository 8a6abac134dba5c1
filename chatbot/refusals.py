"""What went wrong with a call, as one of two things: later, or never; and how much of Slack it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Literal
from urllib.error import URLError

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

Reach = Literal["message", "place", "workspace"]

_TOO_MANY = 429
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
# Of these Slack's reference says that some of the work may have been done: https://docs.slack.dev/reference/methods
_HALF_DONE = frozenset({"internal_error", "fatal_error"})
_REACHES: dict[str, Reach] = {
    **dict.fromkeys(
        (
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "restricted_action",
            "restricted_action_read_only_channel",
            "channel_is_limited_access",
            "no_permission",
        ),
        "place",
    ),
    **dict.fromkeys(
        (
            "invalid_auth",
            "not_authed",
            "token_revoked",
            "token_expired",
            "account_inactive",
            "team_access_not_granted",
            "org_login_required",
        ),
        "workspace",
    ),
}


class LaterError(Exception):
    """It may work in a while; `seconds` is how long Slack asks to wait, if it says so.

    `doubtful`: Slack may have done it, and only its answer was lost. `everywhere`: Slack as a whole is away.
    """

    def __init__(
        self, reason: str, seconds: float | None = None, *, doubtful: bool = False, everywhere: bool = False
    ) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.doubtful = doubtful
        self.everywhere = everywhere


class NeverError(Exception):
    """It will not work however often it is tried; `str(error)` is Slack's code.

    `reach` is what the refusal is about: this message, the place it was to go to, or the whole workspace.
    """

    @property
    def reach(self) -> Reach:
        """How far the refusal goes."""
        return _REACHES.get(str(self), "message")


def asked(call: Callable[[], SlackResponse]) -> SlackResponse:
    """What a call answers. Raises `LaterError` or `NeverError`."""
    try:
        return call()
    except SlackApiError as error:
        raise _verdict(error.response) from error
    except URLError as error:  # from connecting and sending: Slack has not got the whole of it
        raise LaterError(f"Slack cannot be reached: {error.reason}", everywhere=True) from error
    except (OSError, HTTPException, json.JSONDecodeError) as error:  # from reading the answer
        raise LaterError(f"Slack did not answer: {error}", doubtful=True, everywhere=True) from error


def _verdict(answer: Any) -> LaterError | NeverError:
    code = str(answer.get("error") or "")
    # What is no code of Slack's is the page of something in between, such as a proxy.
    foreign = re.fullmatch(r"[a-z_]+", code) is None
    broken = answer.status_code >= 500 or foreign
    if answer.status_code == _TOO_MANY:
        wanted = str(answer.headers.get("Retry-After", ""))
        return LaterError(code or "HTTP 429", float(wanted) if wanted.isdecimal() else None)
    if broken or code in _PASSING:
        return LaterError(
            code or f"HTTP {answer.status_code}", doubtful=broken or code in _HALF_DONE, everywhere=broken
        )
    return NeverError(code)
