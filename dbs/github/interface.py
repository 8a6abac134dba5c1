"""What the rest of dbs sees of GitHub: pull requests as facts, and what it may say about a commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from dbs.errors import FailedError, TransientError

Conclusion = Literal["success", "failure", "action_required", "cancelled"]
"""Never `neutral` or `skipped`: GitHub lets a required check pass with those, and "could not run" is no pass."""

Level = Literal["notice", "warning", "failure"]
State = Literal["pending", "success", "failure", "error"]

# https://docs.github.com/en/rest/checks/runs#create-a-check-run
MOST_ACTIONS = 3
LONGEST_LABEL, LONGEST_DESCRIPTION, LONGEST_IDENTIFIER = 20, 40, 20

RERUN = "rerun"
"""The identifier of the button that asks for the same again."""


class GithubError(FailedError):
    """GitHub did not do it; the sentence says why and what to do. No text of it holds a token or a key."""


class GithubBusyError(GithubError, TransientError):
    """GitHub, or the way to it, does not work now. `seconds` is how long it asks us to wait, when it says so."""

    def __init__(self, sentence: str, seconds: int | None = None) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class DoubtfulError(GithubBusyError):
    """The same, and what was asked for may have been done nevertheless: look before you ask again."""


@dataclass(frozen=True)
class Pull:
    """A pull request. Everything in it but `repository`, `number` and the three hashes was written by its author.

    `repository` is `owner/name`, `base_sha` the tip of the branch `base_ref` that it is to be merged into, and not the
    commit that both have in common. `head_repository` is empty when it was deleted, which counts as a fork.
    """

    repository: str
    number: int
    title: str
    body: str
    author: str
    head_sha: str
    head_repository: str
    base_sha: str
    base_ref: str
    is_fork: bool
    state: Literal["open", "closed"]
    url: str
    draft: bool
    merged: bool = False


@dataclass(frozen=True)
class Author:
    """Who wrote a commit: `login` where GitHub knows the person, and the name that they gave themselves."""

    login: str | None
    name: str


@dataclass(frozen=True)
class Annotation:
    """A remark at a line (from 1) of a file of the commit."""

    path: str
    line: int
    level: Level
    message: str
    title: str


@dataclass(frozen=True)
class Action:
    """A button under a check run. Raises `ValueError` for what GitHub would refuse."""

    label: str
    description: str
    identifier: str

    def __post_init__(self) -> None:
        limits = ((self.label, LONGEST_LABEL), (self.description, LONGEST_DESCRIPTION))
        for text, most in (*limits, (self.identifier, LONGEST_IDENTIFIER)):
            if not 0 < len(text) <= most:
                raise ValueError(f"{text!r} has to have 1 to {most} characters")


RERUN_ACTION = Action("Re-run", "Rehearse the same commit again", RERUN)


@dataclass(frozen=True)
class CheckResult:
    """What there is to say about a commit at the end.

    `name` is as in `dbs / migrate-test`. `summary` and `text` are Markdown of any length; what is too long for GitHub
    is cut. Raises `ValueError` for more actions than GitHub takes.
    """

    name: str
    head_sha: str
    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    actions: tuple[Action, ...] = ()
    details_url: str | None = None

    def __post_init__(self) -> None:
        if len(self.actions) > MOST_ACTIONS:
            raise ValueError(f"a check run has at most {MOST_ACTIONS} actions")


@dataclass(frozen=True)
class CheckStart:
    """A check that begins. `key` names this try: the same key is the same run, however often it is asked for."""

    name: str
    head_sha: str
    key: str
    title: str
    summary: str = ""
    details_url: str | None = None


@dataclass(frozen=True)
class Status:
    """A commit status: `context` is as in `dbs/migrate-test`, of which the newest counts. `description` is cut."""

    head_sha: str
    context: str
    state: State
    description: str
    target_url: str | None = None


Compose = Callable[[str], str]
"""The new text of a comment out of the one that it has; that is empty when there is no comment yet."""


class Github(Protocol):
    """GitHub, or a GitHub Enterprise Server. Everything that writes may be called again and is done once.

    All raise `GithubError`, and `GithubBusyError` for what passes; none waits longer than some seconds.
    """

    def pull(self, repository: str, number: int) -> Pull:
        """A pull request as it is now."""

    def open_pulls(self, repository: str) -> list[Pull]:
        """Those that are open, the one with the newest change first; at most `client.MOST_PULLS`."""

    def commit_author(self, repository: str, sha: str) -> Author:
        """Who wrote a commit."""

    def start_check(self, repository: str, start: CheckStart) -> None:
        """Show a check run as running. Apps only."""

    def finish_check(self, repository: str, key: str, result: CheckResult) -> None:
        """Complete the run with that key, or a new one when there is none. Apps only."""

    def status(self, repository: str, status: Status) -> None:
        """Set a commit status."""

    def comment(self, repository: str, number: int, marker: str, compose: Compose) -> None:
        """Write our one comment with a marker at a pull request, or edit it."""


class Reporter(Protocol):
    """How a rehearsal appears at a pull request; `reporter` in `reporting.py` chooses."""

    def started(self, pull: Pull, start: CheckStart) -> None:
        """It runs."""

    def finished(self, pull: Pull, key: str, result: CheckResult) -> None:
        """It ended, waits for somebody's word (`action_required`), or is no longer needed (`cancelled`)."""


@dataclass(frozen=True)
class Access:
    """How dbs comes to GitHub: as an App (`app_id` and `private_key`), or with a `token`.

    `url` is that of the API: https://api.github.com, or https://HOST/api/v3.
    """

    url: str
    app_id: str | None = None
    private_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
