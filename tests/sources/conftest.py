"""Servers for the tests of sources, shared by all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dbs import process
from dbs.mysql.query import rows
from tests.sources import servers
from tests.sources.authority import Authority
from tests.sources.servers import Server
from tests.support import mysql
from tests.support.waiting import until


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """Whoever signs the certificates of the servers."""
    with servers.place() as directory:
        made = Authority(directory)
        made.sign("127.0.0.1", "db.internal")
        yield made


@pytest.fixture(scope="session")
def empty(mariadb: None) -> Iterator[Path]:
    """A MariaDB data directory to copy."""
    with servers.place() as directory:
        servers.install(directory / "data")
        yield directory / "data"


def _copy(empty: Path, directory: Path) -> None:
    process.run(["cp", "--archive", str(empty), str(directory / "data")])


@pytest.fixture(scope="session")
def primary(empty: Path, authority: Authority) -> Iterator[Server]:
    """A MariaDB with a binary log and TLS."""
    with servers.place() as directory:
        _copy(empty, directory)
        tls = [f"--ssl-cert={authority.certificate_file}", f"--ssl-key={authority.key_file}"]
        with servers.running(directory, ["--log-bin", "--server-id=1", *tls]) as server:
            servers.populate(server)
            yield server


@pytest.fixture(scope="session")
def replica(empty: Path, primary: Server) -> Iterator[Server]:
    """A MariaDB without a binary log and without TLS, which copies the primary from its beginning."""
    with servers.place() as directory:
        _copy(empty, directory)
        with servers.running(directory, ["--skip-log-bin", "--server-id=2", "--skip-ssl"]) as server:
            primary.run(
                "CREATE USER repl@'%' IDENTIFIED BY 'repl'",
                "GRANT REPLICATION SLAVE ON *.* TO repl@'%'",
            )
            server.run(
                f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={primary.tcp_port}, MASTER_USER='repl', "
                "MASTER_PASSWORD='repl', MASTER_USE_GTID=slave_pos",
                "START SLAVE",
            )
            until(lambda: _has_arrived(server), "the replica has the accounts of the primary")
            yield server


def _has_arrived(server: Server) -> bool:
    with server.admin() as admin:
        return bool(rows(admin, "SELECT 1 FROM mysql.user WHERE user = 'repl'"))


@pytest.fixture(scope="session")
def mysql_server(authority: Authority) -> Iterator[Server]:
    """A MySQL with TLS and its own way of passwords."""
    basedir = mysql.basedir()
    if basedir is None:
        pytest.skip(mysql.lack())
    with servers.place() as directory:
        servers.install(directory / "data", basedir)
        tls = [f"--ssl-cert={authority.certificate_file}", f"--ssl-key={authority.key_file}"]
        more = ["--mysqlx=OFF", "--secure-file-priv=NULL", "--server-id=3", f"--ssl-ca={authority.ca_file}", *tls]
        with servers.running(directory, more, basedir) as server:
            servers.populate(server)
            yield server


@pytest.fixture(params=["primary", "replica", "mysql_server"], ids=["binlog", "no binlog", "mysql"])
def each(request: pytest.FixtureRequest) -> Server:
    """Each kind of server."""
    server: Server = request.getfixturevalue(request.param)
    return server
