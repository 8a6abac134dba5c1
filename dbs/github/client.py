"""GitHub through PyGithub. Whatever creates something looks first whether it is there, and looks again in doubt."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Literal, TypeVar
from urllib.parse import quote

import stamina
from github.PullRequest import PullRequest
from github.Repository import Repository

from dbs.github.checks import Checks
from dbs.github.comments import write_comment
from dbs.github.credentials import Credentials
from dbs.github.interface import (
    Author,
    CheckResult,
    CheckStart,
    Compose,
    GithubBusyError,
    GithubError,
    Pull,
    Status,
)
from dbs.github.statuses import set_status
from dbs.github.trouble import told

MOST_PULLS = 500
"""Open pull requests of a repository that are looked at."""

_NAME = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_TRIES = 3
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 3.0

_Answer = TypeVar("_Answer")


class GithubClient:
    """`Github` for one server. Safe to use from several threads; for each repository one of them writes at a time."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()

    def pull(self, repository: str, number: int) -> Pull:
        """A pull request as it is now. Raises `GithubError`, also when the repository has another name by now."""
        what = f"show {repository}#{number}"
        return self._again(repository, what, lambda there: _pull(repository, there.get_pull(number)))

    def open_pulls(self, repository: str) -> list[Pull]:
        """Those that are open, the one with the newest change first; at most `MOST_PULLS`. Raises `GithubError`."""

        def read(there: Repository) -> list[Pull]:
            found = there.get_pulls(state="open", sort="updated", direction="desc")
            return [_pull(repository, one) for one in islice(found, MOST_PULLS)]

        return self._again(repository, f"list the open pull requests of {repository}", read)

    def commit_author(self, repository: str, sha: str) -> Author:
        """Who wrote a commit. Raises `GithubError`."""

        def read(there: Repository) -> Author:
            commit = there.get_commit(_checked(sha))
            written_by = commit.commit.author
            return Author(commit.author.login if commit.author else None, written_by.name if written_by else "")

        return self._again(repository, f"show the commit {sha[:12]} of {repository}", read)

    def start_check(self, repository: str, start: CheckStart) -> None:
        """Show a check run as running. Raises `GithubError`, `GithubBusyError`."""
        with self._writing(repository) as there:
            Checks(there, repository).start(start)

    def finish_check(self, repository: str, key: str, result: CheckResult) -> None:
        """Complete the run with that key, or a new one. Raises `GithubError`, `GithubBusyError`."""
        with self._writing(repository) as there:
            Checks(there, repository).finish(key, result)

    def status(self, repository: str, status: Status) -> None:
        """Set a commit status, unless the newest one says the same. Raises `GithubError`, `GithubBusyError`."""
        with self._writing(repository) as there:
            set_status(there, repository, status)

    def comment(self, repository: str, number: int, marker: str, compose: Compose) -> None:
        """Write our one comment with a marker, or edit it. Raises `GithubError`, `GithubBusyError`."""
        login = self._credentials.login()
        with self._writing(repository) as there:
            write_comment(there.get_issue(number), f"{repository}#{number}", login, marker, compose)

    def git_token(self, repository: str) -> str:
        """A token that git can read a repository with, over HTTPS, as `x-access-token`. Raises `GithubError`."""
        return self._credentials.bearer(_named(repository))

    def _again(self, repository: str, what: str, read: Callable[[Repository], _Answer]) -> _Answer:
        """Read, some times when the network stumbles; not when GitHub asks us to wait."""
        for attempt in stamina.retry_context(
            _passes_soon,
            attempts=_TRIES,
            wait_initial=_FIRST_PAUSE_SECONDS,
            wait_max=_LONGEST_PAUSE_SECONDS,
            timeout=None,
        ):
            with attempt, self._anew(repository), told(what):
                return read(self._there(repository))
        raise AssertionError("stamina raises what the last attempt raised")

    @contextmanager
    def _writing(self, repository: str) -> Iterator[Repository]:
        with self._guard:
            lock = self._locks.setdefault(repository.lower(), threading.RLock())
        with lock, self._anew(repository):
            yield self._there(repository)

    @contextmanager
    def _anew(self, repository: str) -> Iterator[None]:
        """A token that was not taken may have been withdrawn: the next try gets another one."""
        try:
            yield
        except GithubError as error:
            if not isinstance(error, GithubBusyError):
                self._credentials.forget(repository)
            raise

    def _there(self, repository: str) -> Repository:
        owner, name = _named(repository).split("/")
        path = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        return Repository(self._credentials.requester(repository), url=path)


def _passes_soon(error: Exception) -> bool:
    return isinstance(error, GithubBusyError) and error.seconds is None


def _named(repository: str) -> str:
    if not _NAME.fullmatch(repository) or {".", ".."} & set(repository.split("/")):
        raise GithubError(f'{repository[:80]!r} is no repository; it is written like "acme/shop".')
    return repository


def _checked(sha: str) -> str:
    if not _SHA.fullmatch(sha):
        raise GithubError(f"{sha[:80]!r} is no full hash of a commit.")
    return sha


def _pull(repository: str, found: PullRequest) -> Pull:
    base = found.base.repo.full_name
    if base.lower() != repository.lower():
        raise GithubError(f"{repository} is called {base} now. Put that into [project] repository.")
    head = found.head.repo.full_name if found.head.repo else ""
    state: Literal["open", "closed"] = "open" if found.state == "open" else "closed"
    return Pull(
        repository=repository,
        number=found.number,
        title=found.title,
        body=found.body or "",
        author=found.user.login if found.user else "ghost",  # as GitHub calls an account that was deleted
        head_sha=_checked(found.head.sha),
        head_repository=head,
        base_sha=_checked(found.base.sha),
        base_ref=found.base.ref,
        is_fork=head.lower() != base.lower(),
        state=state,
        url=found.html_url,
        draft=bool(found.draft),
        merged=state == "closed" and found.merged_at is not None,
    )
