"""What the stand-in for GitHub remembers: repositories, pull requests, and what was said about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_github_git import BareRepository

Json = dict[str, Any]
PERSON_RIGHTS = {
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """An answer that is none of success."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class App:
    """An installed App; `public_key` verifies what it signs."""

    id: int
    slug: str
    public_key: str

    @property
    def login(self) -> str:
        """As whom it writes."""
        return f"{self.slug}[bot]"


@dataclass(frozen=True)
class Grant:
    """What a token may do, and where; `app` for a token of an installation."""

    login: str
    rights: Mapping[str, str]
    repositories: frozenset[str] | None = None
    app: App | None = None


@dataclass
class Fault:
    """So many times, requests that fit go wrong: `kind` is a key of `KINDS` in `fake_github_api.py`."""

    method: str
    path: str
    kind: str
    times: int
    seconds: int = 60


@dataclass
class Hook:
    """After so many answers that fit, something else happens: a push between two requests."""

    method: str
    path: str
    act: Callable[[], object]


@dataclass
class PullRow:
    """A pull request."""

    number: int
    title: str
    body: str
    author: str
    head_sha: str
    head_repository: str | None
    base_ref: str = "main"
    state: str = "open"
    draft: bool = False
    merged: bool = False


@dataclass
class Run:
    """A check run with the fields that were given."""

    id: int
    head_sha: str
    app: App
    fields: Json
    annotations: list[Json] = field(default_factory=list)


@dataclass
class Comment:
    """A comment at a pull request."""

    id: int
    number: int
    author: str
    body: str
    edits: int = 0


@dataclass
class StatusRow:
    """A commit status."""

    id: int
    sha: str
    fields: Json
    author: str


@dataclass
class Repository:
    """Everything about one repository; `git` is real."""

    name: str
    git: BareRepository
    installation: int | None = None
    rights: Mapping[str, str] = field(default_factory=dict)
    pulls: dict[int, PullRow] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    statuses: list[StatusRow] = field(default_factory=list)

    def commit(self, sha: str) -> tuple[str, str, str]:
        """Facts of a commit; `Refusal` 422 for an unknown one."""
        found = self.git.facts(sha)
        if found is None:
            raise Refusal(422, f"No commit found for SHA: {sha}")
        return found

    def pull(self, number: int) -> PullRow:
        """`Refusal` 404 for an unknown one."""
        if number not in self.pulls:
            raise Refusal(404, "Not Found")
        return self.pulls[number]
