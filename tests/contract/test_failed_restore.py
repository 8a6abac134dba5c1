"""A restore that fails: the old state serves all the time, and nothing of the new one is left."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dbs import process
from dbs.mysql.query import execute, rows
from dbs.snapshots.interface import Manifest, SnapshotError
from tests.support.clients import Client, asking
from tests.support.world import DATABASE, World

pytestmark = pytest.mark.server


def lose_a_table(golden: Path) -> None:
    (golden / "data" / DATABASE / "item.ibd").unlink()


def shorten_a_table(golden: Path) -> None:
    os.truncate(golden / "data" / DATABASE / "item.ibd", 4096)


def lose_the_system(golden: Path) -> None:
    (golden / "data" / "ibdata1").unlink()


def other_dump(golden: Path) -> None:
    """The manifest says that the data is of another dump than it is."""
    _change(golden, {"dump_sha256": "0" * 64})


def other_tables(golden: Path) -> None:
    """The manifest lists a table that is not there."""
    _change(golden, {"rows": {"customer": 10, "item": 100, "note": 1, "order": 5}})


def spoilt_pages(golden: Path) -> None:
    """Every file has its right size, and the server cannot start on them."""
    for name in ("ibdata1", "undo001", "ib_logfile0"):
        path = golden / "data" / name
        if path.exists():
            size = path.stat().st_size
            path.write_bytes(b"\x55" * size)


def _change(golden: Path, values: dict[str, object]) -> None:
    file = golden / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


DAMAGE = (lose_a_table, shorten_a_table, lose_the_system, other_dump, other_tables, spoilt_pages)


@pytest.fixture(scope="module")
def victim(world: World) -> Iterator[Manifest]:
    """A snapshot to be damaged, for all tests of this file: MySQL needs seconds for each that it makes."""
    made = world.create(3)
    yield made
    world.provider.delete(made.id)


@contextmanager
def spoilt(world: World, made: Manifest, damage: Callable[[Path], None]) -> Iterator[None]:
    """Some damage to a snapshot until the end of the block."""
    golden, kept = world.golden(made), world.root.parent / "kept"
    names = [
        "manifest.json",
        *(f"data/{name}" for name in (f"{DATABASE}/item.ibd", "ibdata1", "undo001", "ib_logfile0")),
    ]
    names = [name for name in names if (golden / name).exists()]
    copy = ["cp", "--archive", "--parents"]
    kept.mkdir()
    process.run([*copy, *names, str(kept)], cwd=golden)
    damage(golden)
    try:
        yield
    finally:
        process.run([*copy, *names, str(golden)], cwd=kept)
        shutil.rmtree(kept)


def _only_old_answers(clients: list[Client]) -> None:
    for client in clients:
        assert set(client.answers) == {("old", 100)}
        assert client.errors == {}, client.sentences


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda one: one.__name__)
def test_a_damaged_snapshot_is_refused_before_anybody_is_answered(
    world: World, victim: Manifest, damage: Callable[[Path], None]
) -> None:
    world.restore("shared", world.first)
    world.tell("shared", "UPDATE note SET text = 'old'")
    query = "SELECT text, (SELECT COUNT(*) FROM item) FROM note"
    with spoilt(world, victim, damage):
        before = world.settled()
        with asking(4, lambda: world.connect("shared"), query) as clients:
            with pytest.raises(SnapshotError):
                world.restore("shared", victim)
            assert world.ask("shared", query) == [("old", 100)]
        _only_old_answers(clients)
        world.until_traces_are(before)
    world.restore("shared", world.second)
    assert world.items("shared") == 200


def test_a_session_outlives_a_failed_restore(world: World, victim: Manifest) -> None:
    """Somebody's open transaction is not lost because somebody else's restore failed."""
    world.restore("shared", world.first)
    with spoilt(world, victim, other_dump), closing(world.connect("shared")) as session:
        execute(session, "BEGIN")
        execute(session, "INSERT INTO note VALUES ('not committed yet')")
        with pytest.raises(SnapshotError):
            world.restore("shared", victim)
        assert rows(session, "SELECT COUNT(*) FROM note") == [(2,)]
        assert world.ask("shared", "SELECT COUNT(*) FROM note") == [(1,)]
        execute(session, "COMMIT")
    assert world.ask("shared", "SELECT COUNT(*) FROM note") == [(2,)]


def test_a_damaged_first_restore_leaves_the_instance_empty_and_the_next_one_works(
    world: World, victim: Manifest
) -> None:
    with spoilt(world, victim, lose_the_system):
        before = world.settled()
        with pytest.raises(SnapshotError):
            world.restore("fresh", victim)
        world.until_traces_are(before)
        assert world.provider.inspect("fresh").state == "empty"
    world.restore("fresh", world.first)
    assert world.items("fresh") == 100


def test_a_snapshot_whose_manifest_is_broken_does_not_hide_the_others(world: World, victim: Manifest) -> None:
    def cut(golden: Path) -> None:
        os.truncate(golden / "manifest.json", 50)

    with spoilt(world, victim, cut):
        listed = [one.id for one in world.provider.snapshots()]
        assert world.first.id in listed
        assert victim.id not in listed
        with pytest.raises(SnapshotError, match=victim.id):
            world.restore("shared", victim)


def test_the_snapshot_that_was_damaged_is_whole_again(world: World, victim: Manifest) -> None:
    """So each of the tests above met its own damage and no other."""
    world.restore("shared", victim)
    assert world.items("shared") == 3
