"""Running statements on an open connection; the server's errors come back as `DatabaseError`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dbs.mysql.interface import Connection, DatabaseError, expected
from dbs.mysql.names import quote_name

Row = tuple[Any, ...]
IS_TABLE = "table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
"""Of `information_schema.tables`: what holds rows of its own. Views do not, and MariaDB's sequences are no tables."""


def rows(connection: Connection, sql: str, values: Sequence[object] = ()) -> list[Row]:
    """All rows of one statement; `values` fill its `%s` places. Raises `DatabaseError`.

    Without values the text is sent as it is, and `%` needs no doubling.
    """
    with expected("run a statement"), connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def execute(connection: Connection, sql: str, values: Sequence[object] = ()) -> int:
    """Run one statement for its effect and return the rows it affected. Raises `DatabaseError`."""
    with expected("run a statement"), connection.cursor() as cursor:
        return cursor.execute(sql, values or None)


def execute_bytes(connection: Connection, statement: bytes) -> None:
    """Send bytes as one statement, untouched and in no character set, and drain all its results.

    Raises `DatabaseError`.
    """
    try:
        with expected("run a statement"), connection.cursor() as cursor:
            cursor.execute(statement)  # type: ignore[call-overload]  # PyMySQL passes bytes on as they are
            while cursor.nextset():
                pass
    except UnicodeDecodeError as error:
        # It changed the connection's character set behind PyMySQL's back, and then asked for rows.
        connection.close()
        reason = "its answer is not in UTF-8"
        raise DatabaseError(f"Could not run a statement: {reason}.", None, reason) from error


def table_counts(connection: Connection, database: str) -> dict[str, int]:
    """The exact number of rows of each base table, by table name. Raises `DatabaseError`."""
    names = rows(
        connection,
        f"SELECT table_name FROM information_schema.tables WHERE table_schema=%s AND {IS_TABLE}",  # noqa: S608
        (database,),
    )
    place = quote_name(database)
    return {
        str(name): int(rows(connection, f"SELECT COUNT(*) FROM {place}.{quote_name(name)}")[0][0])  # noqa: S608 - quoted
        for (name,) in sorted(names)
    }
