"""The refresh that happens by itself: for each source with a policy once for each date, and again when it failed.

`refresh:shop:2026-11-20` is the id of the request and of the job, so that it is the same for every scheduler; the
tries after it are `:2`, `:3` …, as `retry` names them. What failed in passing is tried again, and so is what could not
even be queued; what was refused, or failed for good, waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import structlog

from commands import approving, refreshing
from commands.interface import Actor, Request, Result, nth_try
from commands.recording import recorded
from commands.services import Services
from commands.work.jobs import failed_in_passing
from dbs.audit import AuditEvent
from dbs.jobs import Job
from dbs.schedule import Daily, Tries, pause_after, tries

log = structlog.get_logger()

KEY = "schedule.refresh"
ALERT = "alert"
_ACTOR = Actor("schedule", "schedule", "schedule")
_ABANDONED = timedelta(minutes=1)
"""A request that has not ended after so long was cut off: its process died."""


@dataclass(frozen=True)
class Try:
    """One try of a date: its job, or the rows of a request that came to none."""

    id: str
    job: Job | None
    events: list[AuditEvent]


def refresh_due(services: Services, now: datetime | None = None) -> None:
    """Queue what is due and not there yet. While dbs is paused nothing is: what is missed is made up for."""
    line, at = services.settings.schedule.refresh, now or datetime.now(UTC)
    if line is None or services.switches.is_paused():
        return
    possible = tries(Daily(KEY, line), services.settings.schedule.retry_until, at)
    for name in scheduled(services):
        for one in possible:
            number = _next(services, one, dated(name, one), at)
            if number:
                _start(services, name, dated(name, one), number)


def scheduled(services: Services) -> list[str]:
    """The sources that the schedule refreshes: those that say how they are masked."""
    return [name for name, source in services.settings.source.items() if source.policy is not None]


def dated(source: str, one: Tries) -> str:
    """The id of the first try of a date."""
    return f"refresh:{source}:{one.date}"


def tries_of(services: Services, first: str) -> list[Try]:
    """Everything that was tried under an id, in order; also what people tried again by `retry`."""
    found: list[Try] = []
    for number in count(1):
        key = nth_try(first, number)
        job, events = services.job_rows.get(key), services.audit.find(key)
        if job is None and not events:
            return found
        found.append(Try(key, job, events))
    raise AssertionError("count does not end")


def _next(services: Services, one: Tries, first: str, now: datetime) -> int:
    """The number of the try that has to be made now; 0 for none."""
    before = tries_of(services, first)
    if not before:
        return 1 if one.first(now) else 0
    return len(before) + 1 if _again(services, one, before, now) else 0


def _again(services: Services, one: Tries, before: list[Try], now: datetime) -> bool:
    last = before[-1]
    if last.job is not None:
        ended = last.job.finished_at if last.job.state == "failed" and failed_in_passing(services, last.id) else None
        return ended is not None and one.again(now, len(before), datetime.fromisoformat(ended))
    at = datetime.fromisoformat(last.events[-1].at)
    in_time = now <= one.closes or one.first(now)  # nothing was begun: made up for like a date that was missed
    if len(last.events) == 1:
        asked = services.decisions.of_request(last.id)
        if now - at < _ABANDONED or (asked is not None and asked.choice is None):
            return False  # somebody is at it, or has been asked
        services.audit.ended(last.id, "failed", "dbs was stopped in the middle of this. It is tried again.")
        return in_time
    rested = at + pause_after(len(before)) <= now
    return last.events[-1].outcome == "failed" and rested and in_time


def _start(services: Services, source: str, first: str, number: int) -> None:
    key = nth_try(first, number)
    request = Request(key, _ACTOR, ("refresh", source))
    result = recorded(
        services, request, "refresh", source, lambda: refreshing.start(services, source, _ACTOR, key, key)
    )
    log.info("scheduled refresh", request=key, outcome=result.outcome)
    # Of a policy that waits for its approval everybody was told when it was asked for.
    if result.job_id is None and result.outcome in ("refused", "failed") and result.kind != approving.KIND:
        sentence = f"The nightly refresh of {source} was not begun. {result.sentence}"
        told = Result("refresh", "failed", sentence, error_id=result.error_id)
        services.outbox.put(first, ALERT, {"channel": services.settings.slack.channel}, told.to_json())
