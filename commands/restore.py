"""`restore`: put an instance back to its snapshot, in place."""

from __future__ import annotations

from dataclasses import dataclass

from commands.asking import Restore, ask_or_restore
from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import flag, option, word
from commands.services import Services
from commands.targets import Target, connected, find_instance
from commands.texts import age, moment
from dbs.snapshots.interface import Manifest


@dataclass(frozen=True)
class RestoreArguments:
    """Which instance, and which snapshot if not the newest."""

    instance: str = word("the instance to put back")
    snapshot: str | None = option("--snapshot", "an older snapshot, by its id")
    yes: bool = flag("--yes", "do not ask, even if somebody else would lose by it", faces=("cli",))


def run(services: Services, request: Request, arguments: RestoreArguments) -> Result:
    """Plan, then queue, or ask. What the plan shows is what the job does: the snapshot is chosen here."""
    target = find_instance(services, arguments.instance)
    services.catalog.sync(target.settings.provider, target.provider)
    manifest = services.catalog.choose(target.settings.source, target.settings.provider, arguments.snapshot)
    facts = plan(services, target, manifest)
    work = {"snapshot": manifest.id, "data_state_at": manifest.data_state_at, "plan": facts}
    return ask_or_restore(services, request, Restore(target.name, work, facts), sure=arguments.yes)


def plan(services: Services, target: Target, manifest: Manifest) -> dict[str, str]:
    """What a restore will do, for people: which snapshot, how old, who is connected, whose lease."""
    lease = services.leases.holder(target.name)
    return {
        "Data from": f"{moment(manifest.data_state_at)} ({age(manifest.data_state_at)})",
        "Snapshot": manifest.id,
        "Connected now": connected(target),
        "Lease": f"{lease.holder_name} until {moment(lease.until)}" if lease else "nobody",
    }


COMMAND = Command(
    name="restore",
    summary="put an instance back to last night's state, at the same address, in about a second",
    arguments=RestoreArguments,
    role="operator",
    run=run,
    example="/dbs restore shared",
    target="instance",
)
