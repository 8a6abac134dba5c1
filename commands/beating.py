"""After each scheduled refresh that succeeded, a sign of life to the monitor outside. It never fails the refresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from commands.nightly import KEY, dated, scheduled, tries_of
from commands.services import Services
from dbs.errors import DbsError
from dbs.heartbeat import beat
from dbs.jobs import Job
from dbs.schedule import Daily, tries

log = structlog.get_logger()

_LATEST = timedelta(hours=12)
"""A refresh that ended longer ago is not told of any more: that it was told of is remembered for a day."""


def tell_monitor(services: Services, now: datetime | None = None) -> int:
    """Tell of every refresh that was not told of; returns how many. One that cannot be told of is logged, once."""
    told = 0
    for job in _untold(services, now or datetime.now(UTC)):
        try:
            beat(_address(services), services.settings.way_out)
            told += 1
        except DbsError as error:  # no answer, or the address cannot be had
            log.warning("no heartbeat", job=job.id, reason=str(error))
        services.seen.once(_mark(job))
    return told


def _untold(services: Services, now: datetime) -> list[Job]:
    schedule = services.settings.schedule
    if schedule.heartbeat_url is None or schedule.refresh is None:
        return []
    possible = tries(Daily(KEY, schedule.refresh), schedule.retry_until, now)
    jobs = [
        one.job
        for name in scheduled(services)
        for date in possible
        for one in tries_of(services, dated(name, date))
        if one.job is not None and one.job.state == "done"
    ]
    return [
        job
        for job in jobs
        if now - datetime.fromisoformat(str(job.finished_at)) < _LATEST and services.seen.answer(_mark(job)) is None
    ]


def _address(services: Services) -> str:
    reference = services.settings.schedule.heartbeat_url
    return services.settings.secret(reference).get_secret_value() if reference else ""


def _mark(job: Job) -> str:
    return f"heartbeat:{job.id}"
