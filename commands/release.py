"""`release`: give a lease back, or end a personal instance."""

from __future__ import annotations

from dataclasses import dataclass

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import word
from commands.services import Services
from commands.submitting import submit
from commands.targets import find_own_instance


@dataclass(frozen=True)
class ReleaseArguments:
    """Which instance."""

    instance: str = word("the instance to give back")


def run(services: Services, request: Request, arguments: ReleaseArguments) -> Result:
    """End one's own lease; a personal instance ends with it, and its data too."""
    target = find_own_instance(services, arguments.instance, request.actor)
    if target.personal is not None:
        return submit(services, request, "remove", target.name, {}, {})
    services.leases.release(target.name, request.actor.id)
    return Result("release", "done", f"{target.name} is free again.")


COMMAND = Command(
    name="release",
    summary="give a leased instance back, or end one of your own",
    arguments=ReleaseArguments,
    role="operator",
    run=run,
    example="/dbs release shared",
    target="instance",
)
