"""The provider contract: snapshots made from snapshots, and instances that come and go while it runs."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from hashlib import sha256

import pytest

from dbs.mysql.connect import connect
from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import execute, rows
from dbs.snapshots.interface import Address, Manifest, NewInstance, SnapshotError
from tests.support.ports import free_port
from tests.support.waiting import until
from tests.support.world import DATABASE, World

pytestmark = pytest.mark.server


def _child(world: World, parent: Manifest, mark: str) -> Manifest:
    digest = sha256(mark.encode()).hexdigest()
    wanted = replace(parent, id=f"{parent.id}.{digest[:8]}", parent=parent.id, dump_sha256=digest, text_bytes=0)

    def seed(address: Address) -> dict[str, int]:
        with closing(connect(address)) as admin:
            execute(admin, f"INSERT INTO {DATABASE}.note VALUES ('seeded')")
            execute(admin, "CREATE USER ann@'%' IDENTIFIED BY 'seeded'")
            execute(admin, f"GRANT SELECT ON {DATABASE}.* TO ann@'%'")
        return {table: count + (table == "note") for table, count in parent.rows.items()}

    return world.provider.create(wanted, seed)


def test_a_child_has_its_parents_data_and_its_own(world: World) -> None:
    child = _child(world, world.first, "one")
    assert child.parent == world.first.id
    world.restore("shared", child)
    assert world.items("shared") == 100
    assert world.ask("shared", "SELECT COUNT(*) FROM note WHERE text = 'seeded'") == [(1,)]
    address = Address("ann", host="127.0.0.1", port=world.address("shared").port)
    with closing(connect(address, DATABASE, password="seeded")) as session:
        assert rows(session, "SELECT COUNT(*) FROM item") == [(100,)]


def test_a_child_leaves_its_parent_as_it_was(world: World) -> None:
    _child(world, world.first, "two")
    world.restore("shared", world.first)
    assert world.ask("shared", "SELECT COUNT(*) FROM note WHERE text = 'seeded'") == [(0,)]
    with pytest.raises(DatabaseError):
        connect(Address("ann", host="127.0.0.1", port=world.address("shared").port), DATABASE, password="seeded")


def test_children_are_deleted_with_their_parent(world: World) -> None:
    parent = world.create(5)
    child = _child(world, parent, "three")
    world.provider.delete(parent.id)
    assert {parent.id, child.id}.isdisjoint(manifest.id for manifest in world.provider.snapshots())


def test_a_child_of_nothing_is_refused(world: World) -> None:
    gone = world.create(5)
    world.provider.delete(gone.id)
    before = world.settled()
    with pytest.raises(SnapshotError, match="no snapshot"):
        _child(world, gone, "four")
    world.until_traces_are(before)


def _new(port: int, name: str = "bug-123") -> NewInstance:
    return NewInstance(name, "127.0.0.1", port, f"127.0.0.1:{port}", "ann", "personal", "64M")


def _count(new: NewInstance) -> int:
    with closing(connect(Address("ann", host="127.0.0.1", port=new.port), DATABASE, password="personal")) as session:
        return int(rows(session, "SELECT COUNT(*) FROM item")[0][0])


def test_an_added_instance_serves_survives_a_restart_and_is_gone_from_disk(world: World) -> None:
    new = _new(free_port())
    world.provider.add(new)
    world.provider.add(new)
    assert world.provider.inspect("bug-123").state == "empty"
    world.restore("bug-123", world.first)
    assert _count(new) == 100
    world.supervisor.stop()
    world.supervisor.start()
    assert _count(new) == 100
    world.provider.remove("bug-123")
    world.provider.remove("bug-123")
    with pytest.raises(DatabaseError):
        _count(new)
    assert not (world.root / "instances" / "bug-123").exists()
    until(lambda: not list((world.root / "trash").iterdir()), "its data is deleted")
    assert not [data for data in world.servers() if "bug-123" in data]


def test_a_taken_name_and_a_configured_instance_are_refused(world: World) -> None:
    port = free_port()
    world.provider.add(_new(port, "mine"))
    with pytest.raises(SnapshotError, match="already"):
        world.provider.add(_new(free_port(), "mine"))
    with pytest.raises(SnapshotError, match="already"):
        world.provider.add(_new(port, "shared"))
    with pytest.raises(SnapshotError, match="configuration"):
        world.provider.remove("shared")
    world.provider.remove("mine")


def test_dbs_itself_is_let_into_a_running_instance_with_all_rights(world: World) -> None:
    """What people may not do, such as making an account for a rehearsal."""
    world.restore("shared", world.first)
    with closing(connect(world.provider.attach("shared"))) as admin:
        execute(admin, "CREATE USER rehearsal@'%' IDENTIFIED BY 'x'")
        execute(admin, "DROP USER rehearsal@'%'")
    world.provider.stop("shared")
    try:
        with pytest.raises(SnapshotError, match="does not run"):
            world.provider.attach("shared")
    finally:
        world.provider.start("shared")
