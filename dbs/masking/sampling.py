"""A few values of each column, read gently, to see what a column holds. They stay in this process's memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from dbs.masking.interface import Policy
from dbs.masking.naming import plain
from dbs.masking.patterns import LONGEST_READ
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute, rows
from dbs.mysql.schema import Column, Schema, Table
from dbs.mysql.version import MARIADB, parse

PROBES = 6
"""Places of a table at which rows are read: the beginning, the end, and evenly between."""
ROWS_A_PROBE = 50
ROWS = PROBES * ROWS_A_PROBE
STATEMENT_SECONDS = 2
"""Longest that a statement may take on the source; a table that takes longer is not sampled, which is said."""

_BEGINNING = f"LIMIT {ROWS}"
_WHOLE_NUMBERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_NOT_READ = frozenset({"bit", "vector", "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring"})
_NEVER = _NOT_READ | {"multipolygon", "geometrycollection", "geomcollection"}
_CLIENT_ERRORS = 2000
_TOO_LONG = frozenset({1969, 3024})  # MariaDB's and MySQL's number for a statement that took too long


@dataclass(frozen=True)
class Samples:
    """Sampled values that are not NULL, by (table, column); production's, so never in a repr, a log or a sentence.

    `failed` has a sentence for each table that could not be sampled.
    """

    values: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict, repr=False)
    failed: Mapping[str, str] = field(default_factory=dict)

    def of(self, table: str, column: str) -> Sequence[str]:
        """The values of a column; none when it was not sampled or holds nothing but NULL."""
        return self.values.get((table, column), ())


def sample(connection: Connection, schema: Schema, only: Mapping[str, Sequence[str]] | None = None) -> Samples:
    """Some 300 rows of each table, spread over its primary key where that begins with a whole number; no full scan.

    A column that is empty in all of them and has an index is looked up there.

    `only` are the columns to look at, by table; without it all that can be read as text. Statements are limited to
    `STATEMENT_SECONDS`. Raises `DatabaseError` when the connection is lost or the account may not read.
    """
    with _limited_time(connection):
        return _sampled(connection, schema, only)


def _sampled(connection: Connection, schema: Schema, only: Mapping[str, Sequence[str]] | None) -> Samples:
    values: dict[tuple[str, str], Sequence[str]] = {}
    failed: dict[str, str] = {}
    for table in schema.tables.values():
        wanted = [one for one in table.stored if only is None or one.name in only.get(table.name, ())]
        columns = [column for column in wanted if column.data_type not in _NEVER]
        if not columns:
            continue
        try:
            found = _table(connection, schema.database, table, columns)
        except DatabaseError as error:
            if error.code not in _TOO_LONG:
                raise
            failed[table.name] = (
                f"reading a few rows took longer than {STATEMENT_SECONDS} s. Try again when it is calm."
            )
            continue
        values.update({(table.name, column): sampled for column, sampled in found.items()})
    return Samples(values, failed)


def check_limits(connection: Connection, policy: Policy, schema: Schema) -> dict[str, str]:
    """Table → why its `where` does not work there. The server only plans the statement (EXPLAIN)."""
    limits = {name: rules.where for name, rules in policy.tables.items() if rules.where and name in schema.tables}
    if not limits:
        return {}
    wrong: dict[str, str] = {}
    with _limited_time(connection):
        for name, where in limits.items():
            place = f"{quote_name(schema.database)}.{quote_name(name)}"
            try:
                # The text is the policy's, which is reviewed, and the account only reads.
                rows(connection, f"EXPLAIN SELECT 1 FROM {place} WHERE ({where})")  # noqa: S608
            except DatabaseError as error:
                if error.code is None or error.code >= _CLIENT_ERRORS:
                    raise  # the connection is lost, which says nothing about the policy
                wrong[name] = f"{plain(name)}: the server does not take its where ({plain(error.reason)})."
    return wrong


@contextmanager
def _limited_time(connection: Connection) -> Iterator[None]:
    """Statements end after `STATEMENT_SECONDS`; afterwards the session has the limit that it had before."""
    version = parse(str(rows(connection, "SELECT VERSION()")[0][0]))
    mariadb = version is not None and version.flavour == MARIADB
    name, limit = (
        ("max_statement_time", STATEMENT_SECONDS) if mariadb else ("max_execution_time", STATEMENT_SECONDS * 1000)
    )
    before = rows(connection, f"SELECT @@SESSION.{name}")[0][0]
    execute(connection, f"SET SESSION {name} = {limit}")
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a lost connection has no session any more
            execute(connection, f"SET SESSION {name} = %s", (before,))


def _table(connection: Connection, database: str, table: Table, columns: Sequence[Column]) -> dict[str, list[str]]:
    """Sampled values by column, without NULL."""
    where = f"{quote_name(database)}.{quote_name(table.name)}"
    listed = ", ".join(map(_expression, columns))
    found: list[tuple[bytes | str | None, ...]] = []
    for end in _probes(connection, where, table):
        read = rows(connection, f"SELECT {listed} FROM {where} {end}")  # noqa: S608 - names are quoted
        found += read
        if end == _BEGINNING and len(read) < ROWS:
            break  # that was the whole table
    values = {column.name: _texts(row[at] for row in found) for at, column in enumerate(columns)}
    indexed = {index.columns[0] for index in table.indexes if index.columns}
    for column in columns:
        if not values[column.name] and len(found) >= ROWS and column.name in indexed:
            # Filled in few rows only: the index leads to them.
            end = f"WHERE {quote_name(column.name)} IS NOT NULL LIMIT {ROWS_A_PROBE}"
            read = rows(connection, f"SELECT {_expression(column)} FROM {where} {end}")  # noqa: S608
            values[column.name] = _texts(row[0] for row in read)
    return values


def _probes(connection: Connection, where: str, table: Table) -> Iterator[str]:
    """The ends of the statements. Each reads neighbours in the primary key, so none has to walk over the table."""
    key = table.primary_key
    if key and table.by_name[key[0]].data_type in _WHOLE_NUMBERS:
        name = quote_name(key[0])
        least, most = rows(connection, f"SELECT MIN({name}), MAX({name}) FROM {where}")[0]  # noqa: S608
        if least is not None and most - least >= ROWS:
            yield from _spread(name, int(least), int(most))
            return
    yield _BEGINNING
    if key:
        newest = ", ".join(f"{quote_name(column)} DESC" for column in key)
        yield f"ORDER BY {newest} LIMIT {ROWS_A_PROBE}"


def _spread(name: str, least: int, most: int) -> Iterator[str]:
    step = (most - least) // PROBES
    for number in range(PROBES - 1):
        first = least + number * step
        yield f"WHERE {name} >= {first} AND {name} < {first + step} ORDER BY {name} LIMIT {ROWS_A_PROBE}"
    # The newest rows: what was added lately is filled there only.
    yield f"WHERE {name} >= {least + (PROBES - 1) * step} ORDER BY {name} DESC LIMIT {ROWS_A_PROBE}"


def _expression(column: Column) -> str:
    """The column as bytes: text in UTF-8, whatever it is stored in. Bytes that are no valid text must not stop us."""
    name = quote_name(column.name)
    if column.binary:
        return f"LEFT({name}, {LONGEST_READ})"
    if column.number or column.date:
        return f"CAST({name} AS CHAR)"
    return f"CAST(CONVERT(LEFT({name}, {LONGEST_READ}) USING utf8mb4) AS BINARY)"


def _texts(values: Iterable[bytes | str | None]) -> list[str]:
    return [one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in values if one is not None]
