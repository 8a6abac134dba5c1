"""A real MariaDB server of our own, on a Unix socket in a directory of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from tests.support.workplace import server_place

# Debian puts the server where an ordinary user's PATH does not lead.
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


@dataclass(frozen=True)
class PrivateServer:
    """A running server; `user` is its administrator and needs no password."""

    directory: Path
    user: str = "root"
    host: str | None = None
    port: int | None = None

    @property
    def unix_socket(self) -> str:
        """The path of its socket."""
        return str(self.directory / "server.sock")

    def connect(self, database: str | None = None) -> Connection:
        """A connection as the administrator."""
        return connect(self, database)

    def client(self) -> list[str]:
        """The words that start its own client, which leaves comments out of routines unless told otherwise."""
        return [_program("mariadb"), "--no-defaults", "--comments", f"--socket={self.unix_socket}", "--user=root"]

    def dump(self, database: str, *options: str) -> bytes:
        """What mariadb-dump makes of a database."""
        program = _program("mariadb-dump")
        arguments = ["--no-defaults", f"--socket={self.unix_socket}", "--user=root", *options, database]
        return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE).stdout


def _program(name: str) -> str:
    path = shutil.which(name, path=SEARCH)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def _account() -> str | None:
    """The server refuses to run as root: then it runs as the account that its package made, or as nobody."""
    if os.geteuid() != 0:
        return None
    return "mysql" if "mysql" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"


def wait_for(server: PrivateServer, process: subprocess.Popen[bytes]) -> None:
    """Until it answers; a server that has died is noticed at once."""
    end = time.monotonic() + 60
    while True:
        try:
            server.connect().close()
        except DatabaseError:
            log = (server.directory / "error.log").read_text()
            assert process.poll() is None, log
            assert time.monotonic() < end, log
            time.sleep(0.02)
        else:
            return


@contextmanager
def private_server() -> Iterator[PrivateServer]:
    """An empty server that is gone afterwards, with all its files."""
    account = _account()
    user = [f"--user={account}"] if account else []
    with server_place(account) as directory:
        # Not in /tmp: a MariaDB that starts removes what looks like the temporary tables of another one there.
        own = [f"--datadir={directory / 'data'}", f"--tmpdir={directory}", *user]
        install = [_program("mariadb-install-db"), "--no-defaults", "--skip-test-db", *own]
        subprocess.run([*install, "--auth-root-authentication-method=normal"], check=True, stdout=subprocess.DEVNULL)
        server = PrivateServer(directory)
        options = [
            *("--no-defaults", *own, f"--socket={server.unix_socket}", "--skip-networking"),
            *("--skip-name-resolve", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"),
            *(f"--pid-file={directory / 'server.pid'}", "--innodb-log-file-size=96M", "--max-allowed-packet=64M"),
        ]
        with (directory / "error.log").open("wb") as log:
            process = subprocess.Popen([_program("mariadbd"), *options], stdout=log, stderr=log)
        try:
            wait_for(server, process)
            yield server
        finally:
            process.kill()
            process.wait()
