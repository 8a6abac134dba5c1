"""Messages to send: the worker puts a result and a destination, a face renders and sends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from dbs.state import now, reading, writing
from dbs.state.tables import message, outbox

# Built once: building a statement costs more than running it.
_PUT = insert(outbox).on_conflict_do_nothing()


@dataclass(frozen=True)
class OutboxRow:
    """One message to send. `destination` and `result` are plain JSON; `part` is unique within its job."""

    id: int
    job_id: str
    part: str
    destination: dict[str, Any]
    result: dict[str, Any]
    created_at: str


@dataclass(frozen=True)
class MessageRef:
    """A message that stands in Slack: channel id and timestamp."""

    channel: str
    ts: str


class Outbox:
    """Each part of a job is put once, and sent or given up once. `clock` is as `dbs.state.now`."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def put(self, job_id: str, part: str, destination: dict[str, Any], result: dict[str, Any]) -> bool:
        """Add a message. The first one of a job and part stays: False when there was one already.

        Raises `ValueError` for a private result: what stands here is kept, and may be read by others.
        """
        if result.get("private"):
            raise ValueError("a private result is not kept")
        row = {
            "job_id": job_id,
            "part": part,
            "destination": json.dumps(destination),
            "result": json.dumps(result),
            "created_at": self._clock(),
        }
        with writing(self._engine) as connection:
            return connection.execute(_PUT, row).rowcount == 1

    def pending(self, limit: int = 100) -> list[OutboxRow]:
        """Messages neither sent nor given up, in the order in which they were put."""
        statement = select(outbox).where(outbox.c.sent_at.is_(None), outbox.c.failure.is_(None))
        with reading(self._engine) as connection:
            return [_row(found) for found in connection.execute(statement.order_by(outbox.c.id).limit(limit))]

    def holds(self, job_id: str, part: str) -> bool:
        """Whether a message was ever put, whatever became of it."""
        wanted = (outbox.c.job_id == job_id) & (outbox.c.part == part)
        with reading(self._engine) as connection:
            return connection.execute(select(outbox.c.id).where(wanted)).first() is not None

    def latest(self, part: str) -> OutboxRow | None:
        """The message of a kind that was put last, or None."""
        statement = select(outbox).where(outbox.c.part == part).order_by(outbox.c.id.desc()).limit(1)
        with reading(self._engine) as connection:
            found = connection.execute(statement).first()
        return _row(found) if found else None

    def sent(self, row_id: int) -> bool:
        """Note that a message was sent. False when it was already sent or given up, or never put."""
        return self._close(row_id, sent_at=self._clock())

    def failed(self, row_id: int, reason: str) -> bool:
        """Give a message up for good. False when it was already sent or given up, or never put."""
        return self._close(row_id, failure=reason)

    def message(self, job_id: str) -> MessageRef | None:
        """Where the parent message of a job stands, or None when it has none."""
        with reading(self._engine) as connection:
            found = connection.execute(select(message).where(message.c.job_id == job_id)).first()
        return MessageRef(found.channel, found.ts) if found else None

    def remember(self, job_id: str, channel: str, ts: str) -> None:
        """Note where the parent message of a job stands; a later note replaces an earlier one."""
        place = {"channel": channel, "ts": ts}
        statement = insert(message).values(job_id=job_id, **place)
        with writing(self._engine) as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=place))

    def _close(self, row_id: int, **values: str) -> bool:
        still_open = (outbox.c.id == row_id) & outbox.c.sent_at.is_(None) & outbox.c.failure.is_(None)
        with writing(self._engine) as connection:
            return connection.execute(update(outbox).where(still_open).values(values)).rowcount == 1


def _row(found: Row[Any]) -> OutboxRow:
    destination, result = json.loads(found.destination), json.loads(found.result)
    return OutboxRow(found.id, found.job_id, found.part, destination, result, found.created_at)
