"""An instance before and after: its tables, their sizes and rows, its schema; and what became of each."""

from __future__ import annotations

import difflib
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dbs.migrations.interface import Difference, Observed, SchemaChange, SchemaObject, TableChange, TableState
from dbs.migrations.schema import schema_objects
from dbs.mysql.interface import Connection
from dbs.mysql.names import quote_name
from dbs.mysql.query import IS_TABLE, execute, rows
from dbs.mysql.version import MARIADB, parse

COUNTED_ROWS = 300_000
"""Tables of so many rows by the server's guess are counted: 0.09 s for a million in memory."""
COUNTED_BYTES = 512 * 1024 * 1024
"""… unless their file is larger than this: with statistics that are not kept up, a guess can be 0."""
COUNTING_SECONDS = 3.0
"""After so long no further table is counted."""
_TABLES = f"""SELECT table_name, engine, COALESCE(table_rows, 0), COALESCE(data_length, 0) + COALESCE(index_length, 0)
    FROM information_schema.tables WHERE table_schema = %s AND {IS_TABLE} ORDER BY table_name"""  # noqa: S608 - constant
_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_PARTITION = re.compile(r"#p#", re.IGNORECASE)


@dataclass
class _Inner:
    """What InnoDB knows of a table; of a partitioned one of all its parts together."""

    id: int
    changed: int | None = 0
    file_bytes: int = 0


def observe(connection: Connection, database: str) -> Observed:
    """Look at a database. `connection` is an administrator's: InnoDB's own tables want PROCESS. Raises `DatabaseError`.

    Takes a few milliseconds per table, and up to `COUNTING_SECONDS` for counting rows.
    """
    if rows(connection, "SHOW VARIABLES LIKE 'information_schema_stats_expiry'"):
        execute(connection, "SET SESSION information_schema_stats_expiry = 0")  # MySQL shows sizes of yesterday
    inner, mariadb = _inner(connection, database), _is_mariadb(connection)
    end = time.monotonic() + COUNTING_SECONDS
    tables = []
    for name, engine, guess, size in rows(connection, _TABLES, (database,)):
        known = inner.get(_file_name(connection, name, mariadb))
        file_bytes = known.file_bytes or None if known else None
        small = int(guess) <= COUNTED_ROWS and max(file_bytes or 0, int(size)) <= COUNTED_BYTES
        exact = small and time.monotonic() < end
        count = _count(connection, database, name) if exact else int(guess)
        ids = (known.id, known.changed) if known else (None, None)
        tables.append(TableState(name, engine or "", count, exact, int(size), file_bytes, *ids))
    return Observed(database, tuple(tables), schema_objects(connection, database))


def _count(connection: Connection, database: str, table: str) -> int:
    place = f"{quote_name(database)}.{quote_name(table)}"
    return int(rows(connection, f"SELECT COUNT(*) FROM {place}")[0][0])  # noqa: S608 - quoted


def _inner(connection: Connection, database: str) -> dict[str, _Inner]:
    """InnoDB's numbers by the table's name in files. MariaDB has them in INNODB_SYS_…, MySQL in INNODB_….

    MySQL keeps no counter of changes for partitions.
    """
    mariadb = _is_mariadb(connection)
    prefix = "INNODB_SYS_" if mariadb else "INNODB_"
    sql = (
        "SELECT t.name, t.table_id, s.modified_counter, COALESCE(f.file_size, 0)"  # noqa: S608 - constants
        f" FROM information_schema.{prefix}TABLES t"
        f" LEFT JOIN information_schema.{prefix}TABLESTATS s ON s.table_id = t.table_id"
        f" LEFT JOIN information_schema.{prefix}TABLESPACES f ON f.space = t.space AND t.space > 0"
        " WHERE LEFT(t.name, CHAR_LENGTH(%s)) = %s"
    )
    start = _file_name(connection, database, mariadb) + "/"
    tables: dict[str, _Inner] = {}
    for name, number, changed, size in rows(connection, sql, (start, start)):
        known = tables.setdefault(_PARTITION.split(str(name)[len(start) :])[0], _Inner(int(number)))
        known.id = max(known.id, int(number))
        known.changed = None if changed is None or known.changed is None else known.changed + int(changed)
        known.file_bytes += int(size)
    return tables


