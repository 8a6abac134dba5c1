"""One look at a running server: who is connected, and how much was written to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dbs.mysql.interface import Connection
from dbs.mysql.query import rows
from dbs.snapshots.interface import Session, SnapshotError
from dbs.snapshots.local.engines.interface import Counters
from dbs.snapshots.local.layout import Current
from dbs.snapshots.local.server import Server

# An open transaction without a lock or a change has no row here: it loses nothing.
_TRANSACTIONS = "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx"
# Not information_schema.processlist: MySQL would count its rows as written.
_SESSIONS = "SHOW PROCESSLIST"
_NOBODY = ("system user", "event_scheduler")


@dataclass(frozen=True)
class Look:
    """What was seen; `written` counts since the server began. `trouble` says why nothing could be seen."""

    sessions: tuple[Session, ...] = ()
    written: int | None = None
    trouble: str = ""


def look(server: Server) -> Look:
    """All sessions but our own, and what was written."""
    try:
        with server.admin() as connection:
            return Look(_sessions(connection), _written(connection, server.engine.counters))
    except SnapshotError as error:
        return Look(trouble=str(error))


def began(current: Current) -> Current:
    """The record of what a server is about to be started on again: what the last one wrote uncounted is not known."""
    return replace(current, written=current.written if current.counted else None, counted=False)


def ends(current: Current, server: Server) -> Current:
    """The same of a server that is about to be shut down."""
    return replace(current, written=total(current, look(server)), counted=True)


def total(current: Current, looked: Look | None) -> int | None:
    """What was written since the restore, by all servers; `looked` is None when none runs."""
    if looked is None:
        return current.written if current.counted else None
    return None if current.written is None or looked.written is None else current.written + looked.written


def counted(counters: Counters, status: Mapping[str, int]) -> int:
    """How much was written by status variables: rows, unless nothing ran that writes, and tables changed as a whole."""
    changes = sum(status.get(name, 0) for name in counters.changes)
    if not changes and not any(status.get(name, 0) for name in counters.statements):
        return 0
    return changes + max(0, sum(status.get(name, 0) for name in counters.rows) - counters.own)


def _sessions(connection: Connection) -> tuple[Session, ...]:
    ((own,),) = rows(connection, "SELECT CONNECTION_ID()")
    transactions = {thread for (thread,) in rows(connection, _TRANSACTIONS)}
    return tuple(
        Session(str(user), str(host), str(command), int(seconds or 0), thread in transactions)
        for thread, user, host, _, command, seconds, *_ in rows(connection, _SESSIONS)
        if thread != own and user not in _NOBODY
    )


def _written(connection: Connection, counters: Counters) -> int:
    names = ", ".join(f"'{name}'" for name in (*counters.rows, *counters.statements, *counters.changes))
    status = rows(connection, f"SHOW GLOBAL STATUS WHERE variable_name IN ({names})")
    return counted(counters, {str(name).lower(): int(value) for name, value in status})
