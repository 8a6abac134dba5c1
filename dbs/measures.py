"""What is counted for whoever watches dbs from outside. It only reads, and it names nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, case, func, select

from dbs.state import reading
from dbs.state.tables import job, outbox

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Durations:
    """How long the jobs of a kind that ended so took. `within` counts those of at most so many seconds, for each
    bound that was asked for; `count` and `total` (seconds) are of all."""

    kind: str
    outcome: str
    within: tuple[int, ...]
    count: int
    total: float


class Measures:
    """Counts over the state database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def durations(self, bounds: Sequence[float]) -> list[Durations]:
        """From the beginning of the work to its end, of all jobs that ever ended and had begun; sorted."""
        # Julian days: what SQLite has for the difference of two times; exact to a tenth of a millisecond.
        seconds = (func.julianday(job.c.finished_at) - func.julianday(job.c.started_at)) * _SECONDS_A_DAY
        within = [func.sum(case((seconds <= bound, 1), else_=0)) for bound in bounds]
        query = (
            select(job.c.kind, job.c.state, func.count(), func.sum(seconds), *within)
            .where(job.c.finished_at.is_not(None), job.c.started_at.is_not(None))
            .group_by(job.c.kind, job.c.state)
            .order_by(job.c.kind, job.c.state)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        # A clock that was set back makes no negative durations.
        return [
            Durations(row[0], row[1], tuple(map(int, row[4:])), int(row[2]), max(0.0, float(row[3]))) for row in rows
        ]

    def last_success(self, kind: str) -> dict[str, str]:
        """Target → when a job of that kind was done last, as `dbs.state.stamp` writes it."""
        query = (
            select(job.c.target, func.max(job.c.finished_at))
            .where(job.c.kind == kind, job.c.state == "done")
            .group_by(job.c.target)
        )
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def waiting_messages(self) -> int:
        """How many messages of the outbox are neither sent nor given up."""
        query = select(func.count()).select_from(outbox).where(outbox.c.sent_at.is_(None), outbox.c.failure.is_(None))
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())
