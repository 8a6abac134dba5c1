"""A stand-in for GitHub on a real port, backed by real bare repositories. It refuses what GitHub refuses.

`fake_github_server.running` starts one; this is what a test holds in its hands.

Not there: the list of a pull request's files (dbs reads files with git), contents, compare, reviews, ETags.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.fake_github_api import pull_json
from tests.support.fake_github_git import BareRepository
from tests.support.fake_github_hooks import Delivery, Hooks
from tests.support.fake_github_model import (
    PERSON_RIGHTS,
    App,
    Fault,
    Grant,
    Hook,
    Json,
    PullRow,
    Repository,
    Run,
)


class FakeGithub:
    """GitHub. `calls` are (method, path, status) of every request; `people` are logins by the mail of their commits."""

    def __init__(self, root: Path, url: str) -> None:
        self.url = url
        self.root = root
        self.lock = threading.RLock()
        self.repositories: dict[str, Repository] = {}
        self.apps: list[App] = []
        self.tokens: dict[str, Grant] = {}
        self.people: dict[str, str] = {"rita@example.com": "rita"}
        self.hooks = Hooks()
        self.calls: list[tuple[str, str, int]] = []
        self._faults: list[Fault] = []
        self._after: list[Hook] = []
        self._number = 1000

    # what there is

    def repository(self, name: str, files: Mapping[str, bytes] | None = None) -> Repository:
        """A new repository with a branch `main`."""
        git = BareRepository(self.root / f"{name}-{uuid.uuid4().hex[:8]}.git", files or {"README.md": b"shop\n"})
        made = self.repositories[name.lower()] = Repository(name, git)
        return made

    def app(self, public_key: str, slug: str = "dbs") -> App:
        """A registered App."""
        made = App(self.number(), slug, public_key)
        self.apps.append(made)
        return made

    def install(self, name: str, rights: Mapping[str, str]) -> int:
        """Install the App on a repository; it may do no more there than `rights`."""
        repository = self.repositories[name.lower()]
        repository.installation, repository.rights = self.number(), dict(rights)
        return repository.installation

    def person(self, login: str, rights: Mapping[str, str] | None = None) -> str:
        """A token of a person."""
        token = f"github_pat_{uuid.uuid4().hex}"
        self.tokens[token] = Grant(login, PERSON_RIGHTS if rights is None else rights)
        return token

    def number(self) -> int:
        """A number that nothing else has."""
        with self.lock:
            self._number += 1
            return self._number

    # what people do

    def open_pull(
        self,
        name: str,
        files: Mapping[str, bytes | None],
        *,
        title: str = "Change the schema",
        body: str = "",
        author: str = "rita",
        fork: str | None = "",
        draft: bool = False,
    ) -> PullRow:
        """A pull request with one commit. `fork` is the repository it comes from; None for one that was deleted."""
        repository = self.repositories[name.lower()]
        with self.lock:
            number = max(repository.pulls, default=0) + 1
            sha = repository.git.commit(files, repository.git.tip("refs/heads/main"), title)
            head = repository.name if fork == "" else fork
            row = repository.pulls[number] = PullRow(number, title, body, author, sha, head, draft=draft)
            repository.git.point(f"refs/pull/{number}/head", sha)
        self._fire_pull(repository, row, "opened")
        return row

    def push(self, name: str, number: int, files: Mapping[str, bytes | None], message: str = "More") -> str:
        """One more commit at a pull request; its hash."""
        repository = self.repositories[name.lower()]
        with self.lock:
            row = repository.pulls[number]
            row.head_sha = repository.git.commit(files, row.head_sha, message)
            repository.git.point(f"refs/pull/{number}/head", row.head_sha)
            sha = row.head_sha
        self._fire_pull(repository, row, "synchronize")
        return sha

    def close(self, name: str, number: int) -> None:
        """Close it without merging."""
        self._turn(name, number, "closed", "closed")

    def merge(self, name: str, number: int) -> None:
        """Merge it."""
        self.repositories[name.lower()].pulls[number].merged = True
        self._turn(name, number, "closed", "closed")

    def reopen(self, name: str, number: int) -> None:
        """Open it again."""
        self._turn(name, number, "open", "reopened")

    def press(self, name: str, run: Run, identifier: str | None, by: str = "rita") -> None:
        """Press a button of a check run; None is GitHub's own "Re-run"."""
        repository = self.repositories[name.lower()]
        body: Json = {"action": "rerequested" if identifier is None else "requested_action"}
        if identifier is not None:
            body["requested_action"] = {"identifier": identifier}
        body["check_run"] = {"id": run.id, "name": run.fields["name"], "head_sha": run.head_sha}
        self.hooks.fire("check_run", {**body, **self._around(repository, by)})

    # what goes wrong

    def fault(self, method: str, path: str, kind: str, *, times: int = 1, seconds: int = 60) -> None:
        """Let requests whose path fits the pattern fail. See `KINDS` in `fake_github_server.py`."""
        self._faults.append(Fault(method, path, kind, times, seconds))

    def forget_faults(self) -> None:
        """What has not gone wrong yet will not."""
        self._faults.clear()

    def after(self, method: str, path: str, act: Callable[[], object]) -> None:
        """Do something once, just after a request that fits was answered."""
        self._after.append(Hook(method, path, act))

    @contextmanager
    def holding(self) -> Iterator[list[Delivery]]:
        """Webhooks wait in the list: whoever holds them sends them, in another order or twice."""
        held = self.hooks.held = []
        try:
            yield held
        finally:
            self.hooks.held = None

    # for the server

    def struck(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request."""
        with self.lock:
            for one in self._faults:
                if one.times and one.method == method and re.search(one.path, path):
                    one.times -= 1
                    return one
        return None

    def answered(self, method: str, path: str, status: int) -> None:
        """Note a request, and do what was to be done after it."""
        with self.lock:
            self.calls.append((method, path, status))
            due = [one for one in self._after if one.method == method and re.search(one.path, path)]
            self._after = [one for one in self._after if one not in due]
        for one in due:
            one.act()

    def asked(self, method: str, path: str) -> int:
        """How often that was asked for, whatever came of it."""
        return sum(1 for call in self.calls if call[0] == method and re.search(path, call[1]))

    def _turn(self, name: str, number: int, state: str, action: str) -> None:
        repository = self.repositories[name.lower()]
        row = repository.pulls[number]
        row.state = state
        self._fire_pull(repository, row, action)

    def _fire_pull(self, repository: Repository, row: PullRow, action: str) -> None:
        shown = pull_json(repository, row, f"{self.url}/repos/{repository.name}")
        body = {"action": action, "number": row.number, "pull_request": shown}
        self.hooks.fire("pull_request", {**body, **self._around(repository, row.author)})

    def _around(self, repository: Repository, sender: str) -> Json:
        around: Json = {"repository": {"full_name": repository.name}, "sender": {"login": sender}}
        if repository.installation is not None:
            around["installation"] = {"id": repository.installation}
        return around