def _is_mariadb(connection: Connection) -> bool:
    found = parse(str(rows(connection, "SELECT VERSION()")[0][0]))
    return found is not None and found.flavour == MARIADB


def _file_name(connection: Connection, name: str, mariadb: bool) -> str:
    """A name as files have it, where letters and digits are themselves and most others are numbers.

    Letters beyond ASCII go by a table that only the server has; MySQL does not show it, and such a table is not found.
    """
    if _PLAIN.fullmatch(name):
        return name
    if mariadb:
        [(encoded,)] = rows(connection, "SELECT CAST(CONVERT(%s USING filename) AS BINARY)", (name,))
        return str(encoded.decode())
    return "".join(each if _PLAIN.fullmatch(each) else f"@{ord(each):04x}" for each in name)


def compare(before: Observed, after: Observed) -> Difference:
    """What became of each table that changed, and of the schema. A renamed table is one change, not two."""
    return Difference(
        tuple(_tables(before, after)),
        tuple(_schema(before, after)),
        before.bytes,
        after.bytes,
        "\n".join(difflib.unified_diff(_lines(before), _lines(after), "before", "after", n=1, lineterm="")),
    )


def _tables(before: Observed, after: Observed) -> Iterator[TableChange]:
    old = {table.name: table for table in before.tables}
    new = {table.name: table for table in after.tables}
    by_id = {table.table_id: table for table in before.tables if table.table_id is not None and table.name not in new}
    renamed = {
        by_id[table.table_id].name for table in new.values() if table.name not in old and table.table_id in by_id
    }
    for name in sorted({*old, *new} - renamed):
        now = new.get(name)
        was = old.get(name) or (by_id.get(now.table_id) if now and now.table_id is not None else None)
        change = _change(name, was, now)
        if was != now and (was is None or now is None or _differs(change)):
            yield change


def _change(name: str, was: TableState | None, now: TableState | None) -> TableChange:
    rebuilt = was is not None and now is not None and was.table_id != now.table_id
    changed: int | None = None
    if now is not None and now.changed is not None and not rebuilt:
        start = was.changed if was is not None else 0
        changed = now.changed - start if start is not None and now.changed >= start else None
    return TableChange(name, was, now, changed, rebuilt)


def _differs(change: TableChange) -> bool:
    was, now = change.before, change.after
    if was is None or now is None or change.rebuilt or was.name != now.name:
        return True
    return bool(change.rows_changed) or (was.rows, was.bytes, was.file_bytes) != (now.rows, now.bytes, now.file_bytes)


def _schema(before: Observed, after: Observed) -> Iterator[SchemaChange]:
    old = {(each.kind, each.table, each.name): each.definition for each in before.objects}
    new = {(each.kind, each.table, each.name): each.definition for each in after.objects}
    for key in (*old, *(key for key in new if key not in old)):
        if key not in new:
            yield SchemaChange("dropped", *key, old[key], "")
        elif key not in old:
            yield SchemaChange("added", *key, "", new[key])
        elif old[key] != new[key]:
            yield SchemaChange("changed", *key, old[key], new[key])
    for table, was, now in _reordered(before, after):
        yield SchemaChange("changed", "column order", table, "", ", ".join(was), ", ".join(now))


def _reordered(before: Observed, after: Observed) -> Iterator[tuple[str, list[str], list[str]]]:
    """Tables in which columns that stayed come in another order."""
    old, new = _column_names(before), _column_names(after)
    for table in sorted(old.keys() & new.keys()):
        was = [name for name in old[table] if name in new[table]]
        now = [name for name in new[table] if name in old[table]]
        if was != now:
            yield table, was, now


def _column_names(observed: Observed) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for each in observed.objects:
        if each.kind == "column":
            found[each.table].append(each.name)
    return found


def _lines(observed: Observed) -> list[str]:
    return [_shown(each) for each in observed.objects]


def _shown(each: SchemaObject) -> str:
    place = f"{each.table}." if each.table else ""
    return f"{each.kind} {place}{each.name} {each.definition}"
