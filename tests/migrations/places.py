"""A database of its own for each test, with an account that reaches nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from dbs.migrations.interface import Limits, Migration, MigrationFile, Run
from dbs.migrations.running import run
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.query import Row, rows
from tests.sources.servers import Server

_NUMBERS = itertools.count(1)
PASSWORD = "a word"


@dataclass(frozen=True)
class Account:
    """Where and as whom the runner logs in."""

    user: str
    unix_socket: str
    host: str | None = None
    port: int | None = None


@dataclass(frozen=True)
class Place:
    """A database on a server. `flavour` is that of the server."""

    server: Server
    database: str
    flavour: str

    @classmethod
    @contextmanager
    def on(cls, server: Server, flavour: str) -> Iterator[Place]:
        """A new one, dropped afterwards."""
        name = f"shop{next(_NUMBERS)}"
        server.run(
            f"CREATE DATABASE {name} CHARACTER SET utf8mb4",
            f"CREATE USER {name}@localhost IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON {name}.* TO {name}@localhost",
        )
        yield cls(server, name, flavour)
        server.run(f"DROP DATABASE IF EXISTS {name}", f"DROP USER {name}@localhost")

    def connect(self) -> Connection:
        """As the runner does it."""
        return connect(Account(self.database, self.server.unix_socket), self.database, password=PASSWORD)

    def admin(self) -> Connection:
        """As dbs itself, in the same database."""
        return self.server.admin(self.database)

    def rows(self, sql: str) -> list[Row]:
        """What the administrator sees."""
        with self.admin() as connection:
            return rows(connection, sql)

    def execute(self, *statements: str) -> None:
        """Prepare something in the database."""
        self.server.run(f"USE {self.database}", *statements)

    def run(self, *files: str | bytes, limits: Limits | None = None) -> Run:
        """Run texts as files 1.sql, 2.sql, …"""
        return run(self.connect, migrations(*files), limits or Limits())


def file(text: str | bytes, path: str = "1.sql", line_offset: int = 0) -> MigrationFile:
    """A text as the way up."""
    raw = text if isinstance(text, bytes) else text.encode()
    return MigrationFile(path, "1", "x", "up", raw, line_offset)


def migrations(*texts: str | bytes) -> tuple[Migration, ...]:
    """Texts as migrations, named by number."""
    return tuple(
        Migration("plain", str(number), "x", file(text, f"{number}.sql")) for number, text in enumerate(texts, 1)
    )


def blobs(paths: Mapping[str, str] | list[str]) -> dict[str, bytes]:
    """Files by path; of a bare list each holds one harmless statement."""
    texts = paths if isinstance(paths, Mapping) else dict.fromkeys(paths, "SELECT 1;")
    return {path: text.encode() for path, text in texts.items()}
