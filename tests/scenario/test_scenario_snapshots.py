"""Snapshots over time: old ones go, what an instance stands on stays, and what was checked is what is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.cast import REQUESTER
from tests.support.whole import Whole, whole

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def running(workplace: Path, mariadb: None) -> Iterator[Whole]:
    """A whole dbs."""
    place = workplace / "whole-snapshots"
    place.mkdir(mode=0o711)
    with whole(place / "home", place / "root", "socket") as dbs:
        yield dbs


def _refresh(running: Whole, orders: int) -> str:
    dump = running.home / f"{orders}.sql"
    rows = ",".join(f"({number},'x')" for number in range(orders))
    dump.write_text(
        f"CREATE TABLE `orders` (`id` int PRIMARY KEY, `note` text);\nINSERT INTO `orders` VALUES {rows};\n"
    )
    job = running.cli("refresh", "shop", "--from-dump", str(dump), "--already-masked", "made up")
    assert job.state == "done", job.sentence
    return running.services.catalog.choose("shop", "local", None).id


def test_the_newest_three_stay_and_an_older_one_can_be_restored_until_then(running: Whole) -> None:
    made = [_refresh(running, orders) for orders in (11, 12, 13, 14)]
    there = {manifest.id for manifest in running.services.providers["local"].snapshots() if not manifest.parent}
    # The instances stood on the one before while the newest was made, so that one is a fourth at most.
    assert set(made[-3:]) <= there
    assert len(there) <= 4
    assert running.sql("SELECT COUNT(*) FROM orders") == [(14,)]
    assert running.slash(REQUESTER, f"restore shared --snapshot {made[-2]}").state == "done"
    assert running.sql("SELECT COUNT(*) FROM orders") == [(13,)]


def test_a_truncated_dump_leaves_everything_as_it_was(running: Whole) -> None:
    before = running.services.catalog.choose("shop", "local", None).id
    dump = running.home / "cut.sql"
    dump.write_text("-- MariaDB dump 10.19\nCREATE TABLE `orders` (`id` int PRIMARY KEY);\nINSERT INTO `orders` VAL")
    job = running.cli("refresh", "shop", "--from-dump", str(dump), "--already-masked", "made up")
    assert job.state == "failed"
    assert "cut.sql" in job.sentence
    assert running.services.catalog.choose("shop", "local", None).id == before
    assert running.sql("SELECT COUNT(*) > 0 FROM orders") == [(1,)]


def test_a_statement_that_fails_is_named_by_its_line(running: Whole) -> None:
    before = {manifest.id for manifest in running.services.providers["local"].snapshots()}
    dump = running.home / "wrong.sql"
    dump.write_text("CREATE TABLE `a` (`id` int PRIMARY KEY);\n\nINSERT INTO `b` VALUES (1);\n")
    job = running.cli("refresh", "shop", "--from-dump", str(dump), "--already-masked", "made up")
    assert job.state == "failed"
    assert "line 3" in job.sentence
    assert {manifest.id for manifest in running.services.providers["local"].snapshots()} == before
