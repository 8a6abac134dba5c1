"""Prepared statements in the binary protocol, as PDO and Go's driver send them; PyMySQL has none."""

from __future__ import annotations

import struct
from typing import Any

from dbs.mysql.interface import Connection

_PREPARE, _EXECUTE, _CLOSE = 0x16, 0x17, 0x19
_STRING = 0xFD


def prepare(connection: Connection, sql: str) -> tuple[int, int]:
    """The number of the prepared statement, and of its places for values."""
    raw: Any = connection
    raw._execute_command(_PREPARE, sql)
    data = raw._read_packet().get_all_data()
    number, columns, places = struct.unpack_from("<IHH", data, 1)
    for count in (places, columns):
        for _ in range(count + 1 if count else 0):  # with the packet that ends them
            raw._read_packet()
    return number, places


def execute(connection: Connection, number: int, values: tuple[str, ...]) -> None:
    """Run it with texts as values. It must not be one that sends rows."""
    raw: Any = connection
    body = struct.pack("<IBI", number, 0, 1)
    if values:
        body += bytes((len(values) + 7) // 8) + b"\x01" + struct.pack("<H", _STRING) * len(values)
        for value in values:
            encoded = value.encode()
            body += struct.pack("<BH", 0xFC, len(encoded)) + encoded
    raw._execute_command(_EXECUTE, body)
    raw._read_packet()


def close(connection: Connection, number: int) -> None:
    """Forget it; the server does not answer."""
    raw: Any = connection
    raw._execute_command(_CLOSE, struct.pack("<I", number))
