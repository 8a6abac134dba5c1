"""Instances that a refresh passed by, because somebody held them, move onto the newest snapshot when they are free.

The id of the job carries the snapshot, so that two schedulers move an instance once. Nobody is hurt by it: while a
statement runs or a transaction is open it waits, and a lease that is taken meanwhile keeps the instance where it is.
"""

from __future__ import annotations

import structlog

from commands.interface import Actor, Request
from commands.lagging import lag, last_try
from commands.recording import recorded
from commands.services import Services
from commands.submitting import submit
from commands.targets import Target, find_instance
from commands.texts import age, moment
from dbs.jobs import OPEN
from dbs.snapshots.interface import Manifest, SnapshotError

log = structlog.get_logger()

_ACTOR = Actor("schedule", "schedule", "schedule")


def follow(services: Services) -> int:
    """Queue the restore of every instance that is free to move; returns how many.

    For the loop of the scheduler. What is being refreshed or restored already is left to that.
    """
    if services.switches.is_paused():
        return 0
    busy = {job.target for job in services.job_rows.open()}  # asked first: what ends after this is seen by `lag`
    free = [find_instance(services, name) for name, one in services.settings.instance.items() if one.roll == "nightly"]
    return sum(_moved(services, target) for target in free if not {target.name, target.settings.source} & busy)


def _moved(services: Services, target: Target) -> bool:
    try:
        services.catalog.sync(target.settings.provider, target.provider)
    except SnapshotError:
        return False  # `status` and the report tell of a provider that does not answer
    found = lag(services, target)
    if found is None or found.reason:
        return False
    last, key = last_try(services, target.name, found.newest.id)
    if (last is not None and last.state in OPEN) or services.audit.find(key):
        return False
    _start(services, target, found.newest, key)
    return True


def _start(services: Services, target: Target, newest: Manifest, key: str) -> None:
    request = Request(key, _ACTOR, ("restore", target.name))
    work = {"snapshot": newest.id, "data_state_at": newest.data_state_at, "roll": True}
    facts = {
        "Data from": f"{moment(newest.data_state_at)} ({age(newest.data_state_at)})",
        "Why": "a newer snapshot was made while it could not move, and nobody holds it any more",
    }
    result = recorded(
        services,
        request,
        "restore",
        target.name,
        lambda: submit(services, request, "restore", target.name, work, facts, key),
    )
    log.info("an instance follows", request=key, outcome=result.outcome)
