"""Fixtures for tests on real parts: file systems, and a supervisor on each of them."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog

from dbs import process
from tests.support import workplace as places
from tests.support.beside import (
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_deselected,
    pytest_testnodedown,
    pytest_xdist_make_scheduler,
)
from tests.support.workplace import FileSystem
from tests.support.world import World

__all__ = [  # pytest finds its hooks here
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_deselected",
    "pytest_testnodedown",
    "pytest_xdist_make_scheduler",
]

_IDS = {**{kind: kind[1] for kind in places.KINDS}, ("mysql", "plain"): "mysql"}
_KINDS = [
    pytest.param(kind, id=_IDS[kind], marks=pytest.mark.root if kind[0] in places.MOUNTED else ())
    for kind in places.KINDS
]
# A file system comes again when tests on another one ran in between.
_NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A program's `main` sends the logs to its own standard error, which a test closes behind it: put that back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def workplace() -> Iterator[Path]:
    """A directory that the servers' account can reach; whatever is in it goes away at the end."""
    with places.workplace() as directory:
        yield directory


@pytest.fixture(scope="session", params=_KINDS)
def filesystem(request: pytest.FixtureRequest, workplace: Path) -> Iterator[FileSystem]:
    """Each file system in turn, with the copy method that belongs to it; and MySQL on the machine's own one."""
    kind, method = request.param
    with ExitStack() as stack:
        if kind not in places.MOUNTED:
            path = workplace / f"{kind}{next(_NUMBERS)}"
            path.mkdir(mode=0o711)
            basedir = str(places.MYSQL_BASEDIR) if kind == "mysql" else None
            yield FileSystem(kind, path, "plain", method, basedir)  # by name: the file system may do more
            return
        lack = places.lacking(kind)
        if lack is not None:
            pytest.skip(lack)
        path = stack.enter_context(places.mounted(workplace, kind))
        yield FileSystem(kind, path, "auto", method)


@pytest.fixture(scope="session")
def mariadb() -> None:
    """Skips where there is no server to start."""
    try:
        process.find_program("mariadbd")
    except process.ProgramError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest, filesystem: FileSystem, workplace: Path) -> Iterator[World]:
    """A supervisor on that file system, with two snapshots; shared by the tests that come one after the other."""
    if filesystem.basedir is None:
        request.getfixturevalue("mariadb")
    world = World(filesystem, workplace / f"home-{next(_NUMBERS)}")
    yield world
    world.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests counted and only a person can judge: their property `said`."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "said" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid}: {value}")
