"""What every provider promises: `dbs.snapshots.interface.Provider`, on real servers."""

from __future__ import annotations

from contextlib import closing

import pytest

from dbs.mysql.query import execute, rows
from dbs.mysql.version import parse
from dbs.snapshots.interface import Address, SnapshotError, Ticket
from tests.support.world import DATABASE, World, filling

pytestmark = pytest.mark.server


def test_a_snapshot_knows_what_it_is(world: World) -> None:
    made = world.first
    assert made.rows == {"customer": 10, "item": 100, "note": 1}
    assert parse(made.server_version) == world.programs.version()
    assert made.data_bytes > 10 * 2**20
    assert len(made.tree_digest) == 64
    assert (made.database, made.masked) == (DATABASE, "made up")
    assert [one for one in world.provider.snapshots() if one.id in (world.first.id, world.second.id)] == [
        world.first,
        world.second,
    ]


def test_what_the_provider_says_of_itself(world: World) -> None:
    facts = world.provider.describe()
    assert facts["copies by"] == world.filesystem.method
    assert facts["root"] == str(world.root)


class FillingError(Exception):
    """A bug in whoever fills the server."""


def test_a_snapshot_that_cannot_be_filled_leaves_nothing(world: World) -> None:
    before = world.settled()

    def fail(address: Address) -> dict[str, int]:
        filling(5)(address)
        raise SnapshotError("The dump ends in the middle.")

    with pytest.raises(SnapshotError, match=r"^The dump ends in the middle\.$"):
        world.provider.create(world.manifest(), fail)
    assert world.traces() == before


def test_a_bug_while_filling_leaves_nothing(world: World) -> None:
    before = world.settled()

    def fail(_: Address) -> dict[str, int]:
        raise FillingError

    with pytest.raises(FillingError):
        world.provider.create(world.manifest(), fail)
    world.until_traces_are(before)


def test_a_restore_brings_rows_and_tables_back(world: World) -> None:
    world.restore("shared", world.first)
    world.tell("shared", "DROP VIEW dear")
    world.tell("shared", "DROP TABLE item")
    world.tell("shared", "UPDATE customer SET name = 'Nobody'")
    restored = world.restore("shared", world.first)
    assert restored.instance == "shared"
    assert restored.snapshot_id == world.first.id
    assert restored.method == world.filesystem.method
    assert {"copy", "start", "verify", "total"} <= set(restored.seconds)
    assert world.items("shared") == 100
    assert world.ask("shared", "SELECT COUNT(*) FROM dear") == [(50,)]
    assert world.ask("shared", "SELECT COUNT(*) FROM customer WHERE name LIKE 'Customer %'") == [(10,)]


def test_a_dropped_database_comes_back(world: World) -> None:
    world.restore("shared", world.first)
    world.tell("shared", f"DROP DATABASE {DATABASE}")
    world.restore("shared", world.first)
    assert world.items("shared") == 100


def test_an_older_snapshot_can_be_restored(world: World) -> None:
    world.restore("shared", world.second)
    assert world.items("shared") == 200
    world.restore("shared", world.first)
    assert world.items("shared") == 100
    assert world.provider.inspect("shared").snapshot_id == world.first.id


def test_instances_do_not_share_what_is_written(world: World) -> None:
    world.restore("shared", world.first)
    world.restore("other", world.first)
    world.tell("other", "DELETE FROM item")
    assert world.items("shared") == 100
    world.restore("shared", world.first)
    assert world.items("other") == 0


def test_the_steps_are_told_in_order(world: World) -> None:
    told: list[str] = []
    world.provider.restore("shared", world.first.id, world.ticket(), told.append)
    assert told == ["copy", "start", "verify"]


def test_who_is_connected(world: World) -> None:
    world.restore("shared", world.first)
    with closing(world.connect("shared")) as session:
        rows(session, "SELECT 1")
        status = world.provider.inspect("shared")
    assert (status.name, status.state, status.detail) == ("shared", "running", "")
    assert status.address == f"127.0.0.1:{world.address('shared').port}"
    assert [(one.user, one.command) for one in status.sessions] == [("dev", "Sleep")]
    assert status.since is not None


