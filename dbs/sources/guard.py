"""Letting a source go before it suffers: somebody beside the reader who watches it every second."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import Row, execute, rows
from dbs.mysql.version import ServerVersion
from dbs.mysql.way import cut
from dbs.settings import Source
from dbs.sources.interface import Lag, Opened, SourceError, source_errors
from dbs.sources.lag import replica_lag
from dbs.sources.opening import too_far_behind

INTERVAL_SECONDS = 1.0
_ANSWER_SECONDS = 10
"""A server that leaves the one who watches waiting for longer has other worries than us."""


@dataclass(frozen=True)
class Limits:
    """Past which of these the source is let go; 0 for threads or history means that they do not matter.

    `max_history` are old versions of rows that cannot be purged, as long as somebody may still read them.
    """

    max_lag_seconds: float
    max_threads_running: int
    max_history: int

    @classmethod
    def of(cls, source: Source) -> Limits:
        """Those of the settings."""
        return cls(source.max_lag.total_seconds(), source.max_threads_running, source.max_history)


@dataclass(frozen=True)
class Load:
    """How a server is at the moment. `history` is None where the account may not know it."""

    lag: Lag
    threads_running: int
    history: int | None


def judge(load: Load, limits: Limits) -> str:
    """What is past its limit, as the end of a sentence; empty when nothing is."""
    behind = too_far_behind(load.lag, limits.max_lag_seconds)
    if behind:
        return behind
    if 0 < limits.max_threads_running < load.threads_running:
        return f"{load.threads_running} threads are running (limit {limits.max_threads_running})"
    if load.history is not None and 0 < limits.max_history < load.history:
        return f"{load.history} old row versions wait to be purged (limit {limits.max_history})"
    return ""


def measure(connection: Connection, version: ServerVersion) -> Load:
    """Ask the server. Raises `DatabaseError`."""
    (running,) = rows(connection, "SHOW GLOBAL STATUS LIKE 'Threads_running'")
    return Load(replica_lag(connection, version), int(running[1]), _history(connection))


class Guard:
    """What the reader asks; see `guarding`."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._reason = ""

    def check(self) -> None:
        """Raise `SourceError`, transient, when the source was let go."""
        if self._reason:
            raise SourceError(
                f"Stopped reading {self._where}: {self._reason}. It is tried again later.", transient=True
            )

    def trip(self, reason: str) -> None:
        """Note the first reason."""
        self._reason = self._reason or reason


@contextmanager
def guarding(opened: Opened, limits: Limits, interval_seconds: float = INTERVAL_SECONDS) -> Iterator[Guard]:
    """Watch the server while the block reads from `opened`, and end that connection when a limit is passed.

    Whatever the reader raises because of that becomes a `SourceError` with the reason. It is also raised when a
    limit is passed from the beginning, or when the server cannot be watched.
    """
    guard = Guard(opened.where)
    reader = opened.connection
    with source_errors(), opened.again() as watcher:
        watcher._read_timeout = _ANSWER_SECONDS  # type: ignore[attr-defined]

        def look() -> str:
            return judge(measure(watcher, opened.version), limits)

        guard.trip(look())
        guard.check()
        done = threading.Event()
        end = _ending(reader, watcher)
        thread = threading.Thread(
            target=_watch, args=(guard, look, end, done, interval_seconds), name="source-guard", daemon=True
        )
        thread.start()
        try:
            yield guard
            guard.check()
        except Exception:
            guard.check()
            raise
        finally:
            done.set()
            thread.join()


def _watch(
    guard: Guard, look: Callable[[], str], end: Callable[[], None], done: threading.Event, interval_seconds: float
) -> None:
    while not done.wait(interval_seconds):
        try:
            reason = look()
        except DatabaseError as error:
            reason = f"it could not be watched any longer ({error})"
        if reason:
            guard.trip(reason)
            end()
            return


def _ending(reader: Connection, watcher: Connection) -> Callable[[], None]:
    """How the reader's connection is ended: at the server, which may be sorting and not notice, and on our side."""
    number = int(reader.thread_id())  # type: ignore[no-untyped-call]

    def end() -> None:
        with suppress(DatabaseError):  # gone already, and so is its statement
            execute(watcher, f"KILL {number}")
        cut(reader)

    return end


def _history(connection: Connection) -> int | None:
    """The length of InnoDB's history list, from whichever place the account may look at."""
    for statement, number in _HISTORY:
        try:
            found = number(rows(connection, statement))
        except DatabaseError as error:
            if error.code not in _NOT_ALLOWED:
                raise
            continue
        if found is not None:
            return found
    return None


def _last(found: list[Row]) -> int | None:
    return int(found[0][-1]) if found else None


def _in_text(found: list[Row]) -> int | None:
    text = re.search(r"History list length (\d+)", str(found[0][-1])) if found else None
    return int(text[1]) if text else None


_NOT_ALLOWED = frozenset({1044, 1045, 1142, 1227, 1109})
# MariaDB tells everybody the first; the others need PROCESS.
_HISTORY: tuple[tuple[str, Callable[[list[Row]], int | None]], ...] = (
    ("SHOW GLOBAL STATUS LIKE 'Innodb_history_list_length'", _last),
    (
        "SELECT `count` FROM information_schema.innodb_metrics "
        "WHERE name = 'trx_rseg_history_len' AND status = 'enabled'",
        _last,
    ),
    ("SHOW ENGINE INNODB STATUS", _in_text),
)
