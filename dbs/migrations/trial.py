"""What a failed ALTER TABLE or CREATE INDEX was about: run on an empty copy of the schema, and seen in the dictionary.

Never from the statement's text: names, types, prefixes, collations and implied changes come out as the server takes
them. Only statements that failed on somebody's data come here: whoever ran them had the rights for all they name.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import IS_TABLE, execute, execute_bytes, rows
from dbs.mysql.schema import Column, ForeignKey, Schema, Table, read_schema

_TRIED = re.compile(
    r"\s*(?:(?:/\*(?!M?!).*?\*/|--\s[^\n]*\n|#[^\n]*\n)\s*)*"
    r"(?:alter\s+(?:online\s+|offline\s+)?(?:ignore\s+)?table|"
    r"create\s+(?:or\s+replace\s+)?(?:online\s+|offline\s+)?(?:unique\s+)?index)\b",
    re.IGNORECASE | re.DOTALL,
)
_PARTS = """SELECT table_name, index_name, column_name, sub_part FROM information_schema.statistics
    WHERE table_schema = %s AND non_unique = 0 ORDER BY table_name, index_name, seq_in_index"""
_CHECKS = """SELECT t.table_name, c.constraint_name, c.check_clause
    FROM information_schema.check_constraints c JOIN information_schema.table_constraints t
    ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
    WHERE c.constraint_schema = %s AND t.constraint_type = 'CHECK'"""

Part = tuple[str | None, int | None]
"""A column of an index (None: an expression), and how much of it counts."""


@dataclass(frozen=True)
class Unique:
    """A unique key that is new, or that means something else now. `parts` name columns as they are called now."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Wanted:
    """What a statement wanted of one table. `table` and the left columns of `columns` are what the copy has.

    `columns` pairs each column with what it was to become; `checks` are names and conditions.
    """

    table: Table
    columns: tuple[tuple[Column, Column], ...]
    uniques: tuple[Unique, ...]
    foreign_keys: tuple[ForeignKey, ...]
    checks: tuple[tuple[str, str], ...]

    def old_name(self, column: str) -> str | None:
        """What a column is called in the copy; None for one that is not there yet."""
        return next((old.name for old, new in self.columns if new.name == column), None)


@dataclass(frozen=True)
class _Look:
    schema: Schema
    uniques: dict[tuple[str, str], tuple[Part, ...]]
    checks: dict[tuple[str, str], str]


def wanted(connection: Connection, database: str, statement: str) -> Wanted | None:
    """What a statement wanted; None when that cannot be seen. The copy itself is not touched.

    `connection` may create databases; its current one is `database` afterwards.
    """
    named = re.search(rf"(?<![\w$])`?{re.escape(database)}`?\s*\.", statement, re.IGNORECASE)
    if not _TRIED.match(statement) or named:  # with its database's name, it would reach the copy itself
        return None
    try:
        with _empty_copy(connection, database, statement) as scratch:
            before = _look(connection, scratch)
            execute_bytes(connection, statement.encode())
            return _difference(before, _look(connection, scratch))
    except DatabaseError:
        return None


@contextmanager
def _empty_copy(connection: Connection, database: str, statement: str) -> Iterator[str]:
    """A database with the tables that the statement can mean, without rows; it is the current one in the block."""
    scratch = f"dbs_trial_{secrets.token_hex(6)}"
    [(charset, collation)] = rows(
        connection,
        "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata"
        " WHERE schema_name = %s",
        (database,),
    )
    names = rows(
        connection,
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND {IS_TABLE}",  # noqa: S608
        (database,),
    )
    meant = [name for (name,) in names if name.lower().replace("`", "``") in statement.lower()]
    place = quote_name(database)
    created = [rows(connection, f"SHOW CREATE TABLE {place}.{quote_name(name)}")[0][1] for name in meant]
    execute(connection, f"CREATE DATABASE {scratch} CHARACTER SET {charset} COLLATE {collation}")
    [(mode,)] = rows(connection, "SELECT @@SESSION.sql_mode")
    try:
        execute(connection, f"USE {scratch}")
        execute(connection, "SET SESSION foreign_key_checks = 0, sql_mode = ''")
        for text in created:
            execute(connection, text)
        execute(connection, "SET SESSION sql_mode = %s", (mode,))
        yield scratch
    finally:
        execute(connection, "SET SESSION foreign_key_checks = 1, sql_mode = %s", (mode,))
        execute(connection, f"DROP DATABASE {scratch}")
        execute(connection, f"USE {place}")


def _look(connection: Connection, scratch: str) -> _Look:
    uniques: dict[tuple[str, str], tuple[Part, ...]] = {}
    for table, name, column, length in rows(connection, _PARTS, (scratch,)):
        uniques[table, name] = (*uniques.get((table, name), ()), (column, length))
    checks = {(table, name): str(clause) for table, name, clause in rows(connection, _CHECKS, (scratch,))}
    return _Look(read_schema(connection, scratch), uniques, checks)


def _difference(before: _Look, after: _Look) -> Wanted | None:
    """The one table that changed; a new name counts as the same table."""
    for name, was in before.schema.tables.items():
        gone = name not in after.schema.tables
        now_name = next((each for each in after.schema.tables if each not in before.schema.tables), None)
        now = after.schema.tables.get(now_name or "") if gone else after.schema.tables[name]
        if now is None:
            continue
        found = _of_table(was, now, before, after)
        if found.uniques or found.foreign_keys or found.checks or any(old != new for old, new in found.columns):
            return found
    return None


def _of_table(was: Table, now: Table, before: _Look, after: _Look) -> Wanted:
    columns = tuple(_paired(was, now))
    changed = {new.name for old, new in columns if old != new}
    known = {each.name for each in was.foreign_keys}
    uniques = tuple(
        Unique(name, parts)
        for (table, name), parts in after.uniques.items()
        if table == now.name
        and (before.uniques.get((was.name, name)) != parts or not changed.isdisjoint(column for column, _ in parts))
    )
    checks = tuple(
        (name, clause)
        for (table, name), clause in after.checks.items()
        if table == now.name and before.checks.get((was.name, name)) != clause
    )
    return Wanted(was, columns, uniques, tuple(key for key in now.foreign_keys if key.name not in known), checks)


def _paired(was: Table, now: Table) -> Iterator[tuple[Column, Column]]:
    """Columns by name; of those that are left one that goes and one that comes are the same, if there are no others."""
    both = [name for name in was.by_name if name in now.by_name]
    yield from ((was.by_name[name], now.by_name[name]) for name in both)
    gone = [column for column in was.columns if column.name not in both]
    come = [column for column in now.columns if column.name not in both]
    if len(gone) == len(come) == 1:
        yield gone[0], come[0]