def test_the_same_job_twice_is_one_restore(world: World) -> None:
    ticket = world.ticket()
    first = world.restore("shared", world.first, ticket)
    since = world.provider.inspect("shared").since
    world.tell("shared", "INSERT INTO note VALUES ('written after the restore')")
    assert world.restore("shared", world.first, ticket) == first
    assert world.provider.inspect("shared").since == since
    assert world.ask("shared", "SELECT COUNT(*) FROM note") == [(2,)]


@pytest.mark.parametrize("behind", [0, 1])
def test_an_overtaken_job_changes_nothing(world: World, behind: int) -> None:
    late = world.ticket()
    newer = world.ticket()
    world.restore("shared", world.first, newer)
    world.tell("shared", "INSERT INTO note VALUES ('mine')")
    with pytest.raises(SnapshotError, match="A later job has changed shared"):
        world.restore("shared", world.second, Ticket(late.job_id, newer.epoch - behind))
    assert world.ask("shared", "SELECT COUNT(*) FROM note") == [(2,)]


def test_a_deleted_snapshot_goes_and_its_instances_stay(world: World) -> None:
    made = world.create(7)
    world.restore("other", made)
    world.provider.delete(made.id)
    assert made.id not in [one.id for one in world.provider.snapshots()]
    world.tell("other", "INSERT INTO note VALUES ('still here')")
    assert world.items("other") == 7
    with pytest.raises(SnapshotError, match=f"There is no snapshot {made.id}"):
        world.restore("other", made)
    assert world.items("other") == 7
    world.restore("other", world.first)


def test_a_snapshot_that_is_there_is_not_made_again(world: World) -> None:
    """Whoever died between the last answer and noting it down asks again, and must not be refused."""

    def load(_: Address) -> dict[str, int]:
        raise AssertionError("there is nothing to fill")

    assert world.provider.create(world.first, load) == world.first


@pytest.mark.parametrize("snapshot", ["shop-20250101T000000Z-abcd", "../../etc", "", "shop-20250101T000000Z-abcd/.."])
def test_an_unknown_snapshot_is_named(world: World, snapshot: str) -> None:
    for act in (
        lambda: world.provider.restore("shared", snapshot, world.ticket(), lambda _: None),
        lambda: world.provider.delete(snapshot),
    ):
        with pytest.raises(SnapshotError, match=r"no snapshot shop-2025|is not the id of a snapshot"):
            act()


def test_an_unknown_instance_is_named(world: World) -> None:
    with pytest.raises(SnapshotError, match=r"knows no instance 'nobody'; it has shared, other, fresh, empty\."):
        world.provider.restore("nobody", world.first.id, world.ticket(), lambda _: None)
    with pytest.raises(SnapshotError, match="knows no instance 'nobody'"):
        world.provider.inspect("nobody")


def test_people_can_do_everything_inside_their_database(world: World) -> None:
    world.restore("shared", world.first)
    with closing(world.connect("shared")) as session:
        for statement in (
            "CREATE TABLE mine (id INT PRIMARY KEY AUTO_INCREMENT, item_id INT, FOREIGN KEY (item_id) "
            "REFERENCES item (id))",
            "ALTER TABLE mine ADD COLUMN note TEXT, ADD FULLTEXT KEY (note)",
            "CREATE TRIGGER touched BEFORE INSERT ON mine FOR EACH ROW SET NEW.note = 'touched'",
            "CREATE PROCEDURE fill() INSERT INTO mine (item_id) VALUES (1), (2)",
            "CREATE FUNCTION two() RETURNS INT DETERMINISTIC RETURN 2",
            "CALL fill()",
            "CREATE TEMPORARY TABLE passing AS SELECT * FROM mine",
            "CREATE VIEW seen AS SELECT * FROM mine",
            "CREATE INDEX by_item ON mine (item_id, id)",
            "LOCK TABLES mine WRITE",
            "UNLOCK TABLES",
            "SET SESSION foreign_key_checks = 0",
            "TRUNCATE TABLE mine",
            "DROP TABLE item",
        ):
            execute(session, statement)
        assert rows(session, "SELECT two(), (SELECT COUNT(*) FROM passing)") == [(2, 2)]
