"""What a statement did, without reading what it answered: for statements that are somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pymysql.constants import COMMAND, SERVER_STATUS

from dbs.mysql.interface import Connection, DatabaseError, expected

_ENDS = 0xFE
_LONGEST_END = 9
"""An end packet is shorter; a row that begins with 0xFE has a length of eight bytes behind it."""


@dataclass(frozen=True)
class Effect:
    """Of all results together: `rows` affected or sent, `warnings` after the last one.

    `in_transaction` says whether one is open now.
    """

    rows: int
    warnings: int
    in_transaction: bool


def effect(connection: Connection, statement: bytes) -> Effect:
    """Send bytes as one statement, untouched and in no character set, and drain its results. Raises `DatabaseError`.

    Goes by PyMySQL's own reading, which decodes what it is not asked for (names of columns in a character set that the
    statement has just changed) and keeps all rows; hence the private names.
    """
    raw: Any = connection
    try:
        with expected("run a statement"):
            raw._execute_command(COMMAND.COM_QUERY, statement)
            rows = 0
            while True:
                one, status, warnings = _result(raw)
                rows += one
                raw.server_status = status
                if not status & SERVER_STATUS.SERVER_MORE_RESULTS_EXISTS:
                    return Effect(rows, warnings, bool(status & SERVER_STATUS.SERVER_STATUS_IN_TRANS))
    except (OSError, ValueError, AttributeError) as error:  # another thread closed the connection under our hands
        if connection.open and not isinstance(error, OSError):
            raise
        raw._force_close()
        raise DatabaseError("Could not run a statement: the connection is closed.", 2013, "it is closed") from error


def _result(raw: Any) -> tuple[int, int, int]:
    """Rows, server status and warnings of the next result."""
    first = raw._read_packet()
    if first.is_ok_packet():
        first.advance(1)
        affected = first.read_length_encoded_integer()
        first.read_length_encoded_integer()
        return int(affected), first.read_uint16(), first.read_uint16()
    if first.is_load_local_packet():
        raw.write_packet(b"")  # no file
        return _result(raw)
    for _ in range(first.read_length_encoded_integer() + 1):  # the columns, and the packet that ends them
        raw._read_packet()
    count = 0
    while True:
        data = raw._read_packet().get_all_data()
        if data[0] == _ENDS and len(data) < _LONGEST_END:
            return count, int.from_bytes(data[3:5], "little"), int.from_bytes(data[1:3], "little")
        count += 1
