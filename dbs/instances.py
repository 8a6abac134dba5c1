"""Who may change an instance now (file lock and epoch), and what was last done to it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, insert, select, update

from dbs.state import now, reading, writing
from dbs.state.tables import instance_state as table


@dataclass(frozen=True)
class InstanceState:
    """The last finished work on an instance; `epoch` counts the works begun."""

    name: str
    epoch: int
    snapshot_id: str | None
    restored_at: str | None
    restored_by: str | None
    job_id: str | None


class Instances:
    """Rows of `instance_state`, and the file locks below `locks`."""

    def __init__(self, engine: Engine, locks: Path) -> None:
        self._engine = engine
        self._locks = locks

    @contextmanager
    def working_on(self, name: str, job_id: str) -> Iterator[int]:
        """Hold the instance for one job and yield its epoch; waits while another process holds it.

        A job that is resumed keeps its epoch; every other job gets the next one, and overtakes all before it.
        """
        self._locks.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self._locks / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self._epoch(name, job_id)
        finally:
            os.close(descriptor)

    def _epoch(self, name: str, job_id: str) -> int:
        with writing(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
            if row is None:
                # Not 1: should this database be lost, the next epochs are still later than those the provider knows.
                first = int(time.time())
                connection.execute(insert(table).values(name=name, epoch=first, job_id=job_id))
                return first
            if row.job_id == job_id:
                return int(row.epoch)
            connection.execute(update(table).where(table.c.name == name).values(epoch=row.epoch + 1, job_id=job_id))
            return int(row.epoch) + 1

    def restored(self, name: str, snapshot_id: str, by: str) -> None:
        """Note a finished restore. `by` is the name of who asked."""
        values = {"snapshot_id": snapshot_id, "restored_at": now(), "restored_by": by}
        with writing(self._engine) as connection:
            connection.execute(update(table).where(table.c.name == name).values(values))

    def get(self, name: str) -> InstanceState | None:
        """What is known of an instance, or None when nothing was ever done to it."""
        with reading(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
        return InstanceState(**row._mapping) if row else None
