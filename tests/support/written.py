"""A dump of a whole database in our format, unmasked: for tests of those who load it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from dbs.dumps.interface import DumpManifest
from dbs.dumps.structure import Structure, read_structure
from dbs.dumps.writing import DumpWriter
from dbs.mysql.interface import Connection
from dbs.mysql.literals import Kind, is_wide, rows_text, wide_statements
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute, rows
from dbs.mysql.schema import Column, Schema, Table, read_schema
from dbs.mysql.undecoded import byte_rows

ROWS_PER_STATEMENT = 100


def write(connection: Connection, database: str, path: Path) -> tuple[DumpManifest, Structure]:
    """Write the dump; the connection's database becomes `database`."""
    execute(connection, "SET SESSION time_zone = '+00:00'")
    schema = read_schema(connection, database)
    structure = read_structure(connection, database, schema)
    version = str(rows(connection, "SELECT VERSION()")[0][0])
    with path.open("w+b") as file:
        writer = DumpWriter(file, path.name)
        writer.head(database, version, "2026-11-19T01:00:00", "not masked")
        writer.statements(structure.tables)
        for table in schema.tables.values():
            for _ in writer.rows(table.name, _pieces(connection, table)):
                pass
        writer.statements(structure.objects)
        writer.tail()
    return _manifest(connection, schema, writer, path, version), structure


def _manifest(connection: Connection, schema: Schema, writer: DumpWriter, path: Path, version: str) -> DumpManifest:
    names = list(schema.tables)
    return DumpManifest(
        id="hard-20261119T010000Z-0000",
        source="hard",
        database=schema.database,
        data_state_at="2026-11-19T01:00:00+00:00",
        created_at="2026-11-19T01:05:00+00:00",
        file=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        bytes_on_disk=path.stat().st_size,
        text_bytes=writer.text_bytes,
        rows={name: int(rows(connection, f"SELECT COUNT(*) FROM {quote_name(name)}")[0][0]) for name in names},
        server_version=version,
        policy_digest="",
        masked="not masked",
        frames=tuple(writer.frames),
        columns={name: [column.name for column in schema.tables[name].stored] for name in names},
    )


def _kind(column: Column) -> Kind:
    if column.binary:
        return "binary"
    # A float is quoted: as a number -0 would lose its sign in an INSERT.
    return "number" if column.number and column.data_type not in ("float", "double") else "text"


def _expression(column: Column) -> str:
    name = quote_name(column.name)
    if column.binary:
        return f"CAST({name} AS BINARY)" if column.data_type == "bit" else name
    value = f"CAST({name} AS DOUBLE)" if column.data_type == "float" else name
    return f"CONVERT({value} USING utf8mb4)"


def _pieces(connection: Connection, table: Table) -> Iterator[tuple[bool, bytes]]:
    columns = table.stored
    kinds = [_kind(column) for column in columns]
    place = quote_name(table.name)
    target = f"INSERT INTO {place} ({','.join(quote_name(column.name) for column in columns)}) VALUES".encode()
    found = byte_rows(connection, f"SELECT {', '.join(map(_expression, columns))} FROM {place}")
    narrow = [list(row) for row in found if not is_wide(list(row))]
    for start in range(0, len(narrow), ROWS_PER_STATEMENT):
        lines = rows_text(list(chain.from_iterable(narrow[start : start + ROWS_PER_STATEMENT])), kinds)
        yield False, target + b"\n" + lines + b";\n"
    for row in found:
        if is_wide(list(row)):
            for statement in wide_statements(target, list(row), kinds):
                yield True, statement
