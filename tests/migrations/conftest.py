"""Servers as rehearsals find them: MariaDB and MySQL that note what is run; one of each for all tests of migrations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dbs.snapshots.local.engines.interface import COMMON_OBSERVED_OPTIONS
from tests.migrations.places import Place
from tests.sources import servers
from tests.support import mysql

_OPTIONS = (*COMMON_OBSERVED_OPTIONS, "--skip-log-bin", "--max-allowed-packet=64M")


@pytest.fixture(scope="session")
def observed(mariadb: None) -> Iterator[servers.Server]:
    """A MariaDB with the options of an instance of role builds."""
    with servers.place() as directory:
        servers.install(directory / "data")
        options = [*_OPTIONS, "--userstat=1", "--event-scheduler=OFF"]
        with servers.running(directory, options) as server:
            yield server


@pytest.fixture(scope="session")
def observed_mysql() -> Iterator[servers.Server]:
    """A MySQL with the same."""
    basedir = mysql.basedir()
    if basedir is None:
        pytest.skip(mysql.lack())
    with servers.place() as directory:
        servers.install(directory / "data", basedir)
        options = [*_OPTIONS, "--mysqlx=OFF", "--secure-file-priv=NULL"]
        with servers.running(directory, options, basedir) as server:
            yield server


@pytest.fixture
def copy(observed: servers.Server) -> Iterator[Place]:
    """An empty database on MariaDB, and an account limited to it."""
    with Place.on(observed, "MariaDB") as place:
        yield place


@pytest.fixture(params=["observed", "observed_mysql"], ids=["mariadb", "mysql"])
def each_copy(request: pytest.FixtureRequest) -> Iterator[Place]:
    """The same on each flavour."""
    flavour = "MariaDB" if request.param == "observed" else "MySQL"
    with Place.on(request.getfixturevalue(request.param), flavour) as place:
        yield place
