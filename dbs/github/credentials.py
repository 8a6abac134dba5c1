"""As whom dbs asks GitHub: as an App, with a token for one repository at a time, or with one token for everything."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

import jwt
from github.Auth import AppAuth, Token
from github.Requester import Requester

from dbs.errors import SettingsError
from dbs.github.interface import Access, GithubError
from dbs.github.trouble import told
from dbs.github.way import Way

PERMISSIONS: Mapping[str, str] = {
    "checks": "write",
    "contents": "read",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "read",
    "statuses": "write",
}
"""What a token for a repository is made with, whatever else the App may do; comments belong to issues."""

_REFRESH_BEFORE = timedelta(minutes=5)


class Credentials(Protocol):
    """Gives a requester for what is to be asked."""

    def requester(self, repository: str) -> Requester:
        """One that may work on a repository. Raises `GithubError`."""

    def login(self) -> str:
        """Our own name as the author of comments. Raises `GithubError`."""

    def forget(self, repository: str) -> None:
        """What was used for it was not taken: get anew what can be."""

    def bearer(self, repository: str) -> str:
        """The token itself, for git over HTTPS. Raises `GithubError`."""


class TokenCredentials:
    """One long-lived token, a person's or a fine-grained one."""

    def __init__(self, way: Way, token: str) -> None:
        self._token = token
        self._requester = way.requester(Token(token))
        self._login: str | None = None

    def requester(self, repository: str) -> Requester:
        """The same for every repository."""
        return self._requester

    def login(self) -> str:
        """Whose token it is; asked for once."""
        if self._login is None:
            self._login = str(_asked(self._requester, "tell whose GITHUB_TOKEN this is", "/user")["login"])
        return self._login

    def forget(self, repository: str) -> None:
        """There is no other."""

    def bearer(self, repository: str) -> str:
        """The token."""
        return self._token


@dataclass(frozen=True)
class _Lent:
    """A token of an installation for one repository."""

    requester: Requester = field(repr=False)
    token: str = field(repr=False)
    until: datetime


class AppCredentials:
    """A GitHub App: for each repository a token of its own that lives an hour and may do what is needed, no more."""

    def __init__(self, way: Way, app_id: str, private_key: str) -> None:
        self._way = way
        self._app = way.requester(_app_auth(app_id, private_key))
        self._lent: dict[str, _Lent] = {}
        self._login: str | None = None
        self._lock = threading.Lock()

    def requester(self, repository: str) -> Requester:
        """One with the repository's token, which is made when there is none or it ends soon."""
        return self._lend(repository).requester

    def login(self) -> str:
        """An App writes as `slug[bot]`."""
        if self._login is None:
            self._login = f"{_asked(self._app, 'tell the name of the App', '/app')['slug']}[bot]"
        return self._login

    def forget(self, repository: str) -> None:
        """The next request makes a new token, and looks the installation up again."""
        with self._lock:
            self._lent.pop(repository.lower(), None)

    def bearer(self, repository: str) -> str:
        """The repository's token."""
        return self._lend(repository).token

    def _lend(self, repository: str) -> _Lent:
        key = repository.lower()
        with self._lock:
            lent = self._lent.get(key)
            if lent is None or lent.until - _REFRESH_BEFORE < datetime.now(UTC):
                lent = self._lent[key] = self._make(repository)
        return lent

    def _make(self, repository: str) -> _Lent:
        owner, _, name = repository.partition("/")
        path = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}/installation"
        found = _asked(self._app, f"find the App's installation for {repository}", path)
        wanted = {"repositories": [name], "permissions": dict(PERMISSIONS)}
        what = f"give the App a token for {repository}"
        with told(what):
            url = f"/app/installations/{int(found['id'])}/access_tokens"
            _, made = self._app.requestJsonAndCheck("POST", url, input=wanted)
            until = datetime.fromisoformat(str(made["expires_at"]).replace("Z", "+00:00"))
            token = str(made["token"])
            return _Lent(self._way.requester(Token(token)), token, until)


def credentials(access: Access, way: Way) -> Credentials:
    """As the App when there is one, else with the token. Raises `SettingsError` when neither is there."""
    if access.app_id and access.private_key:
        return AppCredentials(way, access.app_id, access.private_key)
    if access.app_id or access.private_key:
        missing = "GITHUB_APP_PRIVATE_KEY" if access.app_id else "GITHUB_APP_ID"
        raise SettingsError(f"{missing} is not set; a GitHub App has both an id and a private key.")
    if access.token:
        return TokenCredentials(way, access.token)
    raise SettingsError(
        "dbs has no credentials for GitHub: set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY, or GITHUB_TOKEN."
    )


def _app_auth(app_id: str, private_key: str) -> AppAuth:
    # In a variable of the environment the lines of a key are often written with \n.
    auth = AppAuth(app_id, private_key.replace("\\n", "\n"))
    try:
        auth.create_jwt()
    except (ValueError, TypeError, jwt.exceptions.PyJWTError):
        raise SettingsError(
            "GITHUB_APP_PRIVATE_KEY is no private key. Here belongs the PEM file that GitHub gave for the App, best as "
            '"file:PATH".'
        ) from None  # the cause could quote the key
    return auth


def _asked(requester: Requester, what: str, path: str) -> dict[str, Any]:
    with told(what):
        _, data = requester.requestJsonAndCheck("GET", path)
    if not isinstance(data, dict) or not ({"login", "slug", "id"} & set(data)):
        raise GithubError(f"GitHub did not {what}: what answered does not speak GitHub's API. Look at [github] url.")
    return data
