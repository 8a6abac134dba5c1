"""What the rest of dbs sees of a database server: an address, a connection, and one kind of failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeAlias

import pymysql
from pymysql.connections import Connection as PyMySQLConnection
from pymysql.cursors import Cursor

from dbs.errors import FailedError

# As text: only the type stubs know that a connection has a cursor type.
Connection: TypeAlias = "PyMySQLConnection[Cursor]"
"""An open connection; a context manager that closes itself. Use it through `dbs.mysql.query`."""


class ServerAddress(Protocol):
    """Where a server listens: a Unix socket path, or host and port; and the account to log in as."""

    @property
    def user(self) -> str: ...
    @property
    def unix_socket(self) -> str | None: ...
    @property
    def host(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...


class DatabaseError(FailedError):
    """The server (or the way to it) said no.

    `code` is the error number of the server or the client library (1045 access denied, 2013 connection lost),
    or None when there is none; `reason` is its text without what we were doing.
    """

    def __init__(self, sentence: str, code: int | None = None, reason: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.reason = reason


@contextmanager
def expected(doing: str, secret: str | None = None) -> Iterator[None]:
    """Turn whatever PyMySQL raises into a `DatabaseError`: "Could not <doing>: <reason> (error N)."

    `secret` never appears in the sentence, whatever the server wrote.
    """
    try:
        yield
    except pymysql.MySQLError as error:
        code, reason = _parts(error)
        if secret:
            reason = reason.replace(secret, "***")
        number = "" if code is None else f" (error {code})"
        raise DatabaseError(f"Could not {doing}: {reason}{number}.", code, reason) from error


def _parts(error: pymysql.MySQLError) -> tuple[int | None, str]:
    """Error number and text; PyMySQL raises with (number, text), (text,) or nothing at all."""
    numbers = [part for part in error.args if isinstance(part, int) and part]
    texts = [part for part in error.args if isinstance(part, str)]
    reason = texts[0].rstrip(". ") if texts and texts[0] else "the connection is closed"
    return (numbers[0] if numbers else None), reason
