"""Who people are and which groups they are in, asked of Slack."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from chatbot.client import DIRECTORY_SECONDS, reason, without_retries
from dbs.access import DirectoryError, Person


class SlackDirectory:
    """`dbs.access.Directory` on the Web API. It remembers nothing: `Access` does."""

    def __init__(self, client: WebClient) -> None:
        self._client = without_retries(client, DIRECTORY_SECONDS)

    def team_id(self) -> str:
        """The id of the workspace that the token belongs to. Raises `DirectoryError`."""
        try:
            return str(self._client.auth_test()["team_id"])
        except (SlackApiError, OSError, HTTPException) as error:
            raise DirectoryError(reason(error)) from error

    def members(self, group_id: str) -> frozenset[str]:
        """The ids of the users in a user group."""
        try:
            answer = self._client.usergroups_users_list(usergroup=group_id)
        except (SlackApiError, OSError, HTTPException) as error:
            raise DirectoryError(reason(error)) from error
        return frozenset(answer.get("users") or ())

    def person(self, user_id: str) -> Person:
        """The user with an id."""
        try:
            answer = self._client.users_info(user=user_id)
        except (SlackApiError, OSError, HTTPException) as error:
            raise DirectoryError(reason(error)) from error
        return _person(answer.get("user") or {}, user_id)


def _person(user: dict[str, Any], user_id: str) -> Person:
    """What is missing counts against the person: an incomplete answer gives nobody a right."""
    profile = user.get("profile") or {}
    return Person(
        id=user_id,
        name=profile.get("display_name") or user.get("real_name") or user.get("name") or user_id,
        active=user.get("id") == user_id and not user.get("deleted", True),
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")),
        bot=bool(user.get("is_bot")) or user_id == "USLACKBOT",
        team_id=str(user.get("team_id", "")),
    )
