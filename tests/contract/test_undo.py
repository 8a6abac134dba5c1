"""The state before a restore is kept for a while, and comes back when it is asked for."""

from __future__ import annotations

import os
import subprocess

import pytest

from dbs.snapshots.interface import Restored, SnapshotError, Ticket
from tests.support.clients import asking, errors_of
from tests.support.waiting import until
from tests.support.workplace import EACH, EACH_ID
from tests.support.world import World

pytestmark = [pytest.mark.server, pytest.mark.parametrize("filesystem", EACH, ids=EACH_ID, indirect=True)]


def _undo(world: World, ticket: Ticket | None = None) -> Restored:
    return world.provider.undo("shared", ticket or world.ticket(), lambda _: None)


def _note(world: World) -> str:
    return str(world.ask("shared", "SELECT text FROM note")[0][0])


def _write(world: World, text: str) -> None:
    world.tell("shared", f"UPDATE note SET text = '{text}'")


@pytest.fixture
def written(world: World) -> World:
    """Somebody worked on `shared`, and then it was restored by mistake."""
    world.restore("shared", world.first)
    _write(world, "my work")
    restored = world.restore("shared", world.second)
    assert restored.undo_until is not None
    assert world.provider.inspect("shared").undo_until == restored.undo_until
    return world


def test_what_a_restore_threw_away_comes_back(written: World) -> None:
    with asking(4, lambda: written.connect("shared"), "SELECT text FROM note") as clients:
        undone = _undo(written)
    assert undone.snapshot_id == written.first.id
    assert (_note(written), written.items("shared")) == ("my work", 100)
    assert {answer for client in clients for answer in client.answers} == {("snapshot",), ("my work",)}
    assert set(errors_of(clients)) <= written.endured, "somebody was refused"


def test_an_undo_can_be_undone(written: World) -> None:
    _undo(written)
    _undo(written)
    assert (_note(written), written.items("shared")) == ("snapshot", 200)
    _undo(written)
    assert _note(written) == "my work"


def test_the_same_job_twice_is_one_undo(written: World) -> None:
    ticket = written.ticket()
    first = _undo(written, ticket)
    assert _undo(written, ticket) == first
    assert _note(written) == "my work"


def test_an_overtaken_undo_changes_nothing(written: World) -> None:
    late = written.ticket()
    newer = written.ticket()
    written.restore("shared", written.first, newer)
    with pytest.raises(SnapshotError, match="A later job has changed shared"):
        _undo(written, late)
    assert _note(written) == "snapshot"


def test_one_state_is_kept_and_no_more(written: World) -> None:
    written.restore("shared", written.first)
    written.settled()
    kept = sorted(path.name for path in (written.root / "instances" / "shared").glob("[0-9]*"))
    assert len(kept) == 2
    _undo(written)
    assert written.items("shared") == 200, "the state before the last restore, not the one before that"


def test_the_kept_state_outlives_the_supervisor(written: World) -> None:
    written.supervisor.kill()
    written.supervisor.start()
    _undo(written)
    assert _note(written) == "my work"


def test_a_failed_undo_leaves_the_present_state_serving(written: World) -> None:
    served = written.server("shared")
    names = sorted((written.root / "instances" / "shared").glob("[0-9]*"), key=lambda path: int(path.name))
    there, away = names[0] / "data" / "ibdata1", names[0] / "data" / "away"
    there.rename(away)
    with pytest.raises(SnapshotError):
        _undo(written)
    assert written.server("shared") == served
    assert _note(written) == "snapshot"
    away.rename(there)
    _undo(written)
    assert _note(written) == "my work"


def test_what_was_never_restored_cannot_be_undone(world: World) -> None:
    with pytest.raises(SnapshotError, match="There is nothing to undo: empty was not restored"):
        world.provider.undo("empty", world.ticket(), lambda _: None)


@pytest.mark.root
def test_an_old_state_that_cannot_be_removed_does_not_take_the_new_one_with_it(written: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("making a directory immovable needs root")
    directory = written.root / "instances" / "shared"
    stubborn = min(directory.glob("[0-9]*"), key=lambda path: int(path.name))
    subprocess.run(["chattr", "+i", str(stubborn)], check=True)
    try:
        written.restore("shared", written.first)
        _write(written, "on the new one")
        written.supervisor.stop()
        written.supervisor.start()
        assert _note(written) == "on the new one"
    finally:
        subprocess.run(["chattr", "-i", str(stubborn)], check=True)
    written.supervisor.stop()
    written.supervisor.start()
    until(lambda: not stubborn.exists(), "the next start removes it")
