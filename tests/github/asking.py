"""What the tests of GitHub share: the client as an App and as a person, and things to say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dbs.github.client import GithubClient
from dbs.github.credentials import AppCredentials, TokenCredentials
from dbs.github.interface import Annotation, CheckResult, CheckStart
from dbs.github.way import Way
from dbs.settings.network import Network
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import App

REPOSITORY = "acme/shop"
NAME = "dbs / migrate-test"
BOT = "dbs-machine"
ALL_RIGHTS = {
    "administration": "write",  # more than dbs wants
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
MIGRATION = {"database/migrations/0001_email.up.sql": b"ALTER TABLE users ADD UNIQUE (email);\n"}


@dataclass(frozen=True)
class Keys:
    """PEM."""

    private: str = field(repr=False)
    public: str


@contextmanager
def as_app(fake: FakeGithub, app: App, keys: Keys) -> Iterator[GithubClient]:
    """dbs as an App."""
    way = Way(fake.url, Network(), pause_seconds=0)
    yield GithubClient(AppCredentials(way, str(app.id), keys.private))
    way.close()


@contextmanager
def as_person(fake: FakeGithub, login: str = BOT) -> Iterator[GithubClient]:
    """dbs with a token."""
    way = Way(fake.url, Network(), pause_seconds=0)
    yield GithubClient(TokenCredentials(way, fake.person(login)))
    way.close()


def start(sha: str, key: str = "rehearse:1") -> CheckStart:
    """A check that begins."""
    return CheckStart(NAME, sha, key, "Restoring the copy of last night")


def result(sha: str, conclusion: str = "failure", annotations: int = 0, **given: object) -> CheckResult:
    """How it ended."""
    remarks = tuple(
        Annotation("database/migrations/0001_email.up.sql", line, "failure", f"remark {line}", "Duplicates")
        for line in range(1, annotations + 1)
    )
    fields = {"title": "Fails: 3 duplicate keys", "summary": "3 keys occur more than once.", **given}
    return CheckResult(NAME, sha, conclusion, annotations=remarks, **fields)  # type: ignore[arg-type]
