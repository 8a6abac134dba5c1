"""An office for every test; for reviews one with a real production and a GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from tests.evidence.production import Production, prepare
from tests.sources import servers
from tests.support import fake_github_server
from tests.support.fake_github import FakeGithub
from tests.support.office import Office
from tests.support.reviewed import Reviewed, alter, reviewed


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A dbs with a stub provider and a small workspace."""
    return Office(tmp_path)


@pytest.fixture(scope="session")
def shop(mariadb: None) -> Iterator[Production]:
    """A server that plays production, and counts."""
    with servers.place() as directory:
        servers.install(directory / "data")
        with servers.running(directory, ["--userstat=1", "--performance-schema=ON", "--skip-log-bin"]) as server:
            yield prepare(server)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGithub]:
    """A GitHub with two repositories."""
    with fake_github_server.running(tmp_path / "github") as fake:
        fake.repository("acme/shop")
        fake.repository("acme/billing")
        yield fake


class Alter(Protocol):
    """Statements, run on production by somebody else."""

    def __call__(self, *statements: str) -> None:
        """Run them."""


@pytest.fixture
def place(tmp_path: Path, shop: Production, github: FakeGithub) -> Iterator[tuple[Reviewed, Alter]]:
    """A dbs that reviews, and a way to change its production."""
    with reviewed(tmp_path / "home", shop, github) as (found, database):
        yield found, partial(alter, shop, database)


@pytest.fixture
def review(place: tuple[Reviewed, Alter]) -> Reviewed:
    """A dbs that reviews."""
    return place[0]
