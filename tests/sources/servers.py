"""Real servers that play production: a primary with TLS and a binary log, a replica without either, and a MySQL."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dbs import process
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute
from dbs.settings import Source
from dbs.settings.network import Network
from tests.support.ports import free_port
from tests.support.workplace import server_place

PASSWORD = "schlüssel☃ 'x'"
NETWORK = Network()
READING = "SELECT, SHOW VIEW, TRIGGER, EVENT"


@dataclass(frozen=True)
class Server:
    """A running server; `user` is its administrator and needs no password on the socket."""

    directory: Path
    tcp_port: int
    user: str = "root"
    host: str | None = None
    port: int | None = None

    @property
    def unix_socket(self) -> str:
        """The path of its socket."""
        return str(self.directory / "s.sock")

    def admin(self, database: str | None = None) -> Connection:
        """A connection as the administrator."""
        return connect(self, database)

    def run(self, *statements: str) -> None:
        """Run statements as the administrator."""
        with self.admin() as connection:
            for statement in statements:
                execute(connection, statement)

    def source(self, user: str = "reader", host: str = "127.0.0.1", **keys: object) -> Source:
        """Settings of a source that is read over TCP."""
        return Source.model_validate({"url": self.url(user, host), **keys})

    def url(self, user: str = "reader", host: str = "127.0.0.1") -> str:
        """The address over TCP."""
        return f"mysql://{user}@{host}:{self.tcp_port}/shop"

    def local(self, user: str = "reader", **keys: object) -> Source:
        """Settings of a source that is read over the Unix socket."""
        return Source.model_validate({"url": f"mysql://{user}@/shop?socket={self.unix_socket}", **keys})


def account() -> str | None:
    """Whom a server runs as when we are root, which it refuses."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("mysql", "dbs", "nobody") if name in names) if os.geteuid() == 0 else None


def install(data: Path, basedir: Path | None = None) -> None:
    """Fill a data directory whose administrator needs no password."""
    if basedir is not None:
        mysqld = process.find_program("mysqld", basedir)
        process.run([mysqld, "--no-defaults", f"--datadir={data}", "--initialize-insecure"], user=account())
        return
    own = [f"--user={account()}"] if account() else []
    program = process.find_program("mariadb-install-db")
    options = ["--no-defaults", f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal"]
    options.append(f"--tmpdir={data.parent}")
    process.run([program, *options, *own])


@contextmanager
def place() -> Iterator[Path]:
    """A directory that the server's account can use, with a path short enough for sockets."""
    with server_place(account()) as directory:
        yield directory


@contextmanager
def running(directory: Path, options: Sequence[str], basedir: Path | None = None) -> Iterator[Server]:
    """A server on `directory`/data until the end of the block."""
    server = Server(directory, free_port())
    program = process.find_program("mysqld" if basedir else "mariadbd", basedir)
    arguments = [
        *(program, "--no-defaults", f"--datadir={directory / 'data'}", f"--socket={server.unix_socket}"),
        *(f"--port={server.tcp_port}", "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0"),
        # Not the machine's: a MariaDB that starts removes what looks like the temporary tables of another one there.
        f"--tmpdir={directory}",
        *(f"--pid-file={directory / 'pid'}", "--innodb-buffer-pool-size=64M", *options),
    ]
    log = directory / "log"
    started = process.start(arguments, log=log, user=account())
    try:
        _wait(server, started, log)
        yield server
    finally:
        started.kill()


def _wait(server: Server, started: process.Process, log: Path) -> None:
    end = time.monotonic() + 120
    while True:
        with suppress(DatabaseError):
            server.admin().close()
            return
        assert not started.ended(0.05), log.read_text()
        assert time.monotonic() < end, log.read_text()


def populate(server: Server) -> None:
    """The database, and an account that may read all of it and nothing else."""
    server.run(
        "CREATE DATABASE shop",
        "CREATE TABLE shop.first (id INT PRIMARY KEY AUTO_INCREMENT, word VARCHAR(200))",
        "CREATE TABLE shop.second LIKE shop.first",
        "INSERT INTO shop.first (word) VALUES ('a'), ('b'), ('c')",
        "INSERT INTO shop.second SELECT * FROM shop.first",
        *(f"CREATE USER {name}@'%' IDENTIFIED BY '{quoted()}'" for name in ("reader", "watcher")),
        *(f"GRANT {READING} ON shop.* TO {name}@'%'" for name in ("reader", "watcher")),
    )


def quoted() -> str:
    """The password as it stands in SQL."""
    return PASSWORD.replace("'", "''")
