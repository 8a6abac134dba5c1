"""Personal instances end: a word to their owner before it, and the work of taking them away when it is time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from commands.interface import Result
from commands.services import Services
from commands.telling import tell
from commands.texts import left, moment
from dbs.jobs import JobRequest
from dbs.personal import PersonalInstance
from dbs.state import stamp

BEFORE = timedelta(minutes=30)


def end_personal(services: Services, at: datetime | None = None) -> int:
    """Warn those whose instance ends within half an hour, and queue the end of those that are over; how many ended.

    For the loop of the scheduler. The id of the job carries the end, so two schedulers queue it once.
    """
    now = at or datetime.now(UTC)
    over = [one for one in services.personal.all() if one.expires_at <= stamp(now)]
    for one in services.personal.ending(BEFORE, now):
        if one not in over:
            _warn(services, one, now)
    for one in over:
        services.jobs.submit(
            JobRequest(f"remove:{one.name}:{one.expires_at}", "remove", one.name, {}, one.owner_id, one.owner_name)
        )
    return len(over)


def _warn(services: Services, one: PersonalInstance, now: datetime) -> None:
    sentence = (
        f"{one.name} ends at {moment(one.expires_at)} ({left(one.expires_at, stamp(now))}), and its data goes with it. "
        f"Keep it longer with: /dbs new {one.name} 8h"
    )
    tell(services, f"personal:{one.name}", f"ends:{one.expires_at}", one.owner_id, Result("new", "done", sentence))
    services.personal.warned(one.name)
