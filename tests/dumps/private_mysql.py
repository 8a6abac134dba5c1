"""A real MySQL server of our own, beside the MariaDB of private_server.py, where one was unpacked for the tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dumps.private_server import PrivateServer, wait_for
from tests.support import mysql
from tests.support.workplace import server_place


@dataclass(frozen=True)
class PrivateMySQL(PrivateServer):
    """A running MySQL; `user` is its administrator and needs no password."""

    def client(self) -> list[str]:
        """The words that start its own client."""
        return [str(_basedir() / "bin" / "mysql"), "--no-defaults", f"--socket={self.unix_socket}", "--user=root"]


def _basedir() -> Path:
    basedir = mysql.basedir()
    if basedir is None:
        pytest.skip(mysql.lack())
    return basedir


@contextmanager
def private_mysql() -> Iterator[PrivateServer]:
    """An empty MySQL server that is gone afterwards, with all its files."""
    basedir = _basedir()
    account = "dbs" if os.geteuid() == 0 else None
    with server_place(account) as directory:
        own = ["--no-defaults", f"--basedir={basedir}", f"--datadir={directory / 'data'}", f"--tmpdir={directory}"]
        program = [str(basedir / "sbin" / "mysqld"), *own, *([f"--user={account}"] if account else [])]
        subprocess.run([*program, "--initialize-insecure", "--log-error-verbosity=1"], check=True, cwd="/")
        server = PrivateMySQL(directory)
        options = [
            *(f"--socket={server.unix_socket}", "--skip-networking", "--mysqlx=OFF", "--skip-log-bin"),
            *(f"--pid-file={directory / 'server.pid'}", "--max-allowed-packet=64M", "--performance-schema=0"),
            *("--innodb-flush-log-at-trx-commit=0", "--log-error-verbosity=1", "--secure-file-priv=NULL"),
        ]
        with (directory / "error.log").open("wb") as log:
            process = subprocess.Popen([*program, *options], stdout=log, stderr=log, cwd="/")
        try:
            wait_for(server, process)
            yield server
        finally:
            process.kill()
            process.wait()
