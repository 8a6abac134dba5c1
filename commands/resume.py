"""`resume`: let work start again after `pause`."""

from __future__ import annotations

from dataclasses import dataclass

from commands.command import Command
from commands.interface import Request, Result
from commands.services import Services
from commands.submitting import paused
from dbs.errors import RefusedError


@dataclass(frozen=True)
class ResumeArguments:
    """No arguments."""


def run(services: Services, request: Request, arguments: ResumeArguments) -> Result:
    """Switch the pause off, then let go the jobs that waited for it."""
    before = paused(services)
    if not services.switches.resume():
        raise RefusedError("Nothing is paused; work starts as it comes.")
    waiting = sum(job.state == "queued" for job in services.job_rows.open())
    services.jobs.let_go()
    going = f"{waiting} waiting job{'s' if waiting != 1 else ''} can go on." if waiting else "No job waited."
    return Result("resume", "done", f"Work starts again. {going} {before}".strip())


COMMAND = Command(
    name="resume",
    summary="let work start again after a pause",
    arguments=ResumeArguments,
    role="operator or approver",
    run=run,
    example="/dbs resume",
)
