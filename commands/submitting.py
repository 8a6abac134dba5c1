"""Turning a request into a job: one way for every command that starts long work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.interface import Request, Result
from commands.services import Services
from commands.texts import moment
from dbs.errors import RefusedError
from dbs.jobs import JobRequest

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
    with services.together():
        job = services.jobs.write_down(wanted)
        if job.request_id != request.id:
            raise RefusedError(f"{job.requester_name} was quicker: that is job {job.number} already.")
        result = Result(kind, "queued", f"Queued as job {job.number}: {kind} {target}.{waiting}", facts, job_id=job.id)
        services.outbox.put(job.id, "parent", {"channel": services.settings.slack.channel}, result.to_json())
    services.jobs.queue(job)
    return result


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
