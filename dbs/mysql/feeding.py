"""LOAD DATA LOCAL from bytes that we make, never from a file that the server names.

In this protocol the *server* says which file of the client it wants; a client that obeys hands its whole disk to any
server. Here the name is not even looked at: the answer is what was given for this one statement, or nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import pymysql
from pymysql.connections import Connection, MySQLResult
from pymysql.cursors import Cursor

from dbs.mysql.interface import expected
from dbs.mysql.query import Row, rows

if TYPE_CHECKING:  # only the type stubs know that a connection has a cursor type
    _PyMySQLConnection = Connection[Cursor]
else:
    _PyMySQLConnection = Connection

PACKET_BYTES = 256 * 1024
"""So much is sent at once: far below every server's max_allowed_packet (1 MiB at least where anybody changed it)."""


class FeedingConnection(_PyMySQLConnection):
    """A connection that may be asked for a local file, and then sends `feed`."""

    feed: Iterable[bytes] | None = None

    def _read_query_result(self, unbuffered: bool = False) -> int:
        """PyMySQL's own, but with the result that does not open a file."""
        if unbuffered:
            return int(cast("Any", super())._read_query_result(unbuffered))
        result: Any = _FeedingResult(self)
        result.read()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return int(result.affected_rows)


class _FeedingResult(MySQLResult):
    def _read_load_local_packet(self, first_packet: object) -> None:
        # PyMySQL's way, step by step; none of these are in the type stubs.
        connection, this = cast("Any", self.connection), cast("Any", self)
        feed, connection.feed = connection.feed, None
        if feed is None:
            connection._force_close()
            raise pymysql.OperationalError(None, "the server asked for a local file out of turn")
        try:
            for chunk in feed:
                for start in range(0, len(chunk), PACKET_BYTES):
                    connection.write_packet(chunk[start : start + PACKET_BYTES])
        except BaseException:
            # An end of the data would commit a half: without one the server takes back what it has.
            connection._force_close()
            raise
        connection.write_packet(b"")
        this._read_ok_packet(connection._read_packet())


def hang_up(connection: Connection[Cursor]) -> None:
    """End a connection that another thread waits on: what it waits for fails at once. The server may work on."""
    line = cast("Any", connection)._sock  # PyMySQL's own `close` would only be noticed after the wait
    if line is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def load_local(connection: Connection[Cursor], statement: str, data: Iterable[bytes]) -> tuple[int, list[Row]]:
    """Run one `LOAD DATA LOCAL` with this data; the rows that it made, and its warnings (level, code, text).

    The connection is one of `connect(..., local_infile=True)`. LOCAL makes warnings of errors, so the caller has to
    look at them; the texts hold values. When `data` raises, the connection is closed and nothing is kept. Raises
    `DatabaseError`.
    """
    if not isinstance(connection, FeedingConnection):
        raise TypeError("load_local takes a connection made with local_infile=True")
    connection.feed = data
    try:
        with expected("load rows"), connection.cursor() as cursor:
            made = cursor.execute(statement)
            warned = cast("Any", cursor).warning_count
    finally:
        connection.feed = None
    if not warned:
        return made, []
    # A server may be set to keep no texts; that it warned is known all the same.
    return made, rows(connection, "SHOW WARNINGS") or [("Warning", 0, "")]
