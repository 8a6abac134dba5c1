"""Servers whose counters are on, and one whose counters are off; shared by all tests of evidence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.evidence.production import Production, prepare
from tests.sources import servers
from tests.support import mysql

_QUIET = ("--skip-log-bin",)


@pytest.fixture(scope="session")
def counted(mariadb: None) -> Iterator[Production]:
    """A MariaDB that counts both ways, and is nobody's primary."""
    with servers.place() as directory:
        servers.install(directory / "data")
        options = ["--userstat=1", "--performance-schema=ON", *_QUIET]
        with servers.running(directory, options) as server:
            yield prepare(server)


@pytest.fixture(scope="session")
def uncounted(mariadb: None) -> Iterator[Production]:
    """A MariaDB as it comes: it counts nothing."""
    with servers.place() as directory:
        servers.install(directory / "data")
        with servers.running(directory, ["--performance-schema=OFF", *_QUIET]) as server:
            yield prepare(server)


@pytest.fixture(scope="session")
def counted_mysql() -> Iterator[Production]:
    """A MySQL as it comes: with the one counter that it has."""
    basedir = mysql.basedir()
    if basedir is None:
        pytest.skip(mysql.lack())
    with servers.place() as directory:
        servers.install(directory / "data", basedir)
        options = ["--mysqlx=OFF", "--secure-file-priv=NULL", *_QUIET]
        with servers.running(directory, options, basedir) as server:
            yield prepare(server)


@pytest.fixture(params=["counted", "counted_mysql"], ids=["mariadb", "mysql"])
def production(request: pytest.FixtureRequest) -> Production:
    """Each flavour, with its counters on."""
    found: Production = request.getfixturevalue(request.param)
    return found
