"""Questions to a server whose answer may be "you may not know that"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dbs.mysql.interface import Connection, DatabaseError, expected
from dbs.mysql.query import Row, execute, rows
from dbs.mysql.version import MARIADB, ServerVersion

# https://mariadb.com/kb/en/mariadb-error-codes/: no right on a database, a table, a column, for an operation.
_DENIED = frozenset({1044, 1142, 1143, 1227})
_LOCK_SECONDS, _STATEMENT_SECONDS = 5, 30


@dataclass(frozen=True)
class Denied:
    """The account may not ask that; `grant` is the statement with which an administrator lets it."""

    grant: str


def gently(connection: Connection, version: ServerVersion) -> None:
    """Let no later question of this session wait long for a lock, or run long. Raises `DatabaseError`.

    The dictionary opens tables: behind an ALTER that waits, a question would wait for a day (MariaDB) or a year.
    """
    execute(connection, "SET SESSION sql_mode = ''")  # with ANSI_QUOTES the texts of views would look otherwise
    execute(connection, f"SET SESSION lock_wait_timeout = {_LOCK_SECONDS}")
    if version.flavour == MARIADB:
        execute(connection, f"SET SESSION max_statement_time = {_STATEMENT_SECONDS}")
    else:
        execute(connection, f"SET SESSION max_execution_time = {_STATEMENT_SECONDS * 1000}")


def ask(
    connection: Connection, sql: str, values: Sequence[object], right: str, also: tuple[int, ...] = ()
) -> list[Row] | Denied:
    """The rows; or, where the account lacks `right` (such as "PROCESS ON *.*"), the GRANT. Raises `DatabaseError`.

    `also` are more error numbers that mean the same.
    """
    try:
        return rows(connection, sql, values)
    except DatabaseError as error:
        if error.code in _DENIED or error.code in also:
            return Denied(grant(connection, right))
        raise


def grant(connection: Connection, right: str) -> str:
    """The statement that gives the account of this connection a right."""
    return f"GRANT {right} TO {account(connection)};"


def account(connection: Connection) -> str:
    """The account as SQL."""
    user, _, host = str(rows(connection, "SELECT CURRENT_USER()")[0][0]).rpartition("@")
    return "@".join("'" + part.replace("\\", "\\\\").replace("'", "''") + "'" for part in (user, host))


def records(connection: Connection, sql: str, values: Sequence[object]) -> list[Mapping[str, object]]:
    """Rows by column name in small letters, for tables of which versions have different columns."""
    with expected("run a statement"), connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [str(column[0]).lower() for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def same(one: str, other: str) -> bool:
    """Whether the server takes two names of columns, indexes or constraints for one: capitals do not count."""
    return one.casefold() == other.casefold()


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
