"""How a Web API call is answered: token, scope, then the method; every refusal is `{"ok": false, "error": …}`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playground.installation import Installation
from playground.model import BOT_USER_ID, ApiCall, Channel, Json, User
from playground.workspace import Workspace


class ApiError(Exception):
    """A refusal with Slack's error code; `extra` fields go into the answer beside it."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra


@dataclass(frozen=True)
class Setting:
    """What every call meets: the workspace, the app's rights, how a socket's address is made, where addresses start."""

    workspace: Workspace
    installation: Installation
    open_socket: Callable[[], str]
    origin: str


@dataclass(frozen=True)
class Call(Setting):
    """One call with its arguments as they arrived: strings from a form, anything from JSON."""

    arguments: Mapping[str, Any]
    caller: str

    def word(self, name: str) -> str:
        """A string argument, empty when absent."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """A yes/no argument: `true`, `"1"`, `"true"`."""
        return self.word(name).lower() in ("1", "true")

    def decoded(self, name: str, error: str) -> Any:
        """An argument that is JSON inside a form and itself inside a JSON body; None when absent or empty."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except json.JSONDecodeError as problem:
            raise ApiError(error) from problem

    def user(self, name: str) -> User:
        """The user with the id in this argument; `user_not_found`."""
        user = self.workspace.users.get(self.word(name))
        if user is None:
            raise ApiError("user_not_found")
        return user

    def thread(self, channel: Channel) -> str | None:
        """The argument `thread_ts`, None when absent; `thread_not_found`."""
        ts = self.word("thread_ts")
        if not ts:
            return None
        if self.workspace.message(channel.id, ts) is None:
            raise ApiError("thread_not_found")
        return ts

    def channel(self, member: bool = True, by_name: bool = False, argument: str = "channel") -> Channel:
        """The channel of the argument `channel` as the bot sees it.

        A private channel without the bot does not exist for it (`channel_not_found`); a public one is `not_in_channel`
        where the method needs membership.
        """
        name = self.word(argument)
        found = self.workspace.find_channel(name) if by_name else self.workspace.channels.get(name)
        inside = found is not None and BOT_USER_ID in found.members
        if found is None or (found.is_private and not inside):
            raise ApiError("channel_not_found")
        if member and not inside:
            raise ApiError("not_in_channel")
        return found


@dataclass(frozen=True)
class Method:
    """A Web API method: what runs, any one of the scopes that allow it (none needed when empty), whose token.

    `tier` is the method's rate limit, see `limits`; None for the methods that Slack limits in ways of their own.
    """

    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ("bot",)
    tier: int | None = None


def answer(table: Mapping[str, Method], name: str, token: str, arguments: Mapping[str, Any], setting: Setting) -> Json:
    """The JSON body that Slack would send, and a record of the call in the workspace."""
    kept = without_token(arguments)
    try:
        method, kind = allowed(table, name, token, setting.installation)
        body = {"ok": True, **method.run(Call(**vars(setting), arguments=kept, caller=kind))}
    except ApiError as refusal:
        body = {"ok": False, "error": refusal.error, **refusal.extra}
    record(setting.workspace, name, kept, body.get("error"))
    return body


def record(workspace: Workspace, name: str, arguments: Mapping[str, Any], error: str | None) -> None:
    """Notes a call in the workspace, without its token."""
    workspace.record(ApiCall(workspace.clock(), name, without_token(arguments), error))


def without_token(arguments: Mapping[str, Any]) -> Json:
    """The arguments that may be kept."""
    return {key: value for key, value in arguments.items() if key != "token"}


def allowed(table: Mapping[str, Method], name: str, token: str, installation: Installation) -> tuple[Method, str]:
    """The method and the kind of token; refuses in Slack's order: method, token, its kind, scope."""
    method = table.get(name)
    if method is None:
        raise ApiError("unknown_method", req_method=name)
    if not token:
        raise ApiError("not_authed")
    kind = installation.kind(token)
    if kind is None:
        raise ApiError("invalid_auth")
    if kind not in method.tokens:
        raise ApiError("not_allowed_token_type")
    if kind == "bot" and method.scopes and not installation.scopes.intersection(method.scopes):
        raise ApiError("missing_scope", needed=method.scopes[0], provided=",".join(sorted(installation.scopes)))
    return method, kind


def page(call: Call, items: list[Json], most: int) -> tuple[list[Json], Json]:
    """The asked-for piece of a list, and the fields that lead to the next; `invalid_cursor`, `invalid_limit`."""
    limit, cursor = call.word("limit") or str(most), call.word("cursor") or "at:0"
    if not limit.isdigit() or not 1 <= int(limit) <= most:
        raise ApiError("invalid_limit")
    start = cursor.removeprefix("at:")
    if not start.isdigit():
        raise ApiError("invalid_cursor")
    end = int(start) + int(limit)
    more = end < len(items)
    return items[int(start) : end], {
        "has_more": more,
        "response_metadata": {"next_cursor": f"at:{end}" if more else ""},
    }
