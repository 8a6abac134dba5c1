"""`cancel`: end a job that has not begun, or that can still end without a trace."""

from __future__ import annotations

from dataclasses import dataclass

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import word
from commands.services import Services
from commands.targets import find_job
from dbs.errors import RefusedError
from dbs.jobs import Job


@dataclass(frozen=True)
class CancelArguments:
    """Which job."""

    job: str = word("the number of the job")


def run(services: Services, request: Request, arguments: CancelArguments) -> Result:
    """Ask the job to end; who asked for it may, and approvers may."""
    job = find_job(services, arguments.job)
    if job.requester_id != request.actor.id:
        services.access.require("approver", request.actor.id, request.actor.face)
    came = services.jobs.cancel(job, request.actor.name)
    what = f"Job {job.number} ({job.kind} {job.target})"
    if came == "cancelled":
        return Result("cancel", "done", f"{what} is cancelled; it never began.")
    if came == "asked":
        return Result("cancel", "done", f"{what} is told to stop. It ends at its next step, with nothing changed.")
    raise RefusedError(_refusal(services.job_rows.get(job.id) or job, what, late=came == "late"))


def _refusal(job: Job, what: str, *, late: bool) -> str:
    if late:
        return f"{what} is past the point where it could stop, so it goes on to its end."
    return f"{what} has ended already, {job.state}: {job.sentence}"


COMMAND = Command(
    name="cancel",
    summary="stop a job that waits, or that can still stop without a trace",
    arguments=CancelArguments,
    role="anyone",
    run=run,
    example="/dbs cancel 41",
    target="job",
)
