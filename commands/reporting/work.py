"""What was done since the last report and by whom, and what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from commands.reporting.interface import Line, Period
from commands.services import Services
from commands.submitting import paused
from commands.texts import moment
from dbs.jobs import Job

_MOST = 10


def done(services: Services, period: Period) -> list[Line]:
    """`restore shared: 3 times (Rita 2, ci 1)`; restores that were part of a refresh belong to that."""
    ended = services.job_rows.ended(period.since, period.until)
    mine = [job for job in ended if job.state == "done" and job.parent_id is None]
    counted: dict[tuple[str, str], Counter[str]] = {}
    for job in mine:
        counted.setdefault((job.kind, job.target), Counter())[job.requester_name] += 1
    return [
        Line(f"{kind} {target}: {_times(people.total())} ({_people(people)})", "news")
        for (kind, target), people in sorted(counted.items())
    ]


def failed(services: Services, period: Period) -> list[Line]:
    """The jobs that failed, each with what to type; and what holds all work up."""
    ended = [job for job in services.job_rows.ended(period.since, period.until) if job.state == "failed"]
    shown = [_failure(job) for job in ended[:_MOST]]
    if len(ended) > _MOST:
        shown.append(Line(f"{len(ended) - _MOST} more failed: /dbs history failed", "trouble"))
    return [*_held_up(services), *shown]


def _failure(job: Job) -> Line:
    return Line(f"job {job.number}, {job.kind} {job.target}: {job.sentence} {_advice(job)}", "trouble")


def _advice(job: Job) -> str:
    # A child cannot be tried again by itself: its parent decided what it is to do.
    if job.parent_id is not None:
        return f"Try again: /dbs {job.kind} {job.target}"
    return f"Try again: /dbs retry {job.number}"


def _held_up(services: Services) -> Iterable[Line]:
    sentence = paused(services)
    if sentence:
        yield Line(f"{sentence} No new work starts. Go on with: /dbs resume", "trouble")
    waiting = services.job_rows.open()
    if waiting and not services.jobs.worker_is_running():
        since = moment(waiting[0].created_at)
        yield Line(
            f"work waits since {since} ({len(waiting)} in all), no worker is running. Start one: dbs up", "trouble"
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _people(people: Counter[str]) -> str:
    """The most frequent first; how often only where it says something."""
    if len(people) == 1:
        return next(iter(people))
    return ", ".join(f"{name} {count}" for name, count in people.most_common())
