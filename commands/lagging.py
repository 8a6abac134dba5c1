"""Why an instance does not stand on the newest snapshot of its source, and whether it may move onto it now."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from commands.interface import nth_try
from commands.services import Services
from commands.targets import Target
from commands.texts import moment
from dbs.jobs import Job
from dbs.snapshots.interface import Manifest


@dataclass(frozen=True)
class Lag:
    """The snapshot that an instance could stand on, and why it does not; without a reason it can move now."""

    newest: Manifest
    reason: str


def lag(services: Services, target: Target) -> Lag | None:
    """None for an instance on the newest snapshot, for a personal one and for one that cannot be looked at.

    The catalog is taken as it is; whoever wants to be sure of it brings it up to date first.
    """
    status = target.status
    newest = services.catalog.list(target.settings.source, target.settings.provider)[:1]
    if target.personal is not None or status.snapshot_id is None or not newest:
        return None
    held = services.catalog.get(status.snapshot_id)
    if newest[0].id in (status.snapshot_id, held.parent if held else ""):
        return None
    return Lag(newest[0], _reason(services, target, newest[0]))


def first_try(instance: str, snapshot_id: str) -> str:
    """The id of the job that moves an instance onto a snapshot by itself; later ones are `:2`, `:3` …"""
    return f"roll:{instance}:{snapshot_id}"


def last_try(services: Services, instance: str, snapshot_id: str) -> tuple[Job | None, str]:
    """The last job that was to move it there, if there was one, and the id of the next."""
    last = None
    for number in count(1):
        key = nth_try(first_try(instance, snapshot_id), number)
        job = services.job_rows.get(key)
        if job is None:
            return last, key
        last = job
    raise AssertionError("count does not end")


def held_back(services: Services, target: Target) -> str:
    """Whose lease keeps an instance where it is; empty when nobody holds it."""
    lease = services.leases.holder(target.name)
    return f"{lease.holder_name} holds it until {moment(lease.until)}" if lease else ""


def _reason(services: Services, target: Target, newest: Manifest) -> str:
    if target.settings.roll != "nightly":
        return f'roll = "{target.settings.roll}"'
    held = held_back(services, target)
    if held:
        return held
    state = services.instances.get(target.name)
    # Whoever put it onto an older snapshot on purpose finds it there until the next one is made.
    if state is not None and state.restored_at is not None and state.restored_at > newest.created_at:
        return f"{state.restored_by} chose that one at {moment(state.restored_at)}"
    last, _ = last_try(services, target.name, newest.id)
    if last is not None and last.state in ("failed", "cancelled"):
        return f"its restore {'failed' if last.state == 'failed' else 'was cancelled'}: /dbs retry {last.number}"
    return _unfree(target)


def _unfree(target: Target) -> str:
    """What it waits for: nobody's statement is cut off by a move that nobody asked for."""
    status = target.status
    if status.state != "running":
        return f"it is {status.state}"
    if status.detail:
        return "who works in it cannot be looked up"
    return "somebody works in it" if any(one.busy or one.in_transaction for one in status.sessions) else ""
