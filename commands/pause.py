"""`pause`: the kill switch. No new work starts until `resume`; what has begun goes on to its end."""

from __future__ import annotations

from dataclasses import dataclass

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import rest
from commands.services import Services
from commands.submitting import paused
from dbs.errors import RefusedError


@dataclass(frozen=True)
class PauseArguments:
    """Why, for those who wonder."""

    reason: str = rest("why, for everybody who asks")


def run(services: Services, request: Request, arguments: PauseArguments) -> Result:
    """Switch it on; whoever did it first stays named."""
    if not services.switches.pause(request.actor.name, arguments.reason):
        raise RefusedError(f"{paused(services)} It stays so until: resume")
    jobs = services.job_rows.open()
    running = sum(job.state == "running" for job in jobs)
    sentence = "Paused: no new work starts until somebody types: resume."
    if jobs:
        sentence += f" Of the jobs here, {running} began and will end, {len(jobs) - running} wait."
    return Result("pause", "done", sentence)


COMMAND = Command(
    name="pause",
    summary="stop all new work at once; what runs goes on to its end",
    arguments=PauseArguments,
    role="operator or approver",
    run=run,
    example="/dbs pause disk is filling up",
)
