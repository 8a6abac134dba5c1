"""One table as the server's dictionary has it, down to what decides whether one index can stand in for another.

`dbs.mysql.schema` reads whole databases for masking, and leaves out what that does not need: prefixes, expressions,
visibility, and foreign keys of other databases.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from dbs.evidence.asking import Denied, ask, records, same
from dbs.evidence.interface import NoSuchThingError
from dbs.mysql.interface import Connection
from dbs.mysql.query import rows
from dbs.mysql.version import MARIADB, ServerVersion

PRIMARY = "PRIMARY"
_SHOWN = 12


@dataclass(frozen=True)
class Part:
    """One part of an index: a column, or an expression (MySQL). `prefix` is in characters, None for the whole."""

    column: str | None
    expression: str | None = None
    prefix: int | None = None
    descending: bool = False

    def __str__(self) -> str:
        text = self.expression or "" if self.column is None else self.column
        return text + (f"({self.prefix})" if self.prefix else "") + (" DESC" if self.descending else "")


@dataclass(frozen=True)
class IndexShape:
    """An index. `kind` is BTREE, HASH, FULLTEXT, RTREE …; `ignored` is MariaDB's word, INVISIBLE that of MySQL.

    `cardinality` is the server's guess of how many different values there are.
    """

    name: str
    unique: bool
    parts: tuple[Part, ...]
    kind: str = "BTREE"
    ignored: bool = False
    cardinality: int | None = None
    comment: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are parts of it as such."""
        return tuple(part.column for part in self.parts if part.column is not None)

    @property
    def ordered(self) -> bool:
        """Whether it finds the beginning of its columns too, as a tree does; FULLTEXT, RTREE and HASH do not."""
        return self.kind == "BTREE"

    def holds(self, column: str) -> bool:
        """Whether a column is a part of it."""
        return any(same(name, column) for name in self.columns)

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(map(str, self.parts))})"


@dataclass(frozen=True)
class ForeignKeyShape:
    """Columns of `table` (in the database `schema`) that point to as many columns of another."""

    name: str
    schema: str
    table: str
    columns: tuple[str, ...]
    referenced_schema: str
    referenced_table: str
    referenced: tuple[str, ...]

    @property
    def child(self) -> str:
        """The table that it is declared on, with its database where that is another one."""
        return self.table if self.schema == self.referenced_schema else f"{self.schema}.{self.table}"

    def __str__(self) -> str:
        ends = f"({', '.join(self.columns)}) to {self.referenced_table} ({', '.join(self.referenced)})"
        return f"{self.name}, from {self.child} {ends}"


@dataclass(frozen=True)
class TableShape:
    """A table: its columns (name → `extra`), its indexes, foreign keys from it (`out`) and to it (`into`).

    `unseen` says, with the GRANT, what the account may not see of it.
    """

    database: str
    name: str
    columns: Mapping[str, str]
    indexes: tuple[IndexShape, ...]
    out: tuple[ForeignKeyShape, ...] = ()
    into: tuple[ForeignKeyShape, ...] = ()
    unseen: tuple[str, ...] = field(default=())

    def index(self, name: str) -> IndexShape:
        """Raises `NoSuchThingError` with the nearest."""
        for one in self.indexes:
            if same(one.name, name):
                return one
        known = tuple(one.name for one in self.indexes)
        raise NoSuchThingError(_missing("index", f"{name!r} on {self.name}", name, known), known)

    @property
    def primary_key(self) -> tuple[Part, ...]:
        """The parts of the primary key; none without one."""
        return next((one.parts for one in self.indexes if one.name == PRIMARY), ())


def read_table(connection: Connection, version: ServerVersion, database: str, name: str) -> TableShape:
    """One table. Raises `NoSuchThingError` with the nearest name, and `DatabaseError`."""
    columns = {str(column): str(extra) for column, extra in rows(connection, _COLUMNS, (database, name))}
    tables = table_names(connection, database)
    real = next((one for one in tables if one == name), None) or next((one for one in tables if same(one, name)), None)
    if real is None:
        raise NoSuchThingError(_missing("table", f"{name!r} in {database}", name, tables), tables)
    if not columns:
        columns = {str(column): str(extra) for column, extra in rows(connection, _COLUMNS, (database, real))}
    keys = _foreign_keys(connection, database, real)
    hidden = _elsewhere(connection, version, database, real)
    into = [one for one in keys if (one.referenced_schema, one.referenced_table) == (database, real)]
    unseen: tuple[str, ...] = ()
    if isinstance(hidden, Denied):
        unseen = (f"Foreign keys of databases that the account cannot see. As an administrator: {hidden.grant}",)
    else:
        into += [one for one in hidden if all((one.schema, one.name) != (seen.schema, seen.name) for seen in keys)]
    out = tuple(one for one in keys if (one.schema, one.table) == (database, real))
    return TableShape(database, real, columns, _indexes(connection, database, real), out, tuple(into), unseen)


def table_names(connection: Connection, database: str) -> tuple[str, ...]:
    """All tables that have rows of their own."""
    return tuple(str(name) for (name,) in rows(connection, _TABLES, (database,)))


