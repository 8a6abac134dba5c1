"""Indexes that are made after the rows are in, by sorting, instead of row by row.

Measured with 625,000 rows (111 MB of SQL) and three indexes on random values, all in all: 3.0/3.2/4.0 s instead of
10.0/11.7/12.0 s for the stock client; with the indexes there from the start LOAD DATA was hardly faster than that. Only
where the table is afterwards, to the letter, what it was: primary keys stay, and tables with other kinds of keys are
left alone. A server that refuses (MySQL, for an index that a foreign key needs) keeps its indexes all along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbs.dumps.interface import DumpError
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute
from dbs.mysql.schema import Table
from dbs.mysql.undecoded import byte_rows

WORTH_BYTES = 256 * 1024
"""Of rows as they lie in the file; for less, two more statements would cost more than they save."""

_NAME = rb"`(?:[^`\n]|``)+`"
_PART = _NAME + rb"(?:\(\d+\))?(?: DESC)?"
_PLAIN = re.compile(rb"  (?:UNIQUE )?KEY (" + _NAME + rb") \(" + _PART + rb"(?:," + _PART + rb")*\)[^\n]*")
_ANY_KEY = re.compile(rb"^  (?:UNIQUE |FULLTEXT |SPATIAL |VECTOR )?KEY [^\n]*", re.MULTILINE)
_COUNTER = re.compile(rb" AUTO_INCREMENT=\d+")
_DUPLICATE, _DEADLOCK = 1062, 1213
_ATTEMPTS = 5  # two tables with foreign keys to each other may meet; the one that was turned back goes again


@dataclass(frozen=True)
class LateIndexes:
    """The indexes that a table lacks for now. `created` is the table as it was and must be again."""

    table: str
    created: bytes
    definitions: tuple[bytes, ...]


def take_off(connection: Connection, table: Table) -> LateIndexes | None:
    """Drop the secondary indexes of an empty table; None when it keeps them. Foreign keys must not be checked."""
    place = quote_name(table.name)
    created: bytes = byte_rows(connection, f"SHOW CREATE TABLE {place}")[0][1]
    found = list(_plain_keys(created)) if table.engine == "InnoDB" and table.primary_key else []
    if not found or b"WITH SYSTEM VERSIONING" in created or _on_generated(table):
        return None
    drops = ", ".join(f"DROP KEY {name.decode()}" for name, _ in found)
    try:
        execute(connection, f"ALTER TABLE {place} {drops}")
    except DatabaseError:
        return None  # it says so before it changes anything
    return LateIndexes(table.name, created, tuple(definition for _, definition in found))


def put_back(connection: Connection, late: LateIndexes) -> None:
    """Make the indexes. Raises `DumpError` when rows contradict a unique one, or the table is not what it was."""
    place = quote_name(late.table)
    additions = ", ".join(f"ADD {definition.decode()}" for definition in late.definitions)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            execute(connection, f"ALTER TABLE {place} {additions}")
            break
        except DatabaseError as error:
            if error.code == _DUPLICATE:
                raise DumpError(
                    f"The rows of {late.table} hold the same value twice where a unique index allows it once; "
                    "look at the masking rules of its columns."
                ) from error
            if error.code != _DEADLOCK or attempt == _ATTEMPTS:
                raise
    now: bytes = byte_rows(connection, f"SHOW CREATE TABLE {place}")[0][1]
    if _COUNTER.sub(b"", now) != _COUNTER.sub(b"", late.created):
        raise DumpError(f"The table {late.table} came out otherwise after its indexes were made; please report it.")


def _plain_keys(created: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and definition of each secondary key, in order; nothing if one of them is of another kind."""
    lines = [line.rstrip(b",") for line in _ANY_KEY.findall(created)]
    matches = [_PLAIN.fullmatch(line) for line in lines]
    for line, found in zip(lines, matches, strict=True):
        if None in matches or found is None:
            return
        yield found[1], line.strip()


def _on_generated(table: Table) -> bool:
    return any(table.by_name[name].generated for index in table.indexes for name in index.columns)
