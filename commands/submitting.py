"""Turning a request into a job: one way for every command that starts long work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.interface import Request, Result
from commands.services import Services
from dbs.jobs import JobRequest


def submit(
    services: Services, request: Request, kind: str, target: str, work: Mapping[str, Any], facts: dict[str, str]
) -> Result:
    """Queue a job and its parent message. `work` is what its steps need; `facts` are the plan people see."""
    job = services.jobs.submit(
        JobRequest(
            id=f"{kind}:{target}:{request.id}",
            kind=kind,
            target=target,
            arguments=work,
            requester_id=request.actor.id,
            requester_name=request.actor.name,
            request_id=request.id,
        )
    )
    sentence = f"Queued as job {job.number}: {kind} {target}."
    if not services.jobs.worker_is_running():
        sentence += " No worker is running, so it waits. Start one with: dbs up"
    result = Result(kind, "queued", sentence, facts, job_id=job.id)
    services.outbox.put(job.id, "parent", {"channel": services.settings.slack.channel}, result.to_json())
    return result
