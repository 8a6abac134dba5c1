"""What really ran on an instance, whatever ran it: the server's own notes, taken while and after it happens.

MariaDB's slow log has whole texts (also of prepared statements, with their values), times and rows, but no errors and
no statements that failed inside a program; the performance schema has errors, but its ring holds only so many events.
Both are read and put together by `joining`. Only connections that the account opens after the beginning are seen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

from dbs.migrations.interface import Captured, Connect, MigrationError
from dbs.migrations.joining import Event, LogRow, joined
from dbs.mysql.interface import Connection
from dbs.mysql.query import Row, execute, rows

_SETTINGS = (
    ("log_output", "TABLE"),
    ("slow_query_log", 1),
    ("long_query_time", 0),
    ("min_examined_row_limit", 0),
    ("log_slow_disabled_statements", ""),  # MariaDB leaves out what runs inside programs, if it is not told
    ("log_slow_rate_limit", 1),
    ("log_slow_filter", ""),
    ("log_slow_admin_statements", 1),
)
"""Server variables for the time of a capture; those that a server does not have are left out."""
_LOOK_SECONDS = 0.1
_DRAIN_EVENTS = 2_000
"""The ring of 10,000 events is emptied when so many are new: at 40,000 events a second none is overwritten."""
_GRACE_SECONDS = 20
"""How long the end of the account's connections is waited for; a connection that is gone has written everything."""
_EVENTS = (
    "SELECT thread_id, event_id, end_event_id, event_name, sql_text, timer_start, timer_wait, rows_affected,"
    " rows_examined, mysql_errno, message_text, nesting_event_level, current_schema"
    " FROM performance_schema.events_statements_history_long WHERE end_event_id IS NOT NULL"
)
_COUNT = "SELECT SUM(count_star) FROM performance_schema.events_statements_summary_global_by_event_name"
_THREADS = (
    "SELECT thread_id, processlist_id FROM performance_schema.threads"
    " WHERE processlist_user = %s AND processlist_id IS NOT NULL"
)
_NOW = (
    "SELECT NOW(6), timer_start FROM performance_schema.events_statements_current JOIN performance_schema.threads"
    " USING (thread_id) WHERE processlist_id = CONNECTION_ID()"
)


class Capture:
    """A capture that goes on until its block ends; `statements` can be asked afterwards."""

    def __init__(self, admin: Connection, account: str) -> None:
        self._admin = admin
        self._account = account
        self._over = threading.Event()
        self._events: dict[tuple[int, int], Event] = {}
        self._connections: dict[int, int] = {}
        self._drained_at = 0
        self._log: list[LogRow] = []
        self._base = _base(admin)
        self.complete = False

    @property
    def statements(self) -> tuple[Captured, ...]:
        """Everything that the account's connections ran, by connection and in order.

        While `complete` is False, some connection was still open at the end, and what it ran last may be missing.
        """
        return joined(self._events.values(), self._log, self._connections)

    def watch(self) -> None:
        """Look until the end; then wait for the account's connections to be gone, and read what is left."""
        while not self._over.wait(_LOOK_SECONDS):
            self._look()
        self._wait()
        self._drain()
        self._log = self._rows()

    def end(self) -> None:
        """Tell `watch` that it is over."""
        self._over.set()

    def _look(self) -> None:
        count = int(rows(self._admin, _COUNT)[0][0] or 0)
        self._connections.update({int(thread): int(number) for thread, number in self._threads()})
        if count - self._drained_at >= _DRAIN_EVENTS:
            self._drain()
            self._drained_at = count

    def _threads(self) -> list[Row]:
        return rows(self._admin, _THREADS, (self._account,))

    def _wait(self) -> None:
        end = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < end:
            self._look()
            if not rows(self._admin, "SELECT 1 FROM information_schema.processlist WHERE user = %s", (self._account,)):
                self.complete = True
                return
            threading.Event().wait(_LOOK_SECONDS / 5)

    def _drain(self) -> None:
        for row in rows(self._admin, _EVENTS):
            event = _event(row, self._base)
            self._events[event.thread, event.id] = event

    def _rows(self) -> list[LogRow]:
        """The slow log in the order in which it was written, which is that in which statements ended."""
        mariadb = bool(rows(self._admin, _HAS_ROWS_AFFECTED))
        affected = "rows_affected" if mariadb else "NULL"
        sql = (
            f"SELECT thread_id, start_time, TIME_TO_SEC(query_time), {affected}, rows_examined, db, sql_text"  # noqa: S608 - of two words
            " FROM mysql.slow_log WHERE SUBSTRING_INDEX(user_host, '[', 1) = %s"
        )
        return [_log_row(row) for row in rows(self._admin, sql, (self._account,))]


_HAS_ROWS_AFFECTED = (
    "SELECT 1 FROM information_schema.columns"
    " WHERE table_schema = 'mysql' AND table_name = 'slow_log' AND column_name = 'rows_affected'"
)


