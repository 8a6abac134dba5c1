"""Opening a connection."""

from __future__ import annotations

from typing import Any, cast

import pymysql

from dbs.mysql.feeding import FeedingConnection
from dbs.mysql.interface import Connection, DatabaseError, ServerAddress, expected
from dbs.mysql.way import Way, keep_alive, security


def connect(
    address: ServerAddress,
    database: str | None = None,
    connect_timeout_seconds: float = 5,
    read_timeout_seconds: float | None = None,
    password: str | None = None,
    local_infile: bool = False,
    way: Way | None = None,
) -> Connection:
    """An open connection with autocommit on, utf8mb4, and without LOAD DATA LOCAL unless it is asked for.
    With it the server still gets no file: only what `dbs.mysql.feeding` gives it.

    `connect_timeout_seconds` bounds each wait of the whole log-in, so that a server which takes the
    connection but never says hello (stopped, or not started behind a held socket) is noticed.
    `read_timeout_seconds` bounds the wait for each later answer; None waits for ever. Without a `way` the server is
    one of ours, and its certificate is not looked at. Raises `DatabaseError`, and what `way.dial` raises;
    its sentence never holds the password.
    """
    doing = f"connect to {_place(address)} as {address.user}"
    try:
        with expected(doing, secret=password):
            # Any: the type stubs know neither that it takes a socket nor its timeout.
            connection: Any = (FeedingConnection if local_infile else pymysql.connect)(
                user=address.user,
                # As bytes: PyMySQL would encode text as Latin-1, and show characters of it when that fails.
                password=(password or "").encode(),
                unix_socket=address.unix_socket,
                host=address.host,
                port=address.port or 0,
                database=database,
                connect_timeout=connect_timeout_seconds,
                read_timeout=connect_timeout_seconds,
                autocommit=True,
                local_infile=local_infile,
                defer_connect=True,
                **security(address, way),
            )
            connection.connect(way.socket() if way else None)
    except UnicodeError as error:  # a host name that cannot be one, such as "a..b"
        raise DatabaseError(f"Could not {doing}: that is not a host name.") from error
    # PyMySQL has one read timeout for the log-in and for everything after it, and no public way to part them.
    connection._read_timeout = read_timeout_seconds
    if way is not None:
        keep_alive(connection)
    return cast("Connection", connection)


def _place(address: ServerAddress) -> str:
    """How a sentence names the server."""
    if address.unix_socket is not None:
        return f"the server at {address.unix_socket}"
    return f"the server at {address.host or 'localhost'}:{address.port or 3306}"
