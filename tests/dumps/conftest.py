"""Fixtures of the dump tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dumps.private_mysql import private_mysql
from tests.dumps.private_server import PrivateServer, private_server


@pytest.fixture(scope="session")
def server() -> Iterator[PrivateServer]:
    """One empty server for all tests of this folder."""
    with private_server() as running:
        yield running


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[PrivateServer]:
    """One empty MySQL for all tests of this folder, where there is one."""
    with private_mysql() as running:
        yield running
