"""The runner `sql`: files run statement by statement on a connection that reaches one database only."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dbs.migrations.interface import (
    TEXT_CHARACTERS,
    Connect,
    Direction,
    Limits,
    Migration,
    MigrationError,
    MigrationFile,
    OnProgress,
    Progress,
    Ran,
    Run,
    Step,
    Warned,
)
from dbs.migrations.splitting import steps
from dbs.migrations.watching import Watch
from dbs.migrations.wording import without_values
from dbs.mysql.effects import effect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute, rows

OWN = "/* dbs */"
"""Ends every statement that we add to a run; capture leaves these out."""
_USUAL = Limits()
_PLACEHOLDER = re.compile(rb"\$\{[\w:.-]+\}")
_GOOSE_FILLS = re.compile(rb"^--[ \t]*\+goose[ \t]+ENVSUB[ \t]+ON\b", re.MULTILINE | re.IGNORECASE)
_LOST = frozenset({2006, 2013, 1927, None})
"""The connection is gone, or nobody knows."""


@dataclass
class _Log:
    """What has come of a run so far."""

    ran: list[Ran] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lost: bool = False


def run(
    connect: Connect,
    migrations: Sequence[Migration],
    limits: Limits = _USUAL,
    on_progress: OnProgress | None = None,
    *,
    direction: Direction = "up",
    cancelled: Callable[[], bool] | None = None,
) -> Run:
    """Run them in order (`down`: the other way round) and stop at the first error, which is data and not raised.

    `connect` opens connections to the one database, limited to it, without LOAD DATA LOCAL; a second one is used to end
    what takes longer than `limits.seconds` or is cancelled (`cancelled` is asked from another thread). All files are
    taken apart before anything runs. A transaction that a file leaves open is committed, with a note.

    Raises `MigrationError` for files that cannot be run, and `DatabaseError` when the server is not reached at all.
    """
    work = [(file, steps(file, limits.sql_mode)) for file in _files(migrations, direction)]
    _refuse_placeholders(migrations, work)
    began = time.monotonic()
    log = _Log()
    with connect() as connection:
        _prepare(connection, limits)
        with Watch(connect, connection, limits.seconds, cancelled) as watch:
            _run_all(connection, work, log, watch, on_progress)
    failed = len(log.ran) - 1 if log.ran and log.ran[-1].error_code is not None else None
    stopped_by = watch.reason if watch.reason and _was_stopped(log, work) else "connection lost" if log.lost else None
    return Run(tuple(log.ran), failed, time.monotonic() - began, stopped_by, tuple(log.notes))


def _files(migrations: Sequence[Migration], direction: Direction) -> list[MigrationFile]:
    if direction == "up":
        return [each.up for each in migrations]
    missing = [each for each in migrations if each.down is None]
    if missing:
        raise MigrationError(f"{missing[0].up.path} has no way down.", missing[0].up.path)
    return [each.down for each in reversed(migrations) if each.down]


def _refuse_placeholders(
    migrations: Sequence[Migration], work: Sequence[tuple[MigrationFile, tuple[Step, ...]]]
) -> None:
    """Flyway and goose fill in `${name}` before they send a statement; what they would fill in is not in the files."""
    filled = {
        file.path
        for each in migrations
        for file in (each.up, each.down)
        if file and (each.style == "flyway" or _GOOSE_FILLS.search(file.text))
    }
    for file, found in work:
        for step in found if file.path in filled else ():
            name = _PLACEHOLDER.search(step.text)
            if name is not None:
                what = f"{name[0].decode('utf-8', 'replace')} is filled in by the project's own tool"
                place = f"{file.path}, line {step.line}"
                raise MigrationError(f"{place}: {what}; use the runner `command`.", file.path, step.line)


def _prepare(connection: Connection, limits: Limits) -> None:
    """Set the session as the project's own tool does."""
    if limits.sql_mode is not None:
        execute(connection, f"SET SESSION sql_mode = %s {OWN}", (limits.sql_mode,))
    execute(connection, f"SET SESSION foreign_key_checks = {int(limits.foreign_key_checks)} {OWN}")


def _run_all(
    connection: Connection,
    work: list[tuple[MigrationFile, tuple[Step, ...]]],
    log: _Log,
    watch: Watch,
    on_progress: OnProgress | None,
) -> None:
    total = sum(len(found) for _, found in work)
    for file, found in work:
        in_transaction = False
        for step in found:
            if watch.reason:
                return
            if on_progress is not None:
                on_progress(Progress(len(log.ran), total, step))
            in_transaction = _run_one(connection, step, log)
            if log.ran[-1].error_code is not None:
                return
        if in_transaction:
            log.notes.append(_commit(connection, file))


def _run_one(connection: Connection, step: Step, log: _Log) -> bool:
    """Run a statement and write down what came of it; whether a transaction is open now."""
    started_at, began = datetime.now(UTC), time.monotonic()
    text = step.text[: TEXT_CHARACTERS * 4].decode("utf-8", "replace")[:TEXT_CHARACTERS]
    try:
        done = effect(connection, step.text)
    except DatabaseError as error:
        seconds = time.monotonic() - began
        code, reason = error.code or 0, without_values(error.code or 0, error.reason)
        log.lost = error.code in _LOST or not connection.open
        state = getattr(error.__cause__, "sqlstate", None) or ""
        log.ran.append(
            Ran(step.path, step.line, step.number, text, started_at, seconds, 0, None, code, reason, str(state))
        )
        return False
    seconds = time.monotonic() - began
    found = _warnings(connection) if done.warnings else ()
    log.ran.append(
        Ran(
            *(step.path, step.line, step.number, text, started_at, seconds, done.rows),
            warning_count=done.warnings,
            warnings=found,
        )
    )
    return done.in_transaction


def _commit(connection: Connection, file: MigrationFile) -> str:
    """End a transaction that a file left open, and say so."""
    try:
        execute(connection, f"COMMIT {OWN}")
    except DatabaseError as error:
        return f"{file.path} leaves a transaction open, which could not be committed: {error.reason}."
    return f"{file.path} leaves a transaction open; it was committed."


def _warnings(connection: Connection) -> tuple[Warned, ...]:
    """The warnings of the last statement, counted by code. It sets ROW_COUNT() anew, as every statement does."""
    counted: dict[int, Warned] = {}
    try:
        found = rows(connection, f"SHOW WARNINGS {OWN}")
    except DatabaseError:
        return ()  # the connection was ended in this moment, as the next statement will say
    for level, code, message in found:
        seen = counted.get(code)
        text = seen.message if seen else without_values(code, str(message))
        counted[code] = Warned(code, str(level), seen.count + 1 if seen else 1, text)
    return tuple(counted.values())


def _was_stopped(log: _Log, work: list[tuple[MigrationFile, tuple[Step, ...]]]) -> bool:
    """Whether the end came before everything had run: a limit that strikes after the last statement hits nothing."""
    total = sum(len(found) for _, found in work)
    return len(log.ran) < total or (bool(log.ran) and log.ran[-1].error_code is not None)
