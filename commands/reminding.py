"""A word to whoever holds an instance, shortly before their lease ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.interface import Result
from commands.services import Services
from commands.telling import tell
from commands.texts import left, moment
from dbs.leases import Lease
from dbs.state import now, stamp

BEFORE = timedelta(minutes=10)


def remind(services: Services, at: str | None = None) -> int:
    """Tell everybody whose lease ends within ten minutes, once for each end; returns how many were told.

    For the loop of the scheduler. `at` is the time, as `dbs.state.now` gives it. A lease that was extended since is
    another one: its new end is told again.
    """
    moment_now = at or now()
    limit = stamp(datetime.fromisoformat(moment_now) + BEFORE)
    soon = [one for one in services.leases.all(moment_now) if one.until <= limit]
    return sum(_told(services, one, moment_now) for one in soon)


def _told(services: Services, lease: Lease, at: str) -> bool:
    sentence = (
        f"Your lease of {lease.instance} ends at {moment(lease.until)} ({left(lease.until, at)}). "
        f"Keep it with: /dbs lease {lease.instance} 2h"
    )
    result = Result("lease", "done", sentence)
    return tell(services, f"lease:{lease.instance}", f"ends:{lease.until}", lease.holder_id, result)
