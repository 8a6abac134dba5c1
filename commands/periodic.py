"""What happens by itself: the table of small functions that the worker calls again and again, and what has a date.

Each function only looks and enqueues; all share one thread. What waits for somebody outside has another one. What has
a date carries it in its id (`report:2026-11-20`), so that two schedulers, a clock that jumps and a restart in between
are harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from commands import nightly, report
from commands.ages import alert
from commands.beating import tell_monitor
from commands.decisions import expire
from commands.dispatch import dispatch
from commands.downloads import tidy_dumps
from commands.ending import end_personal
from commands.interface import Actor, Request, nth_try
from commands.publishing import publish
from commands.pulls import poll_due
from commands.reminding import remind
from commands.reviewing import statuses
from commands.rolling import follow
from commands.sampling import sample_due
from commands.services import Services
from commands.work.borrowing import tidy
from dbs.schedule import Daily, Task, ticking

log = structlog.get_logger()

_TRIES = 3
_ABANDONED = timedelta(minutes=1)
"""A request that has not ended after so long was cut off: its process died."""


@dataclass(frozen=True)
class Periodic:
    """A function to call every so many seconds."""

    name: str
    seconds: float
    act: Callable[[Services], object]

    def task(self, services: Services) -> Task:
        """The same for the thread that calls it; what the function returns is for tests."""

        def act() -> None:
            self.act(services)

        return Task(self.name, self.seconds, act)


def daily_report(services: Services, now: datetime | None = None) -> None:
    """Post today's report when its time has come and it has not been posted: also late, at a start, on the same day."""
    line, at = services.settings.schedule.report, now or datetime.now(UTC)
    date = Daily("schedule.report", line).due(at) if line else None
    if date is None or services.outbox.holds(f"report:{date}", report.PART):
        return
    actor = Actor("schedule", "schedule", "schedule", grants=("report",))
    request_id = _next_try(services, f"report:{date}", at)
    if request_id is not None:
        result = dispatch(services, Request(request_id, actor, ("report", "now")))
        log.info("scheduled report", request=request_id, outcome=result.outcome)


PERIODIC: tuple[Periodic, ...] = (
    Periodic("nightly refresh", 20, nightly.refresh_due),
    Periodic("daily report", 20, daily_report),
    Periodic("data that is too old", 60, alert),
    Periodic("questions nobody answered", 15, expire),
    Periodic("leases that end soon", 60, remind),
    Periodic("instances that follow", 30, follow),
    Periodic("personal instances that end", 30, end_personal),
    Periodic("builds instances left behind", 30, tidy),
    Periodic("old dumps", 3600, tidy_dumps),
)

OUTSIDE: tuple[Periodic, ...] = (
    Periodic("heartbeat", 20, tell_monitor),
    Periodic("results for GitHub", 5, publish),
    Periodic("reviews for GitHub", 5, statuses),
    Periodic("pull requests", 1, poll_due),
    Periodic("index counters", 3600, sample_due),
)
"""What may have to wait for an answer from somewhere else; nobody's lease or report waits for it."""


@contextmanager
def scheduling(services: Services) -> Iterator[None]:
    """Call everything in the tables until the block ends. Raises `SettingsError` for a cron line without sense."""
    schedule = services.settings.schedule
    for key, line in (("schedule.report", schedule.report), (nightly.KEY, schedule.refresh)):
        if line:
            Daily(key, line)
    inside, outside = ([one.task(services) for one in table] for table in (PERIODIC, OUTSIDE))
    with ticking(inside), ticking(outside, "outside"):
        yield


def _next_try(services: Services, dated: str, now: datetime) -> str | None:
    """The id for the next try of something dated: the bare one, then `:2` …; None while one goes on, or too many."""
    for number in range(1, _TRIES + 1):
        request_id = nth_try(dated, number)
        events = services.audit.find(request_id)
        if not events:
            return request_id
        if len(events) == 1:
            if now - datetime.fromisoformat(events[0].at) < _ABANDONED:
                return None
            services.audit.ended(request_id, "failed", "dbs was stopped in the middle of this. It is tried again.")
    return None
