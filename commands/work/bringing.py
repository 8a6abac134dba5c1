"""What a rehearsal is about, brought in: the commit, the migration files that it changes, who asks for it and why.

The platform is asked for the head of a pull request, whatever an event said; files come out of git by their ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import SecretStr

from commands.services import Services
from dbs.errors import RefusedError
from dbs.git import Cache, Objects, Remote, configured, pull_ref
from dbs.github import Opened, Pull, open_github
from dbs.settings import Project

_MOST_OF_A_BODY = 2_000
BY_HAND = "sql"
"""The head of what was given by hand is `sql-` and the beginning of the digest of its files."""


@dataclass(frozen=True)
class Brought:
    """What is to be rehearsed. Plain JSON.

    `changed` maps the paths of migrations to `added`, `modified` or `deleted` since the base branch was left; of SQL
    that was given by hand all are added. `files` are all migrations there are, path → digest of the contents, `digest`
    is over those that are changed. `about` is for people: title, author, url, reason.
    """

    head: str
    base: str | None
    changed: dict[str, str]
    files: dict[str, str]
    digest: str
    about: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the facts of a step are kept."""
        return asdict(self)


class NewerCommitError(RefusedError):
    """The pull request has another head by now; that is another rehearsal."""


class OperatorsWordError(RefusedError):
    """It comes from a fork, and nobody has said yet that this very commit may be run."""


def bring(services: Services, project_name: str, work: Mapping[str, Any]) -> Brought:
    """Fetch it. `work` are the arguments of the job: `sql`, or `number` and `head`, or `ref`.

    Raises `NewerCommitError`, `OperatorsWordError`, and whatever `dbs.git` and `dbs.github` raise.
    """
    if work.get("sql") is not None:
        return by_hand(work["sql"], str(work.get("reason") or ""))
    project = services.settings.project[project_name]
    if project.repository is None:
        return _of_ref(services, project, _configured(services, project), work)
    with open_github(services.settings) as opened:
        if work.get("number") is None:
            return _of_ref(services, project, _remote(services, project, opened), work)
        pull = opened.github.pull(project.repository, int(work["number"]))
        return _of_pull(services, project, _remote(services, project, opened), pull, work)


def by_hand(files: list[list[str]], reason: str) -> Brought:
    """SQL that somebody gave, as names and texts in the order in which they are run."""
    digests = {name: _sha256(text.encode()) for name, text in files}
    digest = digest_of(digests)
    about = {"title": ", ".join(digests), "reason": reason}
    return Brought(f"{BY_HAND}-{digest[:12]}", None, dict.fromkeys(digests, "added"), digests, digest, about)


def digest_of(files: Mapping[str, str]) -> str:
    """One digest over paths and digests of files: it changes with a name, with a letter, and with nothing else."""
    whole = "".join(f"{path}\0{digest}\n" for path, digest in sorted(files.items()))
    return _sha256(whole.encode())


def reach(services: Services, project_name: str) -> str:
    """Fetch the branch that a project's changes go into; its commit. Raises what `bring` raises."""
    project = services.settings.project[project_name]
    if project.repository is None or project.remote is not None:
        return _cache(services).fetch(_configured(services, project), project.branch)
    with open_github(services.settings) as opened:
        return _cache(services).fetch(_remote(services, project, opened), project.branch)


@contextmanager
def contents(services: Services, project_name: str, head: str) -> Iterator[Iterator[tuple[str, bytes]]]:
    """The migration files of a commit that was brought in: path and bytes, sorted by path."""
    project = services.settings.project[project_name]
    objects = _cache(services).objects(_place(services, project))
    yield ((entry.path, text) for entry, text in objects.read(objects.tree(head, project.migrations)))


def objects_of(services: Services, project_name: str) -> Objects:
    """Everything that was brought in for a project."""
    return _cache(services).objects(_place(services, services.settings.project[project_name]))


def _of_pull(services: Services, project: Project, remote: Remote, pull: Pull, work: Mapping[str, Any]) -> Brought:
    wanted = work.get("head")
    if wanted is not None and not pull.head_sha.startswith(wanted):
        raise NewerCommitError(
            f"{pull.repository}#{pull.number} stands at {pull.head_sha[:10]} by now, and no longer at {wanted[:10]}."
        )
    about = {
        "repository": pull.repository,
        "title": pull.title,
        "author": pull.author,
        "url": pull.url,
        "reason": pull.body[:_MOST_OF_A_BODY],
        "fork": pull.is_fork,
        "state": pull.state,
    }
    cache = _cache(services)
    head = cache.fetch(remote, pull_ref(pull.number))
    if head != pull.head_sha:
        # Between the question and the answer somebody pushed, or git is behind the API: the commit itself is certain.
        head = cache.fetch(remote, pull.head_sha)
    found = _compared(cache, remote, project, head, cache.fetch(remote, pull.base_sha), about)
    if pull.is_fork and found.changed and not (work.get("word") and wanted):
        raise OperatorsWordError(
            f"{pull.repository}#{pull.number} comes from the fork {pull.head_repository or '(deleted)'}. Look at the "
            f"commit; then an operator starts exactly that: /dbs migrate-test {pull.repository}#{pull.number}"
            f"@{head}"
        )
    return found


def _of_ref(services: Services, project: Project, remote: Remote, work: Mapping[str, Any]) -> Brought:
    cache = _cache(services)
    head = cache.fetch(remote, str(work["ref"]))
    commit = cache.objects(remote).commit(head)
    about = {"repository": project.repository, "title": commit.subject, "author": commit.author, "ref": work["ref"]}
    return _compared(cache, remote, project, head, cache.fetch(remote, project.branch), about)


def _compared(cache: Cache, remote: Remote, project: Project, head: str, base: str, about: dict[str, Any]) -> Brought:
    since = cache.merge_base(remote, base, head)
    objects = cache.objects(remote)
    changes = objects.changed(since, head, project.migrations)
    changed = {change.path: str(change.status) for change in changes}
    # Asked for only where something is to be run: a tree that holds what is refused is nobody's business before.
    files = {entry.path: entry.id for entry in objects.tree(head, project.migrations)} if changed else {}
    digest = digest_of({path: files.get(path, "") for path in changed})
    return Brought(head, since, changed, files, digest, about)


def _remote(services: Services, project: Project, opened: Opened) -> Remote:
    if project.remote is not None:
        return _configured(services, project)
    token = SecretStr(opened.github.git_token(str(project.repository)))
    return Remote(_address(services, project), token=token)


def _configured(services: Services, project: Project) -> Remote:
    return configured(project, services.settings.secret)


def _place(services: Services, project: Project) -> Remote:
    """The remote as far as reading what is there needs it: where it lies depends on the address alone."""
    return _configured(services, project) if project.remote is not None else Remote(_address(services, project))


def _address(services: Services, project: Project) -> str:
    return f"{services.settings.github.url.rstrip('/')}/{project.repository}.git"


def _cache(services: Services) -> Cache:
    return Cache(services.settings.home / "git", services.settings.way_out)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
