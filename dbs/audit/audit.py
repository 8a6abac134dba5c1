"""Append to the audit table, and read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, bindparam, insert, or_, select

from dbs.audit.chain import row_hash, walk
from dbs.audit.encoding import canonical, encoded, encoded_json
from dbs.audit.interface import GENESIS, RECEIVED, TERMINAL, AuditEvent, Verification
from dbs.state import combined, now, reading
from dbs.state.tables import audit_event

_SEARCHED = ("request_id", "actor_id", "actor_name", "face", "command", "target", "outcome", "detail", "job_id")


# Built once: every command runs each of them twice, and building a statement costs more than running it.
_OF_REQUEST = select(audit_event).where(audit_event.c.request_id == bindparam("wanted")).order_by(audit_event.c.id)
_LAST = select(audit_event.c.id, audit_event.c.hash).order_by(audit_event.c.id.desc()).limit(1)
_INSERT = insert(audit_event)


class Audit:
    """One `received` row and exactly one terminal row for each request; nothing is ever changed.

    All texts are stored encoded (see `dbs.audit.encoding`). `clock` gives the time as `dbs.state.now` does.
    """

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def received(
        self,
        *,
        request_id: str,
        actor_id: str,
        actor_name: str,
        face: str,
        command: str,
        target: str,
        arguments: Mapping[str, Any],
        job_id: str | None = None,
        channel: str | None = None,
        thread_ts: str | None = None,
    ) -> bool:
        """Record that somebody asked. False when this request was received before; then nothing is written.

        `arguments` are JSON values; `TypeError` otherwise.
        """
        texts = {
            "request_id": request_id,
            "actor_id": actor_id,
            "actor_name": actor_name,
            "face": face,
            "command": command,
            "target": target,
            "detail": "",
            "job_id": job_id,
            "channel": channel,
            "thread_ts": thread_ts,
        }
        values = {name: None if text is None else encoded(text) for name, text in texts.items()}
        values |= {"arguments": encoded_json(arguments), "outcome": RECEIVED}

        def write(connection: Connection) -> bool:
            if _rows_of(connection, request_id):
                return False
            self._append(connection, values)
            return True

        return combined(self._engine, write)

    def ended(self, request_id: str, outcome: str, detail: str, job_id: str | None = None) -> bool:
        """Record how a received request ended. False when it had ended before; then nothing is written.

        Who and what are copied from the received row. Raises `ValueError` for an outcome that ends nothing and
        for a request that was never received.
        """
        if outcome not in TERMINAL:
            raise ValueError(f"{outcome!r} does not end a request; one of {', '.join(sorted(TERMINAL))} does")

        def write(connection: Connection) -> bool:
            rows = _rows_of(connection, request_id)
            if not rows:
                raise ValueError(f"the request {request_id!r} was never received")
            if len(rows) > 1:
                return False
            values = {**rows[0], "outcome": outcome, "detail": encoded(detail)}
            if job_id is not None:
                values["job_id"] = encoded(job_id)
            self._append(connection, values)
            return True

        return combined(self._engine, write)

    def open_requests(self) -> list[AuditEvent]:
        """The received rows of requests that have not ended, oldest first."""
        end = audit_event.alias("end")
        ended = select(end.c.id).where(end.c.request_id == audit_event.c.request_id, end.c.outcome != RECEIVED).exists()
        return self._read(
            select(audit_event).where(audit_event.c.outcome == RECEIVED, ~ended).order_by(audit_event.c.id)
        )

    def find(self, request_id: str) -> list[AuditEvent]:
        """The rows of one request, oldest first: none, the received one, or that and the terminal one."""
        with reading(self._engine) as connection:
            return [AuditEvent(**row) for row in _rows_of(connection, request_id)]

    def history(
        self,
        *,
        words: str | None,
        limit: int,
        who: str | None = None,
        what: str | None = None,
        outcome: str | None = None,
    ) -> list[AuditEvent]:
        """The newest rows first, at most `limit`; with `words`, those that hold each of them in some field.

        `who` is held by the actor's name or id, `what` by the command or its target, and `outcome` is the outcome.
        Upper and lower case are the same for the letters a to z.
        """
        statement = select(audit_event).where(*map(_holds, (words or "").split()))
        for text, names in ((who, ("actor_name", "actor_id")), (what, ("command", "target"))):
            if text is not None:
                statement = statement.where(_one_holds(names, text))
        if outcome is not None:
            statement = statement.where(audit_event.c.outcome == outcome.lower())
        return self._read(statement.order_by(audit_event.c.id.desc()).limit(limit))

    def verify(self, expected_head: str | None = None) -> Verification:
        """Walk the chain: ids without a gap from 1, each row following the one before, each hash right.

        Rows cut off at the end leave a chain that is whole: they are only missed when `expected_head`, the
        hash of some row as it was noted elsewhere, is given and not found.
        """
        with reading(self._engine) as connection:
            return walk(connection, expected_head)

    def _append(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Add a row behind the last one; safe because the transaction holds the write lock from its start."""
        last = connection.execute(_LAST).first()
        position, head = (last.id + 1, last.hash) if last else (1, GENESIS)
        row = {**values, "id": position, "at": self._clock(), "prev_hash": head}
        row["hash"] = row_hash(row)
        connection.execute(_INSERT, row)

    def _read(self, statement: Select[Any]) -> list[AuditEvent]:
        with reading(self._engine) as connection:
            return [AuditEvent(**row) for row in connection.execute(statement).mappings()]


def _holds(word: str) -> ColumnElement[bool]:
    """The word stands in some field, in the form in which that field is stored."""
    return or_(_one_holds(_SEARCHED, word), audit_event.c.arguments.icontains(canonical(word)[1:-1], autoescape=True))


def _one_holds(names: Iterable[str], text: str) -> ColumnElement[bool]:
    return or_(*(audit_event.c[name].icontains(encoded(text), autoescape=True) for name in names))


def _rows_of(connection: Connection, request_id: str) -> list[RowMapping]:
    return list(connection.execute(_OF_REQUEST, {"wanted": encoded(request_id)}).mappings())
