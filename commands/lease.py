"""`lease`: hold an instance for a while, so that nobody else restores it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import rest, word
from commands.services import Services
from commands.targets import find_own_instance
from commands.texts import duration, left, moment
from dbs.errors import RefusedError

LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class LeaseArguments:
    """Which instance, how long, and why."""

    instance: str = word("the instance to hold")
    duration: str = word("how long, such as 30m, 8h or 2d")
    reason: str = rest("why")


def run(services: Services, request: Request, arguments: LeaseArguments) -> Result:
    """Take the lease, or extend one's own."""
    target, span = find_own_instance(services, arguments.instance, request.actor), duration(arguments.duration)
    if span > LONGEST:
        raise RefusedError(f"A lease lasts {LONGEST.days} days at most; take it again when it ends.")
    until = (datetime.now(UTC) + span).isoformat(timespec="microseconds")
    services.leases.take(target.name, request.actor.id, request.actor.name, until, arguments.reason)
    sentence = f"{target.name} is yours until {moment(until)} ({left(until)}). Give it back with: release {target.name}"
    return Result("lease", "done", sentence)


COMMAND = Command(
    name="lease",
    summary="hold an instance for a while, so that nobody else restores it",
    arguments=LeaseArguments,
    role="operator",
    run=run,
    example="/dbs lease shared 2h load test",
    target="instance",
)
