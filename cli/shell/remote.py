"""A playground in another process, through its control interface."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from dbs.errors import FailedError, UsageError

_SECONDS = 30.0


@dataclass(frozen=True)
class Sent:
    """What came of a delivery: `error` says why the person saw a failure."""

    ok: bool
    error: str | None


class Remote:
    """The same few methods as `playground.Playground`, over HTTP. `page` is the page's address with its token."""

    def __init__(self, page: str) -> None:
        parts = urllib.parse.urlsplit(page)
        token = urllib.parse.parse_qs(parts.query).get("token", [""])[0]
        if parts.scheme != "http" or not parts.netloc or not token:
            raise UsageError("The address looks like http://127.0.0.1:8065/?token=…; the demo prints it at its start.")
        self._base = f"http://{parts.netloc}/playground/"
        self._token = token

    def slash(self, user: str, channel: str, text: str) -> Sent:
        """Type `/dbs text`."""
        return self._sent("slash", user=user, channel=channel, text=text)

    def mention(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Sent:
        """Write `@dbs text`, in a thread if one is named."""
        return self._sent("mention", user=user, channel=channel, text=text, thread_ts=thread_ts)

    def click(
        self, user: str, channel: str, ts: str, action_id: str, *, value: str | None = None, block_id: str | None = None
    ) -> Sent:
        """Press a button."""
        return self._sent(
            "click", user=user, channel=channel, ts=ts, action_id=action_id, value=value, block_id=block_id
        )

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """All messages of a channel, oldest first."""
        return list(self._ask("messages", channel=channel))

    def ephemerals(self, user: str) -> list[dict[str, Any]]:
        """What this person alone was shown."""
        return list(self._ask("ephemerals", user=user))

    def dms(self, user: str) -> list[dict[str, Any]]:
        """The bot's direct messages to this person."""
        return list(self._ask("dms", user=user))

    def names(self) -> dict[str, str]:
        """User and group ids → handles."""
        found = self._ask("state")
        users = {one["id"]: one["name"] for one in found["users"]}
        return users | {one["id"]: one["handle"] for one in found["groups"]}

    def _sent(self, verb: str, **words: Any) -> Sent:
        answer = self._call(verb, {key: value for key, value in words.items() if value is not None})
        return Sent(bool(answer.get("ok")), answer.get("error"))

    def _ask(self, noun: str, **words: str) -> Any:
        return self._open(f"{noun}?{urllib.parse.urlencode(words)}", None)

    def _call(self, verb: str, words: dict[str, Any]) -> Any:
        return self._open(verb, json.dumps(words).encode())

    def _open(self, path: str, body: bytes | None) -> Any:
        headers = {"X-Playground-Token": self._token, "Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data=body, headers=headers)  # noqa: S310 - http, checked
        # No proxy of the environment: a playground is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_SECONDS) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            reason = json.loads(error.read() or b"{}").get("error", error.reason)
            raise FailedError(f"The playground said no: {reason}.") from error
        except OSError as error:
            raise FailedError(f"No playground answers at {self._base}: {error}. Start one with: dbs demo") from error
