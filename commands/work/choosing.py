"""Which migrations are to be run: of files that somebody gave, and of those that a change brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from commands.work.bringing import Brought
from dbs.migrations.checks import Finding
from dbs.migrations.history import pending
from dbs.migrations.interface import STYLES, Migration, MigrationError, MigrationFile
from dbs.migrations.naming import arrange
from dbs.mysql.interface import Connection
from dbs.mysql.query import rows, table_counts
from dbs.settings import Project

SQL = "sql"
"""The runner that finds out the style of the files by itself; the name of a style says it."""


def style_of(project: Project) -> str | None:
    """How a project's files of SQL are named; None is to be found out. Raises `MigrationError` for other runners."""
    if project.runner in (None, SQL):
        return None
    if project.runner not in STYLES:
        raise MigrationError(
            f'dbs has no runner "{project.runner}" of its own; it runs files of SQL ("{SQL}", or {", ".join(STYLES)}). '
            'Give the project a command instead, such as command = "php artisan migrate --force"'
        )
    return project.runner


def of_given(files: Mapping[str, bytes], connection: Connection) -> tuple[Migration, ...]:
    """What somebody gave: in the order in which it was given, unless it is named as a tool names its migrations.

    Then it is the history of that tool: in its order, without the ways down, and what has run already is left out.
    """
    arranged = arrange(files) if len(files) > 1 else ()
    if not arranged or arranged[0].style == "plain":
        each = enumerate(files.items(), 1)
        return tuple(_whole(str(number), name, text) for number, (name, text) in each)
    waiting = pending(arranged, connection)
    if not waiting.migrations:
        raise MigrationError(f"There is nothing to run. {waiting.sentence}")
    return waiting.migrations


def _whole(version: str, name: str, text: bytes) -> Migration:
    return Migration("plain", version, name, MigrationFile(name, version, name, "up", text))


def of_change(
    migrations: Sequence[Migration], brought: Brought, connection: Connection
) -> tuple[tuple[Migration, ...], list[Finding]]:
    """What production has not run yet, by its history table; without one, what the change adds.

    Raises `MigrationError` when nothing is left.
    """
    waiting = pending(migrations, connection)
    if waiting.unfinished:
        raise MigrationError(waiting.sentence)
    if waiting.table is not None and len(waiting.migrations) == len(migrations):
        _require_rows(waiting.table, connection)
    chosen = waiting.migrations
    if waiting.table is None and brought.base is not None:
        chosen = tuple(each for each in migrations if brought.changed.get(each.up.path) == "added")
    findings = list(_rewritten(brought, {each.up.path for each in chosen}))
    if not chosen:
        raise MigrationError(f"There is nothing to run. {' '.join(one.sentence for one in findings)}".strip())
    return chosen, findings


def _require_rows(table: str, connection: Connection) -> None:
    """A copy whose tables are there and whose history is empty: all of it would be run a second time."""
    tables = table_counts(connection, str(rows(connection, "SELECT DATABASE()")[0][0]))
    if not tables.pop(table, 1) and any(tables.values()):
        raise MigrationError(
            f"The table {table} of the copy, in which production notes what it has run, is empty: so nobody knows what "
            "is new. Keep its rows in the masking policy, and refresh."
        )


def _rewritten(brought: Brought, chosen: set[str]) -> Iterator[Finding]:
    """Migrations that were changed after the fact: whoever has run them does not run them again."""
    for path, status in sorted(brought.changed.items()):
        if status != "added" and path not in chosen:
            sentence = f"{path} was {status}, and it may have run on production already: that was not tested."
            advice = "Write a new migration instead; no tool runs one again that it has run."
            line = 1 if status == "modified" else 0
            yield Finding("rewritten-migration", "warning", sentence, path, line, advice=advice)
