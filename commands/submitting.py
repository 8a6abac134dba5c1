"""Turning a request into a job: one way for every command that starts long work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from commands.interface import Request, Result
from commands.services import Services
from commands.texts import moment
from dbs.errors import RefusedError
from dbs.jobs import Job, JobRequest

Promise: TypeAlias = Callable[[], tuple[Job, Result]]
"""Writes a job and its parent message down, for `services.together`; returns the job and what to say of it."""

_NO_WORKER = " No worker is running, so it waits. Start one with: dbs up"


def submit(
    services: Services,
    request: Request,
    kind: str,
    target: str,
    work: Mapping[str, Any],
    facts: dict[str, str],
    job_id: str | None = None,
) -> Result:
    """Queue a job and its parent message. `work` is what its steps need; `facts` are the plan people see.

    `job_id` is given for the second try of a job only. Raises `RefusedError` while dbs is paused, and when another
    request has queued the same job.
    """
    job, result = services.together(promise(services, request, kind, target, work, facts, job_id))
    services.jobs.queue(job)
    return result


def promise(
    services: Services,
    request: Request,
    kind: str,
    target: str,
    work: Mapping[str, Any],
    facts: dict[str, str],
    job_id: str | None = None,
) -> Promise:
    """The first half of `submit`, for who has more to write at the same moment; the job is to be queued afterwards."""
    refuse_while_paused(services)
    wanted = JobRequest(
        id=job_id or f"{kind}:{target}:{request.id}",
        kind=kind,
        target=target,
        arguments=work,
        requester_id=request.actor.id,
        requester_name=request.actor.name,
        request_id=request.id,
    )
    waiting = "" if services.jobs.worker_is_running() else _NO_WORKER

    def write() -> tuple[Job, Result]:
        job = services.jobs.write_down(wanted)
        if job.request_id != request.id:
            raise RefusedError(f"{job.requester_name} was quicker: that is job {job.number} already.")
        result = Result(kind, "queued", f"Queued as job {job.number}: {kind} {target}.{waiting}", facts, job_id=job.id)
        services.outbox.put(job.id, "parent", {"channel": services.settings.slack.channel}, result.to_json())
        return job, result

    return write


def refuse_while_paused(services: Services) -> None:
    """Raise `RefusedError` with who stopped new work, when and why, if somebody did."""
    sentence = paused(services)
    if sentence:
        raise RefusedError(f"{sentence} Nothing was started; it goes on after: resume")


def paused(services: Services) -> str:
    """`Ada paused dbs at … (reason).`, or nothing when work may start."""
    found = services.switches.paused()
    if found is None:
        return ""
    return f"{found.by} paused dbs at {moment(found.at)}{f' ({found.reason})' if found.reason else ''}."
