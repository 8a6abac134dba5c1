"""Being the worker: work on jobs, and first set straight what a dead worker or bot left half-said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog

from commands.services import Services

log = structlog.get_logger()
# A request younger than this may be in the hands of a live process that is about to queue it.
_ABANDONED = timedelta(minutes=1)


@contextmanager
def working(services: Services) -> Iterator[None]:
    """Work on jobs until the block ends."""
    with services.jobs.worker():
        end_abandoned(services)
        yield


def end_abandoned(services: Services, now: datetime | None = None) -> int:
    """End the requests whose process died before it queued a job; returns how many. Every request ends exactly once."""
    before = (now or datetime.now(UTC)) - _ABANDONED
    ended = 0
    for event in services.audit.open_requests():
        if datetime.fromisoformat(event.at) < before and services.job_rows.of_request(event.request_id) is None:
            sentence = "dbs was stopped in the middle of this request. Nothing was started; ask again."
            ended += services.audit.ended(event.request_id, "failed", sentence)
    if ended:
        log.warning("ended requests that were cut off", count=ended)
    return ended
