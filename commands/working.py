"""Being the worker: work on jobs, and first set straight what a dead worker or bot left half-said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog

from commands import report
from commands.decisions import expire
from commands.downloads import DOWNLOAD, LONGEST
from commands.periodic import scheduling
from commands.services import Services

log = structlog.get_logger()
# A request younger than this may be in the hands of a live process that is about to queue it.
_ABANDONED = timedelta(minutes=1)


@contextmanager
def working(services: Services) -> Iterator[None]:
    """Work on jobs, and do what happens by itself, until the block ends."""
    with services.jobs.worker():
        expire(services)
        end_abandoned(services)
        with scheduling(services):
            yield


def end_abandoned(services: Services, now: datetime | None = None) -> int:
    """End the requests whose process died before it queued a job; returns how many. Every request ends exactly once."""
    at = now or datetime.now(UTC)
    ended = 0
    for event in services.audit.open_requests():
        # The web server is another process perhaps, and may still be sending.
        patience = LONGEST if event.command == DOWNLOAD else _ABANDONED
        if datetime.fromisoformat(event.at) < at - patience and not _goes_on(services, event.request_id):
            ended += services.audit.ended(event.request_id, *_ending(services, event.request_id, event.command))
    if ended:
        log.warning("ended requests that were cut off", count=ended)
    return ended


def _ending(services: Services, request_id: str, command: str) -> tuple[str, str]:
    if services.outbox.holds(report.key(request_id), report.PART):
        return "done", "The report was put into the outbox."
    if command == DOWNLOAD:
        return "failed", "dbs was stopped in the middle of this download."
    return "failed", "dbs was stopped in the middle of this request. Nothing was started; ask again."


def _goes_on(services: Services, request_id: str) -> bool:
    """Whether a job, or a question that waits for its answer, ends the request in its own time."""
    if services.job_rows.of_request(request_id) is not None:
        return True
    decision = services.decisions.of_request(request_id)
    return decision is not None and decision.choice is None
