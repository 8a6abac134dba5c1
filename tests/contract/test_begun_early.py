"""Snapshots that are begun before it is known what they will say of themselves, and what they are begun with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dbs.snapshots.interface import Address, Early, Manifest, SnapshotError
from tests.support.world import World, filling

pytestmark = pytest.mark.server


def test_what_was_not_known_at_the_beginning_is_told_at_the_end(world: World) -> None:
    assert isinstance(world.provider, Early)
    whole = world.manifest()
    draft = replace(whole, dump_sha256="", text_bytes=1, data_state_at="")

    def load(address: Address) -> Manifest:
        return replace(whole, rows=filling(7)(address))

    made = world.provider.create_early(draft, load)
    assert made.rows["item"] == 7
    assert (made.dump_sha256, made.data_state_at) == (whole.dump_sha256, whole.data_state_at)
    assert made in world.provider.snapshots()
    world.restore("shared", made)
    assert world.items("shared") == 7
    world.restore("shared", world.first)
    world.provider.delete(made.id)


def test_another_snapshot_than_the_one_begun_is_refused(world: World) -> None:
    before = world.settled()
    other = world.manifest()
    with pytest.raises(SnapshotError, match=r"was begun, and shop-.* is to be made of it"):
        world.provider.create_early(world.manifest(), lambda address: replace(other, rows=filling(1)(address)))
    world.until_traces_are(before)


def test_a_new_server_is_made_once_and_copied(world: World) -> None:
    kept = _kept(world)
    was = kept and (kept.stat().st_ino, kept.stat().st_ctime_ns)
    made = world.create(3)
    assert made.rows["item"] == 3
    assert _kept(world) == kept
    if kept is not None:
        assert (kept.stat().st_ino, kept.stat().st_ctime_ns) == was
        assert not [name for name in world.programs.engine.volatile if (kept / name).exists()]
    world.provider.delete(made.id)


def test_one_that_does_not_start_is_made_anew(world: World) -> None:
    kept = _kept(world)
    if kept is not None:
        (kept / "ibdata1").write_bytes(b"not a page" * 1000)
        with pytest.raises(SnapshotError):
            world.create(3)
    made = world.create(3)
    assert made.rows["item"] == 3
    assert kept is None or (kept / "ibdata1").stat().st_size > 2**20
    world.provider.delete(made.id)


def _kept(world: World) -> Path | None:
    """The empty data directory that is kept; none where copies share no blocks: it would take its whole size again."""
    there = list((world.root / "empty").iterdir())
    if world.filesystem.method == "plain":
        assert there == []
        return None
    (kept,) = there
    return kept
