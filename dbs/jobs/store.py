"""The rows of jobs and of their progress, in the state database."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, bindparam, insert, select, update

from dbs.jobs.interface import OPEN, Cancelling, Job, JobRequest, Phase, State
from dbs.state import now, reading, writing
from dbs.state.tables import job as table
from dbs.state.tables import progress

# Built once: every request needs some of them, and building a statement costs more than running it.
_BY_ID = select(table).where(table.c.id == bindparam("wanted"))
_BY_NUMBER = select(table).where(table.c.number == bindparam("wanted"))
_BY_REQUEST = select(table).where(table.c.request_id == bindparam("wanted"))
_INSERT = insert(table)
_INSERT_PHASES = insert(progress)


class JobStore:
    """Reads and writes jobs. The row is written before the work is queued, so nothing that was promised is lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, request: JobRequest, phases: Sequence[str]) -> Job:
        """Write a job down; the one that is there already if its id is known."""
        values = {
            "id": request.id,
            "kind": request.kind,
            "target": request.target,
            "request_id": request.request_id,
            "parent_id": request.parent_id,
            "requester_id": request.requester_id,
            "requester_name": request.requester_name,
            "arguments": json.dumps(dict(request.arguments)),
            "state": "queued",
            "created_at": now(),
        }
        with writing(self._engine) as connection:
            known = connection.execute(_BY_ID, {"wanted": request.id}).one_or_none()
            if known is not None:
                return _job(known)
            connection.execute(_INSERT, values)
            common = {"job_id": request.id, "state": "pending", "at": values["created_at"]}
            rows = [{**common, "position": position, "step": step} for position, step in enumerate(phases)]
            if rows:
                connection.execute(_INSERT_PHASES, rows)
            return _job(connection.execute(_BY_ID, {"wanted": request.id}).one())

    def get(self, key: str) -> Job | None:
        """A job by its id or by its number."""
        is_number = re.fullmatch(r"[0-9]{1,18}", key)  # more digits than that do not fit into the column
        with reading(self._engine) as connection:
            if is_number:
                found = connection.execute(_BY_NUMBER, {"wanted": int(key)}).one_or_none()
            else:
                found = connection.execute(_BY_ID, {"wanted": key}).one_or_none()
        return _job(found) if found else None

    def of_request(self, request_id: str) -> Job | None:
        """The job that a request started, if it started one."""
        with reading(self._engine) as connection:
            found = connection.execute(_BY_REQUEST, {"wanted": request_id}).first()
        return _job(found) if found else None

    def open(self) -> list[Job]:
        """Jobs that have not ended, oldest first."""
        return self._list(select(table).where(table.c.state.in_(OPEN)).order_by(table.c.number))

    def ended(self, since: str, until: str) -> list[Job]:
        """Jobs that ended after `since` and not after `until` (as `dbs.state.stamp` writes them), in that order."""
        when = (table.c.finished_at > since) & (table.c.finished_at <= until)
        return self._list(select(table).where(when).order_by(table.c.finished_at, table.c.number))

    def recent(self, limit: int) -> list[Job]:
        """The newest jobs first."""
        return self._list(select(table).order_by(table.c.number.desc()).limit(limit))

    def begin(self, job_id: str) -> bool:
        """Note that work on a job begins (again); its phases start over. False when it has ended or is to end."""
        with writing(self._engine) as connection:
            may = (table.c.id == job_id) & table.c.state.in_(OPEN) & table.c.cancel_requested_by.is_(None)
            started = {"state": "running", "started_at": now()}
            if connection.execute(update(table).where(may).values(started)).rowcount == 0:
                return False
            fresh = {"state": "pending", "detail": "", "at": now()}
            connection.execute(update(progress).where(progress.c.job_id == job_id).values(fresh))
            return True

    def request_cancel(self, job_id: str, by: str, no_return: Collection[str]) -> Cancelling:
        """Note that somebody (`by` is a name) wants a job to end, unless it is too late.

        `cancelled` is a promise: no worker begins it any more.
        """
        with writing(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.id == job_id)).one()
            if row.state not in OPEN:
                return "over"
            if row.state == "running" and not _cancellable(connection, job_id, no_return):
                return "late"
            unasked = (table.c.id == job_id) & table.c.cancel_requested_by.is_(None)
            connection.execute(update(table).where(unasked).values(cancel_requested_by=by))
            return "cancelled" if row.state == "queued" else "asked"

    def to_cancel(self, job_id: str, no_return: Collection[str]) -> bool:
        """Whether somebody wants a job to end, and it still can."""
        with reading(self._engine) as connection:
            return _wanted(connection, job_id) and bool(_cancellable(connection, job_id, no_return))

    def end(self, job_id: str, state: State, sentence: str) -> None:
        """Close a job; a closed one stays as it is."""
        closed = {"state": state, "sentence": sentence, "finished_at": now()}
        last = "done" if state == "done" else "failed"
        with writing(self._engine) as connection:
            connection.execute(update(table).where(table.c.id == job_id, table.c.state.in_(OPEN)).values(closed))
            running = (progress.c.job_id == job_id) & (progress.c.state == "running")
            connection.execute(update(progress).where(running).values(state=last, at=now()))

    def report(self, job_id: str, step: str, no_return: Collection[str] = ()) -> bool:
        """A phase begins, so the one that was running is done. False when the job is to end instead."""
        mine = progress.c.job_id == job_id
        with writing(self._engine) as connection:
            if step in _cancellable(connection, job_id, no_return) and _wanted(connection, job_id):
                return False
            running = mine & (progress.c.state == "running")
            connection.execute(update(progress).where(running).values(state="done", at=now()))
            connection.execute(update(progress).where(mine, progress.c.step == step).values(state="running", at=now()))
            return True

    def tell(self, job_id: str, step: str, detail: str) -> None:
        """How far a phase is, in a few words; only while it runs."""
        mine = (progress.c.job_id == job_id) & (progress.c.step == step) & (progress.c.state == "running")
        with writing(self._engine) as connection:
            connection.execute(update(progress).where(mine).values(detail=detail))

    def phases(self, job_id: str) -> list[Phase]:
        """The visible steps of a job, in order."""
        query = select(progress).where(progress.c.job_id == job_id).order_by(progress.c.position)
        with reading(self._engine) as connection:
            return [Phase(row.step, row.state, row.detail, row.at) for row in connection.execute(query)]

    def _list(self, query: Select[Any]) -> list[Job]:
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]


def _wanted(connection: Connection, job_id: str) -> bool:
    asked = (table.c.id == job_id) & table.c.cancel_requested_by.is_not(None)
    return connection.execute(select(table.c.id).where(asked)).first() is not None


def _cancellable(connection: Connection, job_id: str, no_return: Collection[str]) -> set[str]:
    """The phases to come before which a job can end without a trace.

    One that was begun before a crash is not among them: what it did may go on elsewhere.
    """
    phases = connection.execute(select(progress.c.step, progress.c.state).where(progress.c.job_id == job_id)).all()
    if any(phase.step in no_return and phase.state != "pending" for phase in phases):
        return set()
    return {phase.step for phase in phases if phase.state == "pending"} - set(no_return)


def _job(row: Row[Any]) -> Job:
    return Job(**{**row._mapping, "arguments": json.loads(row.arguments)})
