"""Rehearsals: which change was run when, what came of it, and whether those who wait for it know.

What a report says is for `dbs.migrations` and those above; here it is plain JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Row, Select, insert, null, select, update

from dbs.state import now, reading, writing
from dbs.state.tables import rehearsal as table

Verdict = Literal["passes", "passes with warnings", "fails", "could not be tested", "superseded"]
"""`superseded`: it was stopped, because there is a newer commit or somebody cancelled it."""

Told = Literal["", "started", "ended"]


@dataclass(frozen=True)
class Rehearsal:
    """One run. `id` is that of its job, `number` that of the pull request, None for what came another way.

    `head` is the commit, or for SQL that was given by hand the digest of it. `about` is plain JSON: title, author,
    repository and the like, as they were when it began. `verdict` and `report` are None until it has ended.
    """

    id: str
    project: str
    number: int | None
    head: str
    about: dict[str, Any]
    begun_at: str = ""
    ended_at: str | None = None
    verdict: Verdict | None = None
    report: dict[str, Any] | None = field(default=None, repr=False)
    told: Told = ""
    closed_at: str | None = None


class Rehearsals:
    """Rows of `rehearsal`. `clock` is as `dbs.state.now`."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def begin(self, one: Rehearsal) -> None:
        """Write down that it runs. One that is there stays as it is: work may begin again after a crash."""
        values = {
            "id": one.id,
            "project": one.project,
            "number": one.number,
            "head": one.head,
            "about": json.dumps(one.about),
            "begun_at": self._clock(),
        }
        with writing(self._engine) as connection:
            if connection.execute(select(table.c.id).where(table.c.id == one.id)).first() is None:
                connection.execute(insert(table), values)

    def end(self, rehearsal_id: str, verdict: Verdict, report: Mapping[str, Any] | None) -> bool:
        """Write down what came of it, once: False when that was done before, or it never began."""
        values = {
            "ended_at": self._clock(),
            "verdict": verdict,
            "report": None if report is None else json.dumps(dict(report)),
        }
        still_open = (table.c.id == rehearsal_id) & table.c.ended_at.is_(None)
        with writing(self._engine) as connection:
            return connection.execute(update(table).where(still_open).values(values)).rowcount == 1

    def get(self, rehearsal_id: str) -> Rehearsal | None:
        """A rehearsal by its id."""
        return self._first(table.c.id == rehearsal_id)

    def newest(self, project: str, number: int) -> Rehearsal | None:
        """The one of a pull request that began last."""
        return self._first((table.c.project == project) & (table.c.number == number))

    def of_head(self, project: str, head: str) -> list[Rehearsal]:
        """Those of one commit, the newest first."""
        wanted = select(table).where((table.c.project == project) & (table.c.head == head))
        with reading(self._engine) as connection:
            return [_rehearsal(row) for row in connection.execute(wanted.order_by(table.c.begun_at.desc()))]

    def of_open_pulls(self, project: str) -> list[Rehearsal]:
        """The newest of each pull request of a project that is not closed as far as dbs knows, lowest number first."""
        return self._newest_of_each(select(table), project)

    def open_heads(self, project: str) -> list[Rehearsal]:
        """The same without their reports, which may be large: for who looks often."""
        light = [column for column in table.c if column is not table.c.report]
        return self._newest_of_each(select(*light, null().label("report")), project)

    def last_reports(self, project: str, closed_since: str) -> list[Rehearsal]:
        """The last that came to a verdict, of each pull request that is open or was closed after that time.

        One that runs anew is known by what it came to before. Lowest number first.
        """
        there = table.c.closed_at.is_(None) | (table.c.closed_at > closed_since)
        judged = table.c.verdict.in_(("passes", "passes with warnings", "fails")) & table.c.report.is_not(None)
        wanted = (table.c.project == project) & table.c.number.is_not(None) & there & judged
        found: dict[int, Row[Any]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(select(table).where(wanted).order_by(table.c.begun_at)):
                found[row.number] = row
        return [_rehearsal(found[number]) for number in sorted(found)]

    def close(self, project: str, number: int) -> None:
        """Its pull request was merged or given up."""
        wanted = (table.c.project == project) & (table.c.number == number) & table.c.closed_at.is_(None)
        self._update(wanted, closed_at=self._clock())

    def reopen(self, project: str, number: int) -> None:
        """Its pull request is open again."""
        self._update((table.c.project == project) & (table.c.number == number), closed_at=None)

    def to_tell(self) -> list[Rehearsal]:
        """Those of which the place that waits for them does not know the newest, oldest first."""
        ended = table.c.ended_at.is_not(None)
        late = ((table.c.told == "") & ~ended) | ((table.c.told != "ended") & ended)
        with reading(self._engine) as connection:
            rows = connection.execute(select(table).where(late).order_by(table.c.begun_at)).all()
        return [_rehearsal(row) for row in rows]

    def tell(self, rehearsal_id: str, told: Told) -> None:
        """Note what that place knows now. It never knows less than before."""
        wanted = (table.c.id == rehearsal_id) & (table.c.told != "ended")
        self._update(wanted, told=told)

    def _newest_of_each(self, asked: Select[Any], project: str) -> list[Rehearsal]:
        wanted = (table.c.project == project) & table.c.number.is_not(None) & table.c.closed_at.is_(None)
        found: dict[int, Row[Any]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(asked.where(wanted).order_by(table.c.begun_at)):
                found[row.number] = row
        return [_rehearsal(found[number]) for number in sorted(found)]

    def _first(self, wanted: ColumnElement[bool]) -> Rehearsal | None:
        newest = select(table).where(wanted).order_by(table.c.begun_at.desc()).limit(1)
        with reading(self._engine) as connection:
            found = connection.execute(newest).first()
        return _rehearsal(found) if found else None

    def _update(self, wanted: ColumnElement[bool], **values: str | None) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(table).where(wanted).values(values))


def _rehearsal(row: Row[Any]) -> Rehearsal:
    report = json.loads(row.report) if row.report is not None else None
    return Rehearsal(**{**row._mapping, "about": json.loads(row.about), "report": report})
