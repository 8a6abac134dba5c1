"""The rows of jobs and of their progress, in the state database."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Row, Select, insert, select, update

from dbs.jobs.interface import OPEN, Job, JobRequest, Phase, State
from dbs.state import now, reading
from dbs.state.tables import job as table
from dbs.state.tables import progress


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
        with self._engine.begin() as connection:
            known = connection.execute(select(table).where(table.c.id == request.id)).one_or_none()
            if known is not None:
                return _job(known)
            connection.execute(insert(table).values(values))
            for position, step in enumerate(phases):
                row = {"job_id": request.id, "position": position, "step": step, "state": "pending", "at": now()}
                connection.execute(insert(progress).values(row))
            return _job(connection.execute(select(table).where(table.c.id == request.id)).one())

    def get(self, key: str) -> Job | None:
        """A job by its id or by its number."""
        is_number = re.fullmatch(r"[0-9]{1,18}", key)  # more digits than that do not fit into the column
        condition = table.c.number == int(key) if is_number else table.c.id == key
        with reading(self._engine) as connection:
            found = connection.execute(select(table).where(condition)).one_or_none()
        return _job(found) if found else None

    def of_request(self, request_id: str) -> Job | None:
        """The job that a request started, if it started one."""
        with reading(self._engine) as connection:
            found = connection.execute(select(table).where(table.c.request_id == request_id)).first()
        return _job(found) if found else None

    def open(self) -> list[Job]:
        """Jobs that have not ended, oldest first."""
        return self._list(select(table).where(table.c.state.in_(OPEN)).order_by(table.c.number))

    def recent(self, limit: int) -> list[Job]:
        """The newest jobs first."""
        return self._list(select(table).order_by(table.c.number.desc()).limit(limit))

    def begin(self, job_id: str) -> Job:
        """Note that work on a job begins (again); its phases start over."""
        with self._engine.begin() as connection:
            started = {"state": "running", "started_at": now()}
            connection.execute(update(table).where(table.c.id == job_id, table.c.state.in_(OPEN)).values(started))
            fresh = {"state": "pending", "detail": "", "at": now()}
            connection.execute(update(progress).where(progress.c.job_id == job_id).values(fresh))
            return _job(connection.execute(select(table).where(table.c.id == job_id)).one())

    def end(self, job_id: str, state: State, sentence: str) -> None:
        """Close a job; a closed one stays as it is."""
        closed = {"state": state, "sentence": sentence, "finished_at": now()}
        last = "done" if state == "done" else "failed"
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == job_id, table.c.state.in_(OPEN)).values(closed))
            running = (progress.c.job_id == job_id) & (progress.c.state == "running")
            connection.execute(update(progress).where(running).values(state=last, at=now()))

    def report(self, job_id: str, step: str) -> None:
        """A phase begins, so the one that was running is done."""
        mine = progress.c.job_id == job_id
        with self._engine.begin() as connection:
            running = mine & (progress.c.state == "running")
            connection.execute(update(progress).where(running).values(state="done", at=now()))
            connection.execute(update(progress).where(mine, progress.c.step == step).values(state="running", at=now()))

    def phases(self, job_id: str) -> list[Phase]:
        """The visible steps of a job, in order."""
        query = select(progress).where(progress.c.job_id == job_id).order_by(progress.c.position)
        with reading(self._engine) as connection:
            return [Phase(row.step, row.state, row.detail, row.at) for row in connection.execute(query)]

    def _list(self, query: Select[Any]) -> list[Job]:
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]


def _job(row: Row[Any]) -> Job:
    return Job(**{**row._mapping, "arguments": json.loads(row.arguments)})
