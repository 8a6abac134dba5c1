"""Restores ask first when they would take something from somebody else; else they are queued at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from commands import approving, reviewing
from commands.interface import Request, Result
from commands.losses import Losses, losses
from commands.services import Services
from commands.submitting import Promise, promise, refuse_while_paused
from commands.targets import Target, connected
from commands.texts import age, moment
from dbs.decisions import Decision
from dbs.errors import RefusedError
from dbs.snapshots.interface import Manifest

CONFIRM, CANCEL = "confirm", "cancel"
_CAN_ANSWER = ("slack", "cli")


@dataclass(frozen=True)
class Restore:
    """A restore that is planned: the job's `arguments`, the `facts` that people see, `job_id` if it is a retry."""

    instance: str
    arguments: dict[str, Any]
    facts: dict[str, str]
    job_id: str | None = None


def plan(services: Services, target: Target, manifest: Manifest, job_id: str | None = None) -> Restore:
    """What a restore will do, for people and for the job: which snapshot, how old, who is connected, whose lease."""
    lease = services.leases.holder(target.name)
    facts = {
        "Data from": f"{moment(manifest.data_state_at)} ({age(manifest.data_state_at)})",
        "Snapshot": manifest.id,
        "Connected now": connected(target),
        "Lease": f"{lease.holder_name} until {moment(lease.until)}" if lease else "nobody",
    }
    if target.status.written:
        facts["Changes in it"] = (
            f"{target.status.written:,} since its last restore; they can be brought back for an hour"
        )
    arguments = {"snapshot": manifest.id, "data_state_at": manifest.data_state_at, "plan": facts}
    return Restore(target.name, arguments, facts, job_id)


def plan_undo(services: Services, target: Target) -> Restore:
    """What an undo will do. Raises `RefusedError` when the state before the last restore is not kept (any more)."""
    status = target.status
    if status.undo_until is None:
        raise RefusedError(
            f"There is nothing to undo: {target.name} was not restored within the last hour, or its disk had no room "
            "to keep what was there before."
        )
    facts = {
        "Undo": f"what was in {target.name} before its restore at {moment(status.since or '')}",
        "Kept until": moment(status.undo_until),
        "Connected now": connected(target),
    }
    return Restore(target.name, {"undo": True, "plan": facts}, facts)


def ask_or_restore(
    services: Services, request: Request, target: Target, restore: Restore, *, sure: bool = False
) -> Result:
    """Queue the restore, or ask when somebody else would lose by it and the person is not `sure` already."""
    found = losses(services, target, request.actor.id)
    if not found or sure:
        return run(services, request, restore, found)
    refuse_while_paused(services)
    return _ask(services, request, restore, found)


def run(services: Services, request: Request, restore: Restore, found: Losses) -> Result:
    """Queue the restore."""
    job, result = services.together(promised(services, request, restore, found))
    services.jobs.queue(job)
    return result


def promised(services: Services, request: Request, restore: Restore, found: Losses) -> Promise:
    """The writing down of the restore; who is told of it afterwards goes with the job."""
    arguments = {**restore.arguments, "tell": [found.lease.holder_id] if found.lease else []}
    return promise(services, request, "restore", restore.instance, arguments, restore.facts, restore.job_id)


def ask_again(services: Services, request: Request, decision: Decision, found: Losses) -> Result:
    """A new question in the place of one that was answered too late: more would be lost now than it said."""
    return _ask(services, request, planned(decision), found, "Meanwhile more would be lost than I told you. ")


def planned(decision: Decision) -> Restore:
    """The restore that a question is about."""
    return Restore(**decision.work["restore"])


def question(services: Services, decision: Decision) -> Result:
    """A question as faces show it to whoever asked for the work; only a restore's is theirs to answer."""
    if decision.kind == approving.KIND:
        return approving.held(services, decision)
    if decision.kind == reviewing.KIND:
        return reviewing.held(services, decision)
    common = {"action": "decide", "decision": decision.id}
    actions = (
        {**common, "choice": CONFIRM, "label": "Restore Anyway", "style": "danger"},
        {**common, "choice": CANCEL, "label": "Keep It", "style": ""},
    )
    facts = dict(decision.work["restore"]["facts"])
    return Result(decision.kind, "waiting", decision.work["question"], facts, actions=actions)


def _ask(services: Services, request: Request, restore: Restore, found: Losses, before: str = "") -> Result:
    lost = "; ".join(found.sentences)
    if request.actor.face not in _CAN_ANSWER:
        raise RefusedError(f"Restoring {restore.instance} now would hurt somebody: {lost}. Nothing was done.")
    decision = services.decisions.ask(
        request_id=request.id,
        kind="restore",
        target=restore.instance,
        work={
            "restore": asdict(restore),
            "shown": found.keys,
            "question": f"{before}Restoring {restore.instance} now would hurt somebody: {lost}. Restore it anyway?",
        },
        asked_id=request.actor.id,
        asked_name=request.actor.name,
    )
    return question(services, decision)
