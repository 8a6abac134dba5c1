"""The production of these tests: databases made anew for each, an account with all rights for looking, one with few."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from dbs.evidence.asking import gently
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute
from dbs.mysql.version import ServerVersion
from dbs.sources.opening import server_version
from tests.sources.servers import PASSWORD, READING, Server, quoted

FEW, ALL = "reader", "watcher"
"""`reader` may read its databases; `watcher` also has every GRANT that evidence asks for."""

_NUMBERS = itertools.count(1)
# What a flavour does not know is left out.
_WISHES = (
    "PROCESS ON *.*",
    "SLAVE MONITOR ON *.*",
    "REPLICATION CLIENT ON *.*",
    "SHOW_ROUTINE ON *.*",
    "SELECT ON mysql.proc",
    "SELECT ON mysql.innodb_index_stats",
    "SELECT ON performance_schema.table_io_waits_summary_by_index_usage",
    "SELECT ON performance_schema.setup_instruments",
    "SELECT ON performance_schema.setup_objects",
)


@dataclass(frozen=True)
class Production:
    """A server and its version."""

    server: Server
    version: ServerVersion

    @contextmanager
    def admin(self, database: str | None = None) -> Iterator[Connection]:
        """A session of the administrator."""
        with self.server.admin(database) as connection:
            yield connection

    @contextmanager
    def account(self, database: str, user: str = ALL) -> Iterator[Connection]:
        """A session of an account that may only read."""
        address = Server(self.server.directory, self.server.tcp_port, user)
        with connect(address, database, password=PASSWORD) as connection:
            gently(connection, self.version)
            yield connection

    @contextmanager
    def database(self, *statements: str) -> Iterator[str]:
        """A database of its own, gone afterwards."""
        name = f"shop_{next(_NUMBERS)}"
        with self.admin() as connection:
            execute(connection, f"CREATE DATABASE {name}")
            for user in (FEW, ALL):
                execute(connection, f"GRANT {READING} ON {quote_name(name)}.* TO {user}@'%'")
        try:
            with self.admin(name) as connection:
                for statement in statements:
                    execute(connection, statement)
            yield name
        finally:
            with self.admin() as connection:
                execute(connection, f"DROP DATABASE {name}")


def prepare(server: Server) -> Production:
    """The accounts of a server."""
    server.run(*(f"CREATE USER {name}@'%' IDENTIFIED BY '{quoted()}'" for name in (FEW, ALL)))
    with server.admin() as connection:
        for wish in _WISHES:
            with suppress(DatabaseError):
                execute(connection, f"GRANT {wish} TO {ALL}@'%'")
        return Production(server, server_version(connection))