@contextmanager
def capture(connect: Connect, account: str) -> Iterator[Capture]:
    """Note what the account's new connections run until the block ends. `connect` opens connections with all rights.

    The server's settings are put back afterwards. Raises `MigrationError` when the server does not keep what it takes,
    and `DatabaseError`.
    """
    with ExitStack() as stack:
        admin = stack.enter_context(connect())
        execute(admin, "SET SESSION time_zone = '+00:00'")
        _check(admin)
        watching = Capture(admin, account)
        stack.enter_context(_set(admin))
        stack.enter_context(_only(admin, account))
        execute(admin, "TRUNCATE mysql.slow_log")
        execute(admin, "TRUNCATE performance_schema.events_statements_history_long")
        pool = stack.enter_context(ThreadPoolExecutor(1, "migration-capture"))
        task = pool.submit(watching.watch)
        try:
            yield watching
        finally:
            watching.end()
            task.result()


def _check(admin: Connection) -> None:
    """Raises `MigrationError` when the server was not started for this."""
    sql = (
        "SELECT name FROM performance_schema.setup_consumers WHERE enabled = 'YES'"
        " AND name IN ('events_statements_current', 'events_statements_history_long')"
    )
    if len(rows(admin, sql)) < 2:
        raise MigrationError("The server's performance schema does not note statements; is it an instance for builds?")


@contextmanager
def _set(admin: Connection) -> Iterator[None]:
    """The settings of a capture, and afterwards those of before."""
    names = ", ".join(["%s"] * len(_SETTINGS))
    known: dict[str, str] = dict(
        rows(
            admin,
            f"SELECT LOWER(variable_name), variable_value FROM {_variables(admin)}"  # noqa: S608 - one of two names
            f" WHERE LOWER(variable_name) IN ({names})",
            [name for name, _ in _SETTINGS],
        )
    )
    wanted = [(name, value) for name, value in _SETTINGS if name in known]
    with ExitStack() as stack:
        for name, value in wanted:
            stack.callback(execute, admin, f"SET GLOBAL {name} = %s", (_typed(known[name]),))
            execute(admin, f"SET GLOBAL {name} = %s", (value,))
        yield


def _variables(admin: Connection) -> str:
    """Where the server lists its variables."""
    sql = "SELECT 1 FROM information_schema.tables WHERE table_schema='performance_schema' AND table_name=%s"
    there = rows(admin, sql, ("global_variables",))
    return "performance_schema.global_variables" if there else "information_schema.global_variables"


def _typed(value: str) -> str | int | float:
    """A variable's value as SET takes it: numbers must not be texts."""
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return value


@contextmanager
def _only(admin: Connection, account: str) -> Iterator[None]:
    """Only the account's new connections fill the ring; ours would too, by looking at it."""
    before = rows(admin, "SELECT * FROM performance_schema.setup_actors")
    execute(admin, "UPDATE performance_schema.threads SET instrumented='NO' WHERE processlist_id = CONNECTION_ID()")
    _actors(admin, [("%", account, "%", "YES", "YES")])
    try:
        yield
    finally:
        _actors(admin, before)


def _actors(admin: Connection, actors: Sequence[Row]) -> None:
    execute(admin, "TRUNCATE performance_schema.setup_actors")
    for actor in actors:
        places = ", ".join(["%s"] * len(actor))
        execute(admin, f"INSERT INTO performance_schema.setup_actors VALUES ({places})", actor)  # noqa: S608 - places only


def _base(admin: Connection) -> datetime:
    """When the performance schema's clock, which counts picoseconds, began."""
    found = rows(admin, _NOW)
    if not found:
        raise MigrationError("The server's performance schema does not see its own connections.")
    now, timer = found[0]
    return now.replace(tzinfo=UTC) - timedelta(microseconds=int(timer) / 1e6)  # type: ignore[no-any-return]


def _event(row: Row, base: datetime) -> Event:
    thread, number, end, name, text, start, wait, affected, examined, code, message, level, schema = row
    return Event(
        thread=int(thread),
        id=int(number),
        end=int(end),
        name=str(name),
        text=None if text is None else str(text),
        started_at=base + timedelta(microseconds=int(start) / 1e6),
        seconds=int(wait) / 1e12,
        rows_affected=int(affected),
        rows_examined=int(examined),
        code=int(code or 0),
        message=str(message or ""),
        level=int(level or 0),
        database=str(schema or ""),
    )


def _log_row(row: Row) -> LogRow:
    number, start, seconds, affected, examined, database, text = row
    return LogRow(
        connection=int(number),
        started_at=start.replace(tzinfo=UTC),
        seconds=float(seconds),
        rows_affected=None if affected is None else int(affected),
        rows_examined=int(examined),
        database=str(database),
        text=text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text),
    )
