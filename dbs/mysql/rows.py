"""Reading many rows: blocks of packets straight from the connection, without making objects of them here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pymysql.constants import COMMAND
from pymysql.err import raise_mysql_exception

from dbs.mysql.interface import Connection, DatabaseError, expected
from dbs.mysql.packets import HEADER_BYTES, whole

BLOCK_BYTES = 256 * 1024
"""Bytes asked for at once. A block is at least one row, so a row of 16 MB makes a block of 16 MB."""
_LEAST_BYTES = 128 * 1024
"""A server sends some 20 KB at once; in larger blocks each row takes less time."""


@dataclass(frozen=True)
class Block:
    """Whole rows as `dbs.mysql.packets.parse` takes them, each with `fields` fields."""

    fields: int
    packets: bytes


def stream(connection: Connection, sql: str) -> Iterator[Block]:
    """The rows of one SELECT, a block at a time; nothing is kept. Raises `DatabaseError`.

    A stream that is not read to its end leaves answers on the line: the connection is closed then. This goes by
    PyMySQL's own reading (it takes 8 times as long), hence the private names.
    """
    finished = False
    try:
        with expected("read rows"):
            fields = _ask(connection, sql)
            for block in _blocks(connection):
                yield Block(fields, block)
            finished = True
    except OSError as error:
        raise DatabaseError(f"Could not read rows: {error.strerror or error}.", 2013, str(error)) from error
    finally:
        if not finished and connection.open:
            _raw(connection)._force_close()


def _raw(connection: Connection) -> Any:
    """The connection without its types, which know nothing of what PyMySQL keeps to itself."""
    return connection


def _ask(connection: Connection, sql: str) -> int:
    """Send the statement and read the description of its columns; how many there are."""
    raw = _raw(connection)
    raw._execute_command(COMMAND.COM_QUERY, sql)
    first = raw._read_packet()
    fields = int(first.read_length_encoded_integer())
    for _ in range(fields + 1):  # the columns, and the packet that ends them
        raw._read_packet()
    return fields


def _blocks(connection: Connection) -> Iterator[bytes]:
    reader = _raw(connection)._rfile
    rest, end, wanted = b"", 0, 1
    while True:
        piece = reader.read1(BLOCK_BYTES) if wanted <= BLOCK_BYTES else reader.read(wanted)
        if not piece:
            raise DatabaseError("Could not read rows: the server closed the connection.", 2013, "connection lost")
        rest = rest + piece if rest else piece
        del piece  # a row of 16 MB need not be there twice
        end, wanted = whole(rest, end)
        if end >= _LEAST_BYTES or (end and (not wanted or wanted > BLOCK_BYTES)):
            yield rest[:end]
            rest, end = rest[end:], 0
        if not wanted:
            _last(rest)
            return


def _last(rest: bytes) -> None:
    """The packet behind the rows: their end, or why they stop."""
    payload = rest[HEADER_BYTES:]
    if payload[:1] == b"\xff":
        raise_mysql_exception(payload)
