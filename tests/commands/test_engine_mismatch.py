"""A dump of another engine or series than the instance's server has: refused, and what breaks is named."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from commands.services import Services
from commands.work.engines import check
from commands.work.restore import gap
from dbs.dumps.verify import verify
from dbs.errors import RefusedError
from dbs.settings import Settings
from tests.support.office import Office

PLAIN = "CREATE TABLE `plain` (`id` int NOT NULL);\n"
BREAKS = "CREATE TABLE `customers` (`name` varchar(9)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n"
QUIET = "CREATE TABLE `carts` (`items` json);\n"


def _dump(directory: Path, version: str, text: str) -> Path:
    header = f"-- MySQL dump 10.13  Distrib 8.0.36\n-- Server version\t{version}\n" if version else ""
    end = "-- Dump completed on 2026-11-19  1:02:03\n"
    file = directory / "shop.sql.gz"
    file.write_bytes(gzip.compress(f"{header}{text}{end}".encode()))
    return file


def _checked(office: Office, version: str, text: str, server: str, *, allow: bool = False) -> str:
    """The refusal, or nothing."""
    office.provider.facts = {"engine": server}
    file = verify(_dump(office.settings.home, version, text))
    try:
        check(_services(office, allow=allow), "shop", file)
    except RefusedError as error:
        return str(error)
    return ""


def _services(office: Office, *, allow: bool) -> Services:
    if not allow:
        return office.services
    settings: Settings = office.settings
    source = settings.source["shop"].model_copy(update={"engine_mismatch": "allow"})
    return replace(office.services, settings=settings.model_copy(update={"source": {"shop": source}}))


@pytest.mark.parametrize(
    ("version", "server"),
    [("10.11.6-MariaDB", "MariaDB 10.11.19"), ("8.0.36-28", "MySQL 8.0.41"), ("", "MariaDB 10.11.19"), ("8.0.36", "")],
)
def test_the_same_series_and_what_is_not_known_pass(office: Office, version: str, server: str) -> None:
    assert _checked(office, version, BREAKS, server) == ""


def test_what_breaks_is_named_with_its_tables(office: Office) -> None:
    said = _checked(office, "8.0.36", PLAIN + BREAKS + QUIET, "MariaDB 10.11.19")
    assert said == (
        "shop.sql.gz was written by MySQL 8.0.36, and provider local runs MariaDB 10.11.19. "
        "What breaks there: the collations utf8mb4_0900_* (in customers). "
        "What it would quietly change: JSON columns, which become texts (in carts). "
        "Give the provider the basedir of a MySQL 8.0."
    )
    assert _checked(office, "8.0.36", PLAIN + BREAKS + QUIET, "MariaDB 10.11.19", allow=True) == said


def test_what_breaks_nothing_is_refused_until_somebody_allows_it(office: Office) -> None:
    said = _checked(office, "8.0.36", PLAIN, "MariaDB 10.11.19")
    assert "Nothing in the dump is known to break there." in said
    assert said.endswith('Give the provider the basedir of a MySQL 8.0, or source shop engine_mismatch = "allow".')
    assert _checked(office, "8.0.36", PLAIN + QUIET, "MariaDB 10.11.19", allow=True) == ""


@pytest.mark.parametrize(
    ("version", "server"),
    [("10.6.12-MariaDB", "MariaDB 10.11.19"), ("8.0.36", "MySQL 8.4.1"), ("9.7.4", "MySQL 8.4.1")],
)
def test_another_series_of_the_same_engine_is_refused_too(office: Office, version: str, server: str) -> None:
    assert "was written by" in _checked(office, version, PLAIN, server)
    assert _checked(office, version, PLAIN, server, allow=True) == ""


def test_a_gap_is_stated_and_its_absence_is_not() -> None:
    assert (
        gap({"copy": 0.1, "gap": 1.14, "total": 3.0})
        == " MySQL cannot take over a socket: nobody could connect for 1.14 s."
    )
    assert gap({"copy": 0.1, "total": 0.2}) == ""
