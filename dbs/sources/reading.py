"""Reading a source as it was at one moment, without holding anybody up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute, rows
from dbs.mysql.version import MARIADB, MYSQL, ServerVersion
from dbs.mysql.way import cut
from dbs.sources.interface import Opened, Snapshot, SourceError, sentence_case, source_errors
from dbs.sources.lag import replica_lag
from dbs.sources.tables import TableRead, table

__all__ = ["LOCK_WAIT_SECONDS", "TABLE_WAIT_SECONDS", "TableRead", "consistent", "prepare", "table"]

LOCK_WAIT_SECONDS = 2
"""How long FLUSH TABLES WITH READ LOCK may wait for running statements: all writers wait with it."""
TABLE_WAIT_SECONDS = 600
"""How long a table that somebody alters is waited for."""
_DAY_SECONDS = 86_400
_TIMED_OUT, _REFUSED = 1205, frozenset({1044, 1045, 1227})

_SESSION = {
    "both": (
        "SET NAMES utf8mb4",
        "SET SESSION sql_mode = '', time_zone = '+00:00'",  # zero dates are read, and times are the same everywhere
        "SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_quote_show_create = 1",
        # Whoever masks and throttles may let the server wait.
        f"SET SESSION net_write_timeout = {_DAY_SECONDS}, wait_timeout = {_DAY_SECONDS}",
        f"SET SESSION lock_wait_timeout = {TABLE_WAIT_SECONDS}",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET SESSION TRANSACTION READ ONLY",
    ),
    MARIADB: (
        "SET SESSION max_statement_time = 0, idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0",
    ),
    MYSQL: ("SET SESSION max_execution_time = 0",),
}
_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"


@contextmanager
def consistent(opened: Opened, *, lock: bool = False) -> Iterator[Snapshot]:
    """See one state of all InnoDB tables until the end of the block; nothing can be written in it.

    With `lock` all writers are stopped for the moment in which the snapshot is made, so that tables of other engines
    fit to it at its beginning; that fails rather than wait longer than `LOCK_WAIT_SECONDS`. After an exception the
    connection is closed: draining what it still sends could take hours. Raises `SourceError`, also in
    place of what the server says to the block.
    """
    connection = opened.connection
    try:
        with source_errors():
            prepare(connection, opened.version)
            snapshot = _locked(opened) if lock else _start(opened)
            yield snapshot
            execute(connection, "ROLLBACK")
    except BaseException:
        cut(connection)
        raise


def prepare(connection: Connection, version: ServerVersion) -> None:
    """Make a session read-only and its values the same everywhere. Raises `DatabaseError`."""
    for statement in (*_SESSION["both"], *_SESSION[version.flavour]):
        execute(connection, statement)


def _start(opened: Opened) -> Snapshot:
    """Begin, and note when production was like that: on a replica as long ago as it lags."""
    execute(opened.connection, _SNAPSHOT)
    now = rows(opened.connection, "SELECT UNIX_TIMESTAMP(NOW(6))")[0][0]
    lag = replica_lag(opened.connection, opened.version)
    behind = lag.seconds if lag.seconds is not None else opened.lag_seconds or 0
    return Snapshot(datetime.fromtimestamp(float(now), UTC) - timedelta(seconds=behind))


def _locked(opened: Opened) -> Snapshot:
    connection = opened.connection
    execute(connection, f"SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")
    try:
        execute(connection, "FLUSH TABLES WITH READ LOCK")
        snapshot = _start(opened)
        execute(connection, "UNLOCK TABLES")
    except DatabaseError as error:
        raise SourceError(_lock_advice(error, opened.where), transient=error.code == _TIMED_OUT) from error
    execute(connection, f"SET SESSION lock_wait_timeout = {TABLE_WAIT_SECONDS}")
    return snapshot


def _lock_advice(error: DatabaseError, where: str) -> str:
    if error.code == _TIMED_OUT:
        return (
            f"{sentence_case(where)} did not give the lock of lock = true within {LOCK_WAIT_SECONDS} s, because "
            "statements were running; nobody is held up any longer. Try again when it is quieter, or take lock = true "
            "out."
        )
    if error.code in _REFUSED:
        return (
            f"{sentence_case(where)} does not allow FLUSH TABLES WITH READ LOCK (hosted ones such as RDS never do). "
            "Take lock = true out: tables of InnoDB do not need it."
        )
    return str(error)
