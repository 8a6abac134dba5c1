"""Open the state database: private, durable, migrated. SQLite in WAL mode."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from dbs.state.interface import StateError
from dbs.state.migrate import migrate

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
    A transaction of `engine.begin()` takes the write lock at once (`BEGIN IMMEDIATE`), so that what it read
    is still true when it writes; use `reading` for what only reads. Raises `StateError`.
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
    only_reads = connection.get_execution_options().get("dbs_reading", False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


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
