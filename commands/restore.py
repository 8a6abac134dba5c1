"""`restore`: put an instance back to its snapshot, in place."""

from __future__ import annotations

from dataclasses import dataclass

from commands.asking import ask_or_restore, plan, plan_undo
from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import flag, option, word
from commands.services import Services
from commands.targets import find_own_instance


@dataclass(frozen=True)
class RestoreArguments:
    """Which instance, and which snapshot if not the newest."""

    instance: str = word("the instance to put back")
    snapshot: str | None = option("--snapshot", "an older snapshot, by its id")
    undo: bool = flag("--undo", "bring back what was there before the last restore, for an hour")
    yes: bool = flag("--yes", "do not ask, even if somebody else would lose by it", faces=("cli",))


def run(services: Services, request: Request, arguments: RestoreArguments) -> Result:
    """Plan, then queue, or ask. What the plan shows is what the job does: the snapshot is chosen here."""
    target = find_own_instance(services, arguments.instance, request.actor)
    if arguments.undo:
        return ask_or_restore(services, request, target, plan_undo(services, target), sure=arguments.yes)
    services.catalog.sync(target.settings.provider, target.provider)
    manifest = services.catalog.choose(target.settings.source, target.settings.provider, arguments.snapshot)
    return ask_or_restore(services, request, target, plan(services, target, manifest), sure=arguments.yes)


COMMAND = Command(
    name="restore",
    summary="put an instance back to last night's state, at the same address, in about a second",
    arguments=RestoreArguments,
    role="operator",
    run=run,
    example="/dbs restore shared",
    target="instance",
)
