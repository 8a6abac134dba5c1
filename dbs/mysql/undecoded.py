"""Rows as the bytes that the server sent: definitions may hold bytes that are no text (a BINARY column's default)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from dbs.mysql.interface import Connection
from dbs.mysql.query import Row, rows


def byte_rows(connection: Connection, sql: str, values: Sequence[object] = ()) -> list[Row]:
    """All rows of one statement with texts as bytes, in the connection's character set. Raises `DatabaseError`."""
    untyped = cast("Any", connection)
    before, untyped.use_unicode = untyped.use_unicode, False
    try:
        return rows(connection, sql, values)
    finally:
        untyped.use_unicode = before
