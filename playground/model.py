"""What a workspace is made of: people, groups, channels, messages. Plain data in Slack's own shapes."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEAM_ID = "T0PLAYGROUND"
APP_ID = "A0PLAYGROUND"
BOT_ID = "B0DBS"
BOT_USER_ID = "U0DBS"


@dataclass
class User:
    """A person or a bot. `team_id` differs from the workspace's for strangers in shared channels."""

    id: str
    handle: str
    real_name: str
    team_id: str = TEAM_ID
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False  # guest in several channels
    is_ultra_restricted: bool = False  # guest in one channel
    is_admin: bool = False

    def as_json(self) -> Json:
        """The user object of `users.info`; a deactivated account has no `is_restricted` any more, as in Slack."""
        shape: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.handle,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "profile": {"display_name": self.handle, "real_name": self.real_name},
        }
        if not self.deleted:
            shape |= {
                "is_admin": self.is_admin,
                "is_owner": False,
                "is_restricted": self.is_restricted or self.is_ultra_restricted,
                "is_ultra_restricted": self.is_ultra_restricted,
            }
        if self.team_id != TEAM_ID:
            shape["is_stranger"] = True
        return shape


@dataclass
class UserGroup:
    """A user group such as `@dba`; a disabled group is listed only when asked for."""

    id: str
    handle: str
    name: str
    users: list[str]
    disabled: bool = False
    updated: float = 0.0  # epoch seconds

    def as_json(self, include_users: bool, include_count: bool) -> Json:
        """The usergroup object of `usergroups.list`."""
        shape: Json = {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "handle": self.handle,
            "name": self.name,
            "date_update": int(self.updated),
            "date_delete": max(1, int(self.updated)) if self.disabled else 0,
        }
        if include_users:
            shape["users"] = list(self.users)
        if include_count:
            shape["user_count"] = len(self.users)
        return shape


@dataclass
class Channel:
    """A channel or a direct message (`is_im`); `members` are user ids, the bot's own among them or not."""

    id: str
    name: str
    members: set[str] = field(default_factory=set)
    is_private: bool = False
    is_archived: bool = False
    is_im: bool = False

    def as_json(self) -> Json:
        """The channel object of `conversations.info`, seen by the bot."""
        if self.is_im:
            other = sorted(self.members - {BOT_USER_ID})
            return {"id": self.id, "is_im": True, "user": other[0], "is_archived": False}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_member": BOT_USER_ID in self.members,
            "num_members": len(self.members),
        }


@dataclass
class Message:
    """A message in a channel. `edits` holds the times (epoch seconds) of every change after the first post, `files`
    file objects as `files.info` shows them.
    """

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    by_app: bool = False
    edits: list[float] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)  # emoji name → user ids

    def as_json(self) -> Json:
        """The message object of `conversations.history`, without `metadata` (which has to be asked for)."""
        shape: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": TEAM_ID}
        if self.blocks:
            shape["blocks"] = self.blocks
        if self.attachments:
            shape["attachments"] = self.attachments
        if self.thread_ts:
            shape["thread_ts"] = self.thread_ts
        if self.files:
            shape["files"] = self.files
        if self.reactions:
            shape["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
        if self.by_app:
            shape |= {"bot_id": BOT_ID, "app_id": APP_ID}
        return shape


@dataclass
class Ephemeral:
    """Something only one person sees: the app's ephemeral posts and Slack's own notes (`by_app` False)."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    by_app: bool = True
    edits: list[float] = field(default_factory=list)

    def as_json(self) -> Json:
        """Like a message, plus `is_ephemeral`, `channel` and `to` (the person who sees it)."""
        return {
            "type": "message",
            "is_ephemeral": True,
            "to": self.user,
            "channel": self.channel,
            "user": BOT_USER_ID if self.by_app else "USLACKBOT",
            "ts": self.ts,
            "text": self.text,
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
        }


@dataclass(frozen=True)
class ApiCall:
    """One Web API call as it arrived, without its token; `error` is None when it was answered `ok`."""

    at: float
    method: str
    arguments: Json
    error: str | None
