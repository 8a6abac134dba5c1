"""Rows in the way of a change, counted by the query that a person runs on production to see them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbs.migrations.doubts import doubts
from dbs.migrations.interface import Explanation, Kind
from dbs.migrations.trial import Unique, Wanted
from dbs.mysql.interface import Connection
from dbs.mysql.names import quote_name
from dbs.mysql.query import rows
from dbs.mysql.schema import ForeignKey

_LISTED = 100
"""So many rows a query for people lists."""


def duplicates(connection: Connection, wanted: Wanted) -> Iterator[Explanation]:
    """For each unique key that is new or means something else: groups of rows that are the same to it."""
    place = quote_name(wanted.table.name)
    for unique in wanted.uniques:
        parts = [_part(wanted, name, length) for name, length in unique.parts]
        if any(part is None for part in parts):
            yield from _same_default(connection, wanted, unique)
            continue
        shown = [part for part in parts if part is not None]
        grouped = ", ".join(shown)
        where = " AND ".join(f"{quote_name(name)} IS NOT NULL" for name in _columns(wanted, unique))
        having = f"FROM {place} WHERE {where} GROUP BY {grouped} HAVING COUNT(*) > 1"
        counted = f"SELECT COUNT(*), COALESCE(SUM(n), 0) FROM (SELECT COUNT(*) AS n {having}) AS d"  # noqa: S608 - quoted
        groups, count = map(int, rows(connection, counted)[0])
        columns = _columns(wanted, unique)
        yield Explanation(
            "duplicates",
            f"{count:,} rows of {wanted.table.name} share the same {', '.join(columns)} with others, in {groups:,} "
            f"groups; the unique key {unique.name} takes each only once.",
            wanted.table.name,
            columns,
            unique.name,
            {"groups": groups, "rows": count},
            f"SELECT {grouped}, COUNT(*) AS same {having} ORDER BY same DESC LIMIT {_LISTED};",
        )


def _columns(wanted: Wanted, unique: Unique) -> tuple[str, ...]:
    names = (wanted.old_name(name) for name, _ in unique.parts if name is not None)
    return tuple(name for name in names if name is not None)


def _part(wanted: Wanted, name: str | None, length: int | None) -> str | None:
    """A column as the key compares it: as much of it, and in the collation that it is to have."""
    old = wanted.old_name(name) if name is not None else None
    if old is None:
        return None
    was, now = next((old_, new) for old_, new in wanted.columns if old_.name == old)
    text = quote_name(old)
    if length:
        text = f"LEFT({text}, {length})"
    if now.collation and now.collation != was.collation:
        converted = f"CONVERT({text} USING {now.charset})" if now.charset != was.charset else text
        text = f"{converted} COLLATE {now.collation}"
    return text


def _same_default(connection: Connection, wanted: Wanted, unique: Unique) -> Iterator[Explanation]:
    """A key over a column that comes with the same statement: every row gets the same value there."""
    if len(unique.parts) != 1 or unique.parts[0][0] is None:
        return
    count = int(rows(connection, f"SELECT COUNT(*) FROM {quote_name(wanted.table.name)}")[0][0])  # noqa: S608 - quoted
    if count > 1:
        column = unique.parts[0][0]
        sentence = f"All {count:,} rows of {wanted.table.name} get the same value in the new column {column}, which the"
        yield Explanation(
            "duplicates",
            f"{sentence} unique key {unique.name} takes only once.",
            wanted.table.name,
            (column,),
            unique.name,
            {"groups": 1, "rows": count},
        )


def orphans(connection: Connection, wanted: Wanted) -> Iterator[Explanation]:
    """For each new foreign key: rows that point nowhere."""
    for key in wanted.foreign_keys:
        found = _orphaned(wanted, key)
        if found is None:
            continue
        columns, having = found
        count = int(rows(connection, f"SELECT COUNT(*) {having}")[0][0])
        points = ", ".join(f"c.{quote_name(name)}" for name in columns)
        sentence = (
            f"{count:,} rows of {wanted.table.name} point by {', '.join(columns)} to rows of {key.table} that are"
        )
        yield Explanation(
            "orphans",
            f"{sentence} not there.",
            wanted.table.name,
            columns,
            key.name,
            {"rows": count},
            f"SELECT {points}, COUNT(*) AS orphans {having} GROUP BY {points} ORDER BY orphans DESC LIMIT {_LISTED};",
        )


def _orphaned(wanted: Wanted, key: ForeignKey) -> tuple[tuple[str, ...], str] | None:
    """The columns of a foreign key as the copy has them, and the rest of a query for its orphans."""
    names = [wanted.old_name(name) for name in key.columns]
    if any(name is None for name in names):
        return None
    columns = tuple(name for name in names if name is not None)
    pairs = zip(columns, key.referenced, strict=True)
    joined = " AND ".join(f"p.{quote_name(there)} = c.{quote_name(here)}" for here, there in pairs)
    filled = " AND ".join(f"c.{quote_name(name)} IS NOT NULL" for name in columns)
    return columns, (
        f"FROM {quote_name(wanted.table.name)} AS c LEFT JOIN {quote_name(key.table)} AS p ON {joined}"
        f" WHERE p.{quote_name(key.referenced[0])} IS NULL AND {filled}"
    )


def misfits(connection: Connection, wanted: Wanted) -> Iterator[Explanation]:
    """For each column that changes: rows whose value it cannot keep."""
    for old, new in wanted.columns:
        for doubt in doubts(old, new):
            yield _misfit(connection, wanted, doubt.condition, doubt.why, doubt.kind, (doubt.column,))


def refused(connection: Connection, wanted: Wanted) -> Iterator[Explanation]:
    """For each new check: rows that it does not let in; then what columns cannot keep."""
    for name, clause in wanted.checks:
        condition = f"NOT ({_unescaped(clause)})"
        yield _misfit(connection, wanted, condition, f"break the check {name}", "wrong values", (), name)
    yield from misfits(connection, wanted)


def _misfit(
    connection: Connection,
    wanted: Wanted,
    condition: str,
    why: str,
    kind: Kind,
    columns: tuple[str, ...],
    constraint: str = "",
) -> Explanation:
    having = f"FROM {quote_name(wanted.table.name)} WHERE {condition}"
    count = int(rows(connection, f"SELECT COUNT(*) {having}")[0][0])
    return Explanation(
        kind,
        f"{count:,} rows of {wanted.table.name} {why}.",
        wanted.table.name,
        columns,
        constraint,
        {"rows": count},
        f"SELECT * {having} LIMIT {_LISTED};",
    )


def _unescaped(clause: str) -> str:
    """The check as SQL. MySQL keeps it as the contents of one more quoted text: each quote has a backslash."""
    first = clause.find("'")
    return re.sub(r"\\(.)", r"\1", clause, flags=re.DOTALL) if first > 0 and clause[first - 1] == "\\" else clause
