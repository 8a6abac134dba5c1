"""GitHub as the settings and the environment describe it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from dbs.errors import SettingsError
from dbs.github.interface import Access, Reporter
from dbs.github.reporting import reporter
from dbs.settings import Settings

if TYPE_CHECKING:
    from dbs.github.client import GithubClient


@dataclass(frozen=True)
class Opened:
    """GitHub, and how results are shown there."""

    github: GithubClient
    reporter: Reporter
    is_app: bool


def access(settings: Settings) -> Access | None:
    """The address and the credentials of GitHub; None when there are none. Raises `SettingsError`."""
    environment = settings.environment
    if not (environment.github_app_id or environment.github_app_private_key or environment.github_token):
        return None
    return Access(
        url=settings.github_api,
        app_id=environment.github_app_id,
        private_key=_secret(settings, environment.github_app_private_key),
        token=_secret(settings, environment.github_token),
    )


@contextmanager
def open_github(settings: Settings, pause_seconds: float = 1.0) -> Iterator[Opened]:
    """GitHub until the block ends. Nothing is asked yet. Raises `SettingsError` when there are no credentials.

    `pause_seconds` is what GitHub wants between two changes.
    """
    # Here: PyGithub takes a quarter of a second to load, and most commands have nothing to do with GitHub.
    from dbs.github.client import GithubClient
    from dbs.github.credentials import credentials
    from dbs.github.way import Way

    found = access(settings) or Access(settings.github_api)
    way = Way(found.url, settings.way_out, pause_seconds)
    try:
        github = GithubClient(credentials(found, way))
        is_app = found.app_id is not None
        yield Opened(github, reporter(github, is_app=is_app), is_app)
    finally:
        way.close()


def webhook_secrets(settings: Settings) -> tuple[SecretStr, ...]:
    """The secrets that a webhook may be signed with: the newest, and while it is changed the one before.

    Raises `SettingsError` when there is none: without it nobody can tell who sends an event.
    """
    environment = settings.environment
    given = (environment.github_webhook_secret, environment.github_webhook_secret_old)
    found = tuple(settings.secret(one) for one in given if one is not None)
    if environment.github_webhook_secret is None or not all(one.get_secret_value() for one in found):
        raise SettingsError(
            "GITHUB_WEBHOOK_SECRET is not set; POST /github/webhook cannot tell who sends an event without it."
        )
    return found


def _secret(settings: Settings, value: SecretStr | None) -> str | None:
    return settings.secret(value).get_secret_value() if value is not None else None
