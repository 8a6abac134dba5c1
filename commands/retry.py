"""`retry`: a failed or cancelled job once more, with the same arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from commands.asking import Restore, ask_or_restore, plan
from commands.command import Command
from commands.interface import Request, Result, nth_try
from commands.parsing import flag, word
from commands.services import Services
from commands.submitting import refuse_while_paused, submit
from commands.targets import Target, find_job, find_own_instance
from dbs.errors import RefusedError
from dbs.jobs import OPEN, Job

# A personal instance that could not be made is gone; "what was there before" is something else by now (an undo).
_NEVER_AGAIN = ("new", "remove")


@dataclass(frozen=True)
class RetryArguments:
    """Which job."""

    job: str = word("the number of the job")
    yes: bool = flag("--yes", "do not ask, even if somebody else would lose by it", faces=("cli",))


def run(services: Services, request: Request, arguments: RetryArguments) -> Result:
    """The same work under the next id: `<id>:2`, `<id>:3`, …; a restore takes the snapshot that was asked for."""
    refuse_while_paused(services)
    tries = _tries(services, find_job(services, arguments.job))
    job, job_id = tries[-1], nth_try(tries[0].id, len(tries) + 1)
    if job.state in OPEN:
        raise RefusedError(f"Job {job.number} is {job.state} already: {job.kind} {job.target}.")
    if job.state == "done":
        raise RefusedError(f"Job {job.number} has done it: {job.sentence}")
    if job.kind in _NEVER_AGAIN or job.arguments.get("undo"):
        raise RefusedError(
            f"What job {job.number} was to do means something else by now, so it is not done again; "
            "type the command anew."
        )
    if job.kind == "restore":
        target = find_own_instance(services, job.target, request.actor)
        return ask_or_restore(services, request, target, _restore(services, target, job, job_id), sure=arguments.yes)
    facts = {"Again": f"job {job.number}, which ended {job.state}"}
    return submit(services, request, job.kind, job.target, job.arguments, facts, job_id)


def _tries(services: Services, job: Job) -> list[Job]:
    """The first try of a job and all later ones, in order."""
    found = re.fullmatch(r"(.+):[0-9]+", job.id)
    first = (services.job_rows.get(found[1]) if found else None) or job
    tries = [first]
    while (later := services.job_rows.get(nth_try(first.id, len(tries) + 1))) is not None:
        tries.append(later)
    return tries


def _restore(services: Services, target: Target, job: Job, job_id: str) -> Restore:
    provider, wanted = target.settings.provider, job.arguments["snapshot"]
    services.catalog.sync(provider, target.provider)
    return plan(services, target, services.catalog.choose(target.settings.source, provider, wanted), job_id)


COMMAND = Command(
    name="retry",
    summary="do a failed or cancelled job once more",
    arguments=RetryArguments,
    role="operator",
    run=run,
    example="/dbs retry 41",
    target="job",
)
