"""What can be rehearsed, under which name, and how a person starts it; what GitHub tells of comes by `pulls.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from commands.interface import Request, Result, nth_try
from commands.services import Services
from commands.submitting import submit
from commands.targets import builds_of
from dbs.errors import RefusedError, UsageError
from dbs.jobs import OPEN, Job

KIND = "rehearse"
_MOST_TRIES = 1_000


@dataclass(frozen=True)
class Wanted:
    """What is to be rehearsed. `work` is that of the job: `number` and `head`, or `ref`, or `sql`.

    `target` is what people call it (`acme/shop#12`); jobs of one target run one after the other. `key` is the id of
    its first job.
    """

    project: str
    target: str
    key: str
    work: Mapping[str, Any] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)


def of_pull(services: Services, project: str, number: int, head: str | None, *, word: bool = False) -> Wanted:
    """A pull request, at a commit if that is known. `word`: an operator asks for exactly that commit."""
    target = f"{services.settings.project[project].repository}#{number}"
    facts = {"Commit": head[:10]} if head else {"Commit": "the newest"}
    work = {"project": project, "number": number, "head": head, "word": word}
    return Wanted(project, target, f"{KIND}:{project}:{target}:{head or 'newest'}", work, facts)


def of_ref(services: Services, project: str, ref: str) -> Wanted:
    """A branch, a tag or a commit of a project."""
    name = services.settings.project[project].repository or project
    target = f"{name}@{ref[:12] if len(ref) >= 40 else ref}"
    return Wanted(project, target, f"{KIND}:{project}:{target}", {"project": project, "ref": ref}, {"Commit": ref[:40]})


def of_sql(project: str, files: list[tuple[str, str]], reason: str = "", **more: Any) -> Wanted:
    """SQL that somebody gives: names and texts in the order in which they are run."""
    digest = hashlib.sha256(repr(files).encode()).hexdigest()[:12]
    work = {"project": project, "sql": [list(one) for one in files], "reason": reason, **more}
    names = ", ".join(name for name, _ in files)
    return Wanted(project, f"{project}:{names[:60]}", f"{KIND}:{project}:sql-{digest}", work, {"Files": names})


def start(services: Services, request: Request, wanted: Wanted) -> Result:
    """Queue it for a person. Raises `RefusedError` when it cannot be rehearsed here, `UsageError`."""
    builds_of(services, wanted.project)
    job_id = next_try(services, wanted.key)
    return submit(
        services, request, KIND, wanted.target, {**wanted.work, "plan": dict(wanted.facts)}, dict(wanted.facts), job_id
    )


def supersede(services: Services, project: str, number: int, head: str | None) -> int:
    """Stop the rehearsals of a pull request at other commits than `head`, or all; returns how many were told to."""
    why = f"The newer commit {head[:10]}" if head else "The end of the pull request"
    others = _elsewhere(services, project, number, head)
    for job in others:
        services.jobs.cancel(job, why)
    return len(others)


def stands_elsewhere(services: Services, project: str, number: int, head: str) -> bool:
    """Whether a pull request is known at another commit: one that was rehearsed last, or that is being rehearsed."""
    known = services.rehearsals.newest(project, number)
    return (known is not None and known.head != head) or bool(_elsewhere(services, project, number, head))


def _elsewhere(services: Services, project: str, number: int, head: str | None) -> list[Job]:
    """The open rehearsals of a pull request at other commits than `head`, or all."""
    return [
        job
        for job in services.job_rows.open()
        if job.kind == KIND
        and (job.arguments.get("project"), job.arguments.get("number")) == (project, number)
        and (head is None or not _is_at(services, job, head))
    ]


def next_try(services: Services, key: str) -> str:
    """The id for the next try. Raises `RefusedError` when the last one has not ended."""
    fresh = fresh_try(services, key)
    if fresh is None:
        raise RefusedError("That is being rehearsed already; status shows it.")
    return fresh


def fresh_try(services: Services, key: str) -> str | None:
    """The same; None when the last one has not ended."""
    for number in range(1, _MOST_TRIES):
        job = services.job_rows.get(nth_try(key, number))
        if job is None:
            return nth_try(key, number)
        if job.state in OPEN and not _has_verdict(services, job):
            return None
    raise UsageError("That was tried too often.")


def _has_verdict(services: Services, job: Job) -> bool:
    """Whether everybody knows already what came of it; what is left is to tell of it."""
    row = services.rehearsals.get(job.id)
    return row is not None and row.ended_at is not None


def _is_at(services: Services, job: Job, head: str) -> bool:
    """Whether a job is about that commit. One for the newest that has not looked yet will find it."""
    row = services.rehearsals.get(job.id)
    known = row.head if row is not None else job.arguments.get("head")
    return known is None or head.startswith(known)
