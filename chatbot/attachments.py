"""Files that somebody gave with a message: those with SQL, as text. Only from Slack itself, which gets our token."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from email.message import Message
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlsplit

from slack_sdk import WebClient

from chatbot.client import DIRECTORY_SECONDS
from commands.migrate_test import MOST_BYTES, as_sql
from dbs.errors import RefusedError

MOST_FILES = 10
"""Slack takes as many with one message."""
_SLACK = ".slack.com"


def sql_files(files: Sequence[dict[str, Any]], client: WebClient) -> tuple[tuple[str, str], ...]:
    """Name and text of each file whose name ends with `.sql`, in the order of the message.

    Raises `RefusedError` for one that Slack does not give, that is too large, or that is no text.
    """
    wanted = [one for one in files if str(one.get("name") or "").lower().endswith(".sql")]
    return tuple((str(one["name"]), as_sql(str(one["name"]), _read(one, client))) for one in wanted[:MOST_FILES])


class _Stay(urllib.request.HTTPRedirectHandler):
    """Whoever may not see a file is led to a page to sign in: that is an answer, and no place to follow to."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def _read(file: dict[str, Any], client: WebClient) -> bytes:
    name, address = str(file["name"]), str(file.get("url_private_download") or file.get("url_private") or "")
    if not _is_slacks(address, client):
        raise RefusedError(f"{name} does not lie at Slack, so dbs does not fetch it. Upload the file itself.")
    if int(file.get("size") or 0) > MOST_BYTES:
        raise RefusedError(f"{name} has more than {MOST_BYTES // 2**20} MB; a migration is smaller.")
    handlers: list[urllib.request.BaseHandler] = [_Stay(), urllib.request.ProxyHandler(_proxies(client))]
    if client.ssl is not None:
        handlers.append(urllib.request.HTTPSHandler(context=client.ssl))
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {client.token}"})  # noqa: S310
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=DIRECTORY_SECONDS) as answer:
            content: bytes = answer.read(MOST_BYTES + 1)
    except (urllib.error.HTTPError, OSError, HTTPException) as error:
        raise RefusedError(
            f"Slack did not give {name} ({getattr(error, 'code', None) or 'no answer'}). The app needs the scope "
            "files:read, and has to be in the channel."
        ) from None
    return content


def _is_slacks(address: str, client: WebClient) -> bool:
    """At Slack, or wherever its API is."""
    found, api = urlsplit(address), urlsplit(client.base_url)
    host = found.hostname or ""
    if (found.scheme, found.netloc) == (api.scheme, api.netloc):
        return True
    return found.scheme == "https" and (host.endswith(_SLACK) or host == _SLACK[1:])


def _proxies(client: WebClient) -> dict[str, str]:
    return {"https": client.proxy, "http": client.proxy} if client.proxy else {}
