"""Handles of user groups in the configuration → their ids: once, at start, and loudly, because handles change hands."""

from __future__ import annotations

import re
from http.client import HTTPException

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from chatbot.client import reason
from dbs.access import MEMBERS
from dbs.errors import FailedError, SettingsError
from dbs.settings import Settings

log = structlog.get_logger()

KEYS = ("operators", "approvers", "privacy")
_HANDLE = re.compile(r"@?([a-z0-9][a-z0-9._-]*)")


def handles(settings: Settings) -> dict[str, list[str]]:
    """The entries of `[slack]` that are handles (`@dba`, `dba`), by their key; for `dbs doctor` too."""
    found = {key: [entry for entry in getattr(settings.slack, key) if _handle(entry)] for key in KEYS}
    return {key: entries for key, entries in found.items() if entries}


def with_ids(settings: Settings, client: WebClient) -> Settings:
    """The settings with every handle replaced by the id of its group; asks Slack only when there is a handle.

    Raises `SettingsError` for a handle that no group has, `FailedError` when Slack does not say.
    """
    named = handles(settings)
    if not named:
        return settings
    groups = _groups(client)
    changed = {key: tuple(_id(key, entry, groups) for entry in getattr(settings.slack, key)) for key in named}
    return settings.model_copy(update={"slack": settings.slack.model_copy(update=changed)})


def _handle(entry: str) -> str | None:
    match = None if entry == MEMBERS else _HANDLE.fullmatch(entry)
    return match[1] if match else None


def _id(key: str, entry: str, groups: dict[str, str]) -> str:
    handle = _handle(entry)
    if handle is None:
        return entry
    if handle not in groups:
        raise SettingsError(f'"slack.{key}" names "{entry}", and the workspace has no user group with that handle.')
    log.warning("a handle stands for a group; its id is safer", key=f"slack.{key}", entry=entry, id=groups[handle])
    return groups[handle]


def _groups(client: WebClient) -> dict[str, str]:
    """Handle → id of all groups that are in use."""
    try:
        answer = client.usergroups_list()
    except (SlackApiError, OSError, HTTPException) as error:
        raise FailedError(f"The handles of user groups in dbs.toml cannot be looked up: {reason(error)}.") from error
    return {group["handle"]: group["id"] for group in answer.get("usergroups") or ()}