def index_names(connection: Connection, database: str) -> set[tuple[str, str]]:
    """Every index of a database, as (table, index)."""
    found = rows(connection, _ALL_INDEXES, (database,))
    return {(str(table), str(index)) for table, index in found}


_TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = %s "
    "AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name"
)
_COLUMNS = (
    "SELECT column_name, extra FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
    "ORDER BY ordinal_position"
)
_ALL_INDEXES = "SELECT DISTINCT table_name, index_name FROM information_schema.statistics WHERE table_schema = %s"
# All columns: `ignored` is MariaDB's since 10.6, `is_visible` and `expression` are MySQL's since 8.0.
_INDEXES = (
    "SELECT * FROM information_schema.statistics WHERE table_schema = %s AND table_name = %s "
    "ORDER BY index_name, seq_in_index"
)
_KEYS = (
    "SELECT constraint_name, table_schema, table_name, column_name, referenced_table_schema, referenced_table_name, "
    "referenced_column_name FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND "
    "((table_schema = %s AND table_name = %s) OR (referenced_table_schema = %s AND referenced_table_name = %s)) "
    "ORDER BY table_schema, constraint_name, ordinal_position"
)
# InnoDB's own list holds the keys of every database. MariaDB's has names as they are in the file system.
_INNODB_KEYS = {
    MARIADB: (
        "SELECT f.id, f.for_name, c.for_col_name, c.ref_col_name FROM information_schema.innodb_sys_foreign f "
        "JOIN information_schema.innodb_sys_foreign_cols c ON c.id = f.id "
        "WHERE f.ref_name = CONCAT(CAST(CONVERT(%s USING filename) AS BINARY), '/', "
        "CAST(CONVERT(%s USING filename) AS BINARY)) "
        "AND SUBSTRING_INDEX(f.for_name, '/', 1) <> CAST(CONVERT(%s USING filename) AS BINARY) ORDER BY f.id, c.pos"
    ),
    "MySQL": (
        "SELECT f.id, f.for_name, c.for_col_name, c.ref_col_name FROM information_schema.innodb_foreign f "
        "JOIN information_schema.innodb_foreign_cols c ON c.id = f.id "
        "WHERE f.ref_name = CONCAT(%s, '/', %s) AND SUBSTRING_INDEX(f.for_name, '/', 1) <> %s ORDER BY f.id, c.pos"
    ),
}


def _indexes(connection: Connection, database: str, table: str) -> tuple[IndexShape, ...]:
    found: dict[str, list[Mapping[str, object]]] = {}
    for row in records(connection, _INDEXES, (database, table)):
        found.setdefault(str(row["index_name"]), []).append(row)
    return tuple(_index(name, parts) for name, parts in found.items())


def _index(name: str, found: list[Mapping[str, object]]) -> IndexShape:
    first = found[0]
    guesses = [int(str(row["cardinality"])) for row in found if row["cardinality"] is not None]
    return IndexShape(
        name=name,
        unique=not int(str(first["non_unique"])),
        parts=tuple(_part(row) for row in found),
        kind=str(first["index_type"]),
        ignored=first.get("ignored") == "YES" or first.get("is_visible") == "NO",
        cardinality=guesses[-1] if guesses else None,
        comment=str(first.get("index_comment") or ""),
    )


def _part(row: Mapping[str, object]) -> Part:
    column, prefix, expression = row["column_name"], row["sub_part"], row.get("expression")
    return Part(
        column=None if column is None else str(column),
        expression=None if expression is None else str(expression),
        prefix=None if prefix is None else int(str(prefix)),
        descending=row["collation"] == "D",
    )


def _foreign_keys(connection: Connection, database: str, table: str) -> list[ForeignKeyShape]:
    found: dict[tuple[str, str, str], tuple[str, str, list[str], list[str]]] = {}
    for row in rows(connection, _KEYS, (database, table, database, table)):
        name, schema, own, column, to_schema, to, referenced = map(str, row)
        entry = found.setdefault((schema, own, name), (to_schema, to, [], []))
        entry[2].append(column)
        entry[3].append(referenced)
    return [
        ForeignKeyShape(name, schema, own, tuple(columns), to_schema, to, tuple(referenced))
        for (schema, own, name), (to_schema, to, columns, referenced) in found.items()
    ]


def _elsewhere(
    connection: Connection, version: ServerVersion, database: str, table: str
) -> list[ForeignKeyShape] | Denied:
    """The foreign keys that point to a table from other databases; names may be in the file system's spelling."""
    statement = _INNODB_KEYS[version.flavour]
    answer = ask(connection, statement, (database, table, database), "PROCESS ON *.*")
    if isinstance(answer, Denied):
        return answer
    found: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for key, child, column, referenced in answer:
        entry = found.setdefault((str(key), str(child)), ([], []))
        entry[0].append(str(column))
        entry[1].append(str(referenced))
    return [
        ForeignKeyShape(
            key.partition("/")[2],
            child.partition("/")[0],
            child.partition("/")[2],
            tuple(columns),
            database,
            table,
            tuple(referenced),
        )
        for (key, child), (columns, referenced) in found.items()
    ]


def _missing(what: str, where: str, name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.5)
    shown = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"There is no {what} {where}.{meant} There are: {shown or 'none'}."
