"""What the rest of dbs sees of a source: an open connection with its facts, and one kind of failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from dbs.errors import FailedError
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.version import ServerVersion

# Numbers of https://mariadb.com/kb/en/mariadb-error-codes/ and of the client libraries (2000 to 2999).
TRANSIENT_CODES = frozenset(
    {
        1040,  # too many connections
        1053,  # the server is shutting down
        1158,  # to 1161: the network failed below a packet
        1159,
        1160,
        1161,
        1203,  # the account has as many connections as it may
        1205,  # a lock was not given in time
        1213,  # deadlock
        1226,  # the account has used up what it may in an hour
        1317,  # interrupted
        1412,  # the table's definition changed since the snapshot
        1927,  # MariaDB: the connection was killed
        1969,  # MariaDB: longer than max_statement_time
        2002,  # no such socket, or nobody listens
        2003,  # the same over TCP
        2006,  # gone away
        2013,  # lost in the middle of a statement
        3024,  # MySQL: longer than max_execution_time
        4031,  # MySQL: thrown out for having been silent
    }
)


class SourceError(FailedError):
    """A source cannot be read. `transient`: the same may work a little later, without anybody's doing."""

    def __init__(self, sentence: str, *, transient: bool) -> None:
        super().__init__(sentence)
        self.transient = transient


@dataclass(frozen=True)
class Lag:
    """How a server stands to the one that it copies.

    `replica` is None where the account may not ask; then, and on a server that copies none, the rest says nothing.
    `seconds` is how far it is behind; None while replication is stopped.
    """

    replica: bool | None
    seconds: float | None = None

    @property
    def stopped(self) -> bool:
        """Whether it is a replica that copies nothing at present."""
        return bool(self.replica) and self.seconds is None


@dataclass(frozen=True)
class Opened:
    """A connection to the server that was chosen, and what is known of it. A context manager that closes it.

    `where` names the server in a sentence. `is_replica` is also true of a server that the settings call one.
    `lag_seconds` is None on a primary and where it cannot be known. `tls` says how the connection is protected.
    `passed_over` has a sentence for each replica that was not taken. `again` opens one more connection to the same
    server; it raises `SourceError`.
    """

    connection: Connection = field(repr=False)
    where: str
    database: str
    is_replica: bool
    lag_seconds: float | None
    version: ServerVersion
    tls: str
    again: Callable[[], Connection] = field(repr=False)
    passed_over: tuple[str, ...] = ()

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        if self.connection.open:
            self.connection.close()


@dataclass(frozen=True)
class Snapshot:
    """One state of the source, in which everything is read. `data_state_at` is when production was like that (UTC)."""

    data_state_at: datetime


@contextmanager
def source_errors(doing: str = "") -> Iterator[None]:
    """Turn what the server says into a `SourceError` that knows whether to try again.

    `doing` is put before the server's words, such as "While the table orders was read: ".
    """
    try:
        yield
    except DatabaseError as error:
        raise SourceError(f"{doing}{error}", transient=error.code in TRANSIENT_CODES) from error


def sentence_case(text: str) -> str:
    """The text with a capital at its beginning; unlike `str.capitalize` it leaves names in it alone."""
    return text[:1].upper() + text[1:]
