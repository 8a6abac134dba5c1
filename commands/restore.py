"""`restore`: put an instance back to its snapshot, in place."""

from __future__ import annotations

from dataclasses import dataclass

from commands.command import Command
from commands.interface import Actor, Request, Result
from commands.parsing import option, word
from commands.services import Services
from commands.submitting import submit
from commands.targets import Target, connected, find_instance
from commands.texts import age, moment
from dbs.errors import RefusedError
from dbs.snapshots.interface import Manifest


@dataclass(frozen=True)
class RestoreArguments:
    """Which instance, and which snapshot if not the newest."""

    instance: str = word("the instance to put back")
    snapshot: str | None = option("--snapshot", "an older snapshot, by its id")


def run(services: Services, request: Request, arguments: RestoreArguments) -> Result:
    """Plan, then queue. What the plan shows is what the job does: the snapshot is chosen here."""
    target = find_instance(services, arguments.instance)
    _check_lease(services, target.name, request.actor)
    services.catalog.sync(target.settings.provider, target.provider)
    manifest = services.catalog.choose(target.settings.source, target.settings.provider, arguments.snapshot)
    facts = plan(services, target, manifest)
    work = {"snapshot": manifest.id, "data_state_at": manifest.data_state_at, "plan": facts}
    return submit(services, request, "restore", target.name, work, facts)


def plan(services: Services, target: Target, manifest: Manifest) -> dict[str, str]:
    """What a restore will do, for people: which snapshot, how old, who is connected, whose lease."""
    lease = services.leases.holder(target.name)
    return {
        "Data from": f"{moment(manifest.data_state_at)} ({age(manifest.data_state_at)})",
        "Snapshot": manifest.id,
        "Connected now": connected(target),
        "Lease": f"{lease.holder_name} until {moment(lease.until)}" if lease else "nobody",
    }


def _check_lease(services: Services, instance: str, actor: Actor) -> None:
    lease = services.leases.holder(instance)
    if lease is not None and lease.holder_id != actor.id:
        raise RefusedError(
            f"{lease.holder_name} holds {instance} until {moment(lease.until)}"
            f"{f' ({lease.reason})' if lease.reason else ''}. Ask them, or wait."
        )


COMMAND = Command(
    name="restore",
    summary="put an instance back to last night's state, at the same address, in about a second",
    arguments=RestoreArguments,
    role="operator",
    run=run,
    example="/dbs restore shared",
    target="instance",
)
