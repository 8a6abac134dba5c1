"""The work of a restore: one idempotent step."""

from __future__ import annotations

from dataclasses import asdict

from commands.lagging import held_back
from commands.services import Services
from commands.targets import Target, find_instance
from commands.texts import moment, took
from commands.work.changes import changes, seen
from commands.work.seeding import seeded
from dbs.jobs import Facts, Job, JobKind, JobRequest, Report
from dbs.snapshots.interface import Manifest, Restored, SnapshotError, Ticket, Undoable


def kind(services: Services) -> JobKind:
    """How a restore is done with these services."""

    def put_back(job: Job, facts: Facts, report: Report) -> Facts:
        target = find_instance(services, job.target)
        before = _looked(services, target, job)
        if "stays" in before:
            return before
        with services.instances.working_on(target.name, job.id) as epoch:
            # The last moment to cancel: after this the provider goes on whether or not we listen.
            report("copy")
            restored = _restored(services, target, job, Ticket(job.id, epoch), _but_copy(report))
            services.instances.restored(target.name, restored.snapshot_id, job.requester_name)
        return {**asdict(restored), **before}

    return JobKind(
        queue="instances",
        phases=("copy", "start", "verify"),
        steps=(("restore", put_back),),
        sentence=_sentence,
        no_return=frozenset({"start", "verify"}),
    )


def _looked(services: Services, target: Target, job: Job) -> Facts:
    """Before a restore that nobody asked for: whether somebody holds the instance by now, and what is in it.

    One that goes on after a crash may have been done already: then what was in it is not known any more.
    """
    if not job.arguments.get("roll"):
        return {}
    state = services.instances.get(target.name)
    if state is not None and state.job_id == job.id:
        return {"written": None}
    held = held_back(services, target)
    return {"stays": held} if held and target.status.state != "empty" else seen(services, target)


def _restored(services: Services, target: Target, job: Job, ticket: Ticket, report: Report) -> Restored:
    if job.arguments.get("undo"):
        if not isinstance(target.provider, Undoable):
            raise SnapshotError(f"The provider of {target.name} cannot undo a restore.")
        return target.provider.undo(target.name, ticket, report)
    wanted = str(job.arguments["snapshot"])
    base = services.catalog.get(wanted) if target.settings.seed else None
    snapshot = seeded(services, target, base).id if base else wanted
    return target.provider.restore(target.name, snapshot, ticket, report)


def _but_copy(report: Report) -> Report:
    """Passes the provider's phases on; `copy` was reported already."""

    def passed(phase: str) -> None:
        if phase != "copy":
            report(phase)

    return passed


def _sentence(job: Job, facts: Facts) -> str:
    restored = facts["restore"]
    if "stays" in restored:
        return f"{job.target} stays as it is: {restored['stays']}. It follows when it is free."
    seconds = restored["seconds"]
    if job.arguments.get("undo"):
        done = f"{job.target} is back to what was in it before its last restore, in {took(seconds['total'])}."
    else:
        at = moment(job.arguments["data_state_at"])
        done = f"{job.target} is back to the data of {at}, in {took(seconds['total'])}."
    return " ".join(filter(None, (done + gap(seconds), changes(job.target, restored))))


def gap(seconds: dict[str, float]) -> str:
    """How long nobody could connect, where the server cannot inherit a socket; nothing where it can."""
    if "gap" not in seconds:
        return ""
    return f" MySQL cannot take over a socket: nobody could connect for {took(seconds['gap'])}."


def request_for(manifest: Manifest, instance: str, parent: Job) -> JobRequest:
    """The restore of one instance as part of another job; its id makes it the same one after a crash."""
    return JobRequest(
        id=f"restore:{instance}:{parent.id}",
        kind="restore",
        target=instance,
        arguments={"snapshot": manifest.id, "data_state_at": manifest.data_state_at, "roll": True},
        requester_id=parent.requester_id,
        requester_name=parent.requester_name,
        parent_id=parent.id,
    )
