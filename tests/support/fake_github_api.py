"""The endpoints of the stand-in for GitHub: who may, what is missing, and answers in GitHub's form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support import fake_github_checks as checks
from tests.support.fake_github_model import Comment, Grant, Json, PullRow, Refusal, Repository, StatusRow

if TYPE_CHECKING:
    from tests.support.fake_github import FakeGithub

LONGEST_COMMENT = 65_536


@dataclass(frozen=True)
class Asked:
    """One request, understood. `url` is the address of the repository."""

    fake: FakeGithub
    grant: Grant
    repository: Repository
    url: str
    query: dict[str, str]
    body: Json


Answer = tuple[int, Any]
Endpoint = Callable[[Asked, str], Answer]


def pulls(asked: Asked, rest: str) -> Answer:
    """Newest first, which is also the order of `sort=updated` here."""
    state = asked.query.get("state", "open")
    rows = sorted(asked.repository.pulls.values(), key=lambda row: -row.number)
    tips = {ref: asked.repository.git.tip(f"refs/heads/{ref}") for ref in {row.base_ref for row in rows}}
    shown = [row for row in rows if state in ("all", row.state)]
    return 200, [pull_json(asked.repository, row, asked.url, tips[row.base_ref]) for row in shown]


def pull(asked: Asked, rest: str) -> Answer:
    """One of them."""
    return 200, pull_json(asked.repository, asked.repository.pull(int(rest)), asked.url)


def commit(asked: Asked, rest: str) -> Answer:
    """Who wrote it, and why."""
    name, mail, message = asked.repository.commit(rest)
    login = asked.fake.people.get(mail)
    return 200, {
        "sha": rest,
        "url": f"{asked.url}/commits/{rest}",
        "commit": {"author": {"name": name, "email": mail, "date": "2026-11-20T00:00:00Z"}, "message": message},
        "author": {"login": login} if login else None,
    }


def list_runs(asked: Asked, rest: str) -> Answer:
    """The check runs of a commit; `filter=latest` shows the newest of each name and App."""
    asked.repository.commit(rest)
    name = asked.query.get("check_name")
    found = [run for run in asked.repository.runs if run.head_sha == rest and name in (None, run.fields["name"])]
    if asked.query.get("filter", "latest") == "latest":
        found = list({(run.app.id, run.fields["name"]): run for run in found}.values())
    return 200, {"total_count": len(found), "check_runs": [checks.shown(run, asked.url) for run in reversed(found)]}


def create_run(asked: Asked, rest: str) -> Answer:
    """A new check run."""
    run = checks.create(asked.repository, asked.grant.app, asked.body, asked.fake.number())
    return 201, checks.shown(run, asked.url)


def show_run(asked: Asked, rest: str) -> Answer:
    """One check run."""
    return 200, checks.shown(checks.find(asked.repository, int(rest)), asked.url)


def update_run(asked: Asked, rest: str) -> Answer:
    """Change it."""
    return 200, checks.shown(checks.update(asked.repository, asked.grant.app, int(rest), asked.body), asked.url)


def list_annotations(asked: Asked, rest: str) -> Answer:
    """Those of a check run."""
    return 200, checks.find(asked.repository, int(rest)).annotations


def list_comments(asked: Asked, rest: str) -> Answer:
    """Those of a pull request, oldest first."""
    number = asked.repository.pull(int(rest)).number
    return 200, [_comment(asked, one) for one in asked.repository.comments if one.number == number]


def create_comment(asked: Asked, rest: str) -> Answer:
    """One more."""
    number = asked.repository.pull(int(rest)).number
    made = Comment(asked.fake.number(), number, asked.grant.login, _text(asked.body))
    asked.repository.comments.append(made)
    return 201, _comment(asked, made)


def edit_comment(asked: Asked, rest: str) -> Answer:
    """By its author only."""
    for one in asked.repository.comments:
        if one.id == int(rest):
            if one.author != asked.grant.login:
                raise Refusal(403, "Resource not accessible by integration")
            one.body, one.edits = _text(asked.body), one.edits + 1
            return 200, _comment(asked, one)
    raise Refusal(404, "Not Found")


def list_statuses(asked: Asked, rest: str) -> Answer:
    """Of a commit, the newest first."""
    rows = [row for row in asked.repository.statuses if row.sha == rest]
    return 200, [_status(row) for row in reversed(rows)]


def create_status(asked: Asked, rest: str) -> Answer:
    """Needs a commit that is there."""
    asked.repository.commit(rest)
    if asked.body.get("state") not in ("error", "failure", "pending", "success"):
        raise Refusal(422, "Validation Failed: state is not included in the list")
    if len(asked.body.get("description") or "") > 140:
        raise Refusal(422, "Validation Failed: description is too long (maximum is 140 characters)")
    row = StatusRow(asked.fake.number(), rest, dict(asked.body), asked.grant.login)
    asked.repository.statuses.append(row)
    return 201, _status(row)


_N, _HASH = r"(\d+)", r"([0-9a-f]{40})"
ROUTES: tuple[tuple[str, re.Pattern[str], str, Endpoint], ...] = (
    ("GET", re.compile(r"pulls()"), "pull_requests:read", pulls),
    ("GET", re.compile(rf"pulls/{_N}"), "pull_requests:read", pull),
    ("GET", re.compile(rf"commits/{_HASH}"), "contents:read", commit),
    ("GET", re.compile(rf"commits/{_HASH}/check-runs"), "checks:read", list_runs),
    ("POST", re.compile(r"check-runs()"), "checks:write", create_run),
    ("GET", re.compile(rf"check-runs/{_N}"), "checks:read", show_run),
    ("PATCH", re.compile(rf"check-runs/{_N}"), "checks:write", update_run),
    ("GET", re.compile(rf"check-runs/{_N}/annotations"), "checks:read", list_annotations),
    ("GET", re.compile(rf"issues/{_N}/comments"), "issues:read", list_comments),
    ("POST", re.compile(rf"issues/{_N}/comments"), "issues:write", create_comment),
    ("PATCH", re.compile(rf"issues/comments/{_N}"), "issues:write", edit_comment),
    ("GET", re.compile(rf"commits/{_HASH}/statuses"), "statuses:read", list_statuses),
    ("GET", re.compile(rf"statuses/{_HASH}"), "statuses:read", list_statuses),  # the older way, which PyGithub goes
    ("POST", re.compile(rf"statuses/{_HASH}"), "statuses:write", create_status),
)
"""(method, path below the repository, right, function)."""


def allow(grant: Grant, right: str) -> None:
    """`Refusal` 403 without it, with the header that names it; check runs need an App above all."""
    name, _, level = right.partition(":")
    if name == "checks" and level == "write" and grant.app is None:
        raise Refusal(403, "You must authenticate via a GitHub App.")
    if name == "checks" and grant.app is None:
        return
    if grant.rights.get(name) not in ({"read", "write"} if level == "read" else {"write"}):
        said = "Resource not accessible by " + ("integration" if grant.app else "personal access token")
        raise Refusal(403, said, {"X-Accepted-GitHub-Permissions": f"{name}={level}"})


def pull_json(repository: Repository, row: PullRow, url: str, base_sha: str = "") -> Json:
    """A pull request as the API and the webhooks show it; git is asked for an empty `base_sha`."""
    head = {"full_name": row.head_repository} if row.head_repository else None
    return {
        "number": row.number,
        "title": row.title,
        "body": row.body or None,
        "state": row.state,
        "draft": row.draft,
        "merged_at": "2026-11-20T12:00:00Z" if row.merged else None,
        "user": {"login": row.author},
        "head": {"sha": row.head_sha, "ref": "topic", "repo": head},
        "base": {
            "sha": base_sha or repository.git.tip(f"refs/heads/{row.base_ref}"),
            "ref": row.base_ref,
            "repo": {"full_name": repository.name},
        },
        "url": f"{url}/pulls/{row.number}",
        "issue_url": f"{url}/issues/{row.number}",
        "html_url": f"https://github.com/{repository.name}/pull/{row.number}",
    }


def _comment(asked: Asked, one: Comment) -> Json:
    url = f"{asked.url}/issues/comments/{one.id}"
    return {"id": one.id, "body": one.body, "user": {"login": one.author}, "url": url}


def _status(row: StatusRow) -> Json:
    kept = {name: row.fields.get(name) for name in ("state", "description", "target_url")}
    return {"id": row.id, **kept, "context": row.fields.get("context", "default"), "creator": {"login": row.author}}


def _text(body: Json) -> str:
    text = body.get("body")
    if not isinstance(text, str) or not text.strip():
        raise Refusal(422, "Validation Failed: body can't be blank")
    if len(text) > LONGEST_COMMENT:
        raise Refusal(422, f"Validation Failed: body is too long (maximum is {LONGEST_COMMENT} characters)")
    return text
