"""Open the state database: private, durable, migrated. SQLite in WAL mode."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from dbs.state.interface import StateError
from dbs.state.migrate import migrate

_Result = TypeVar("_Result")
_Piece: TypeAlias = tuple[Callable[[Connection], Any], "Future[Any]"]

# FULL: an acknowledged audit row survives a power cut. recursive_triggers: REPLACE fires the DELETE trigger.
_PRAGMAS = (
    "busy_timeout = 5000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",
)


def open_state(url: str) -> Engine:
    """The state database at a SQLAlchemy URL, made and migrated where needed.

    The file has mode 0600, a new directory 0700; programs that start together wait for each other.
    A transaction of `writing` takes the write lock at once (`BEGIN IMMEDIATE`), so that what it read is still true
    when it writes; use `reading` for what only reads. Raises `StateError`.
    """
    path = _sqlite_path(url)
    engine = create_engine(url)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path.with_name(path.name + ".lock")):
            _make_private(path)
            migrate(engine)
    except (OSError, DBAPIError) as error:
        engine.dispose()
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise StateError(f"The state database {path} cannot be opened: {reason}.") from error
    except StateError:
        engine.dispose()
        raise
    return engine


class _Turn:
    """Who of this process may write now, the transaction that a thread is in, and what waits to be written."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.mine = threading.local()
        self.waiting: deque[_Piece] = deque()


_turns: WeakKeyDictionary[Engine, _Turn] = WeakKeyDictionary()
_making = threading.Lock()


def _turn(engine: Engine) -> _Turn:
    with _making:
        return _turns.setdefault(engine, _Turn())


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; inside another one of the same thread it is a part of that one.

    Threads of one process take turns by a lock: SQLite lets its waiters sleep for up to 100 ms at a time.
    """
    turn = _turn(engine)
    around = getattr(turn.mine, "connection", None)
    if around is not None:
        yield around
        return
    with turn.lock, _transaction(engine) as connection:
        yield connection


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction that a `writing` of this thread finds. For whose turn it is."""
    mine = _turn(engine).mine
    with engine.begin() as connection:
        mine.connection = connection
        try:
            yield connection
        finally:
            mine.connection = None


def combined(engine: Engine, work: Callable[[Connection], _Result]) -> _Result:
    """Do a short piece of writing and return what it returns, when it is on disk.

    Pieces of several threads that wait for their turn share one transaction, and so one flush of the disk: of 200
    commands at once nobody waits for 200 flushes. A piece that fails takes back nothing but itself. A `writing` inside
    a piece is a part of it; a piece may run in another thread, and twice, so that it does nothing but write, and what
    it reads by `reading` is what was there before.
    """
    turn = _turn(engine)
    around = getattr(turn.mine, "connection", None)
    if around is not None:
        return work(around)
    written: Future[_Result] = Future()
    turn.waiting.append((work, written))
    with turn.lock:
        if not written.done():
            _write_all(engine, [turn.waiting.popleft() for _ in range(len(turn.waiting))])
    return written.result()


def _write_all(engine: Engine, pieces: list[_Piece]) -> None:
    """All in one transaction; should one of them fail, each in one of its own."""
    try:
        with _transaction(engine) as connection:
            results = [work(connection) for work, _ in pieces]
    except Exception as error:  # noqa: BLE001 - it is raised where the piece came from
        if len(pieces) == 1:
            pieces[0][1].set_exception(error)
            return
        for piece in pieces:
            _write_all(engine, [piece])
        return
    for (_, written), result in zip(pieces, results, strict=True):
        written.set_result(result)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads, from one consistent moment; it neither waits for writers nor holds them up."""
    with engine.connect() as connection:
        yield connection.execution_options(dbs_reading=True)


def _sqlite_path(url: str) -> Path:
    # The URL may hold a password: no sentence repeats it.
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StateError(
            "DBS_STATE_URL is not a database URL; it looks like sqlite:////var/lib/dbs/state.db."
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise StateError(f"This version keeps its state in SQLite only, not in {parsed.get_backend_name()}.")
    if parsed.database in (None, "", ":memory:"):
        raise StateError("The state database has to be a file: sqlite:////var/lib/dbs/state.db.")
    return Path(str(parsed.database)).absolute()


def _on_connect(connection: Any, _: object) -> None:
    # None: Python must not begin transactions of its own; `_on_begin` does.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("dbs_reading", False):
        # Straight to the driver: it cannot fail, and every read would pay for SQLAlchemy's way there.
        connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make_private(path: Path) -> None:
    """SQLite gives its -wal and -shm files the mode of the database, so this one file is enough."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
