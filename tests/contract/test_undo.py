"""The provider contract: the state before a restore comes back, with what was written to it."""

from __future__ import annotations

from contextlib import closing

import pytest

from dbs.mysql.query import execute
from dbs.snapshots.interface import SnapshotError
from tests.support.waiting import until
from tests.support.world import World

pytestmark = pytest.mark.server


def test_rows_written_before_a_mistaken_restore_come_back(world: World) -> None:
    world.restore("shared", world.first)
    with closing(world.connect("shared")) as session:
        execute(session, "INSERT INTO item (id, customer_id, price) VALUES (777777, 1, 1)")
    restored = world.restore("shared", world.second)
    assert restored.undo_until is not None
    assert world.items("shared") == 200
    undone = world.provider.undo("shared", world.ticket(), lambda _: None)
    assert undone.snapshot_id == world.first.id
    assert world.items("shared") == 101
    assert world.ask("shared", "SELECT id FROM item WHERE id = 777777") == [(777777,)]


def test_an_undo_is_undone_by_an_undo(world: World) -> None:
    world.restore("shared", world.first)
    world.restore("shared", world.second)
    world.tell("shared", "DELETE FROM item WHERE id <= 50")
    world.provider.undo("shared", world.ticket(), lambda _: None)
    assert world.items("shared") == 100
    world.provider.undo("shared", world.ticket(), lambda _: None)
    assert world.items("shared") == 150


def test_the_same_undo_twice_is_one(world: World) -> None:
    world.restore("shared", world.first)
    world.restore("shared", world.second)
    ticket = world.ticket()
    assert world.provider.undo("shared", ticket, lambda _: None).snapshot_id == world.first.id
    assert world.provider.undo("shared", ticket, lambda _: None).snapshot_id == world.first.id
    assert world.items("shared") == 100


def test_nothing_to_undo_is_said(world: World) -> None:
    with pytest.raises(SnapshotError, match="nothing to undo"):
        world.provider.undo("empty", world.ticket(), lambda _: None)


def test_only_the_last_state_is_kept(world: World) -> None:
    for _ in range(3):
        world.restore("shared", world.first)
    generations = world.root / "instances" / "shared"
    until(lambda: len(list(generations.glob("[0-9]*"))) == 2, "the served and the kept generation are there")


def test_a_restart_of_the_supervisor_keeps_the_state_for_an_undo(world: World) -> None:
    world.restore("shared", world.first)
    world.tell("shared", "DELETE FROM item WHERE id = 1")
    world.restore("shared", world.second)
    world.supervisor.kill()
    world.supervisor.start()
    world.provider.undo("shared", world.ticket(), lambda _: None)
    assert world.items("shared") == 99
