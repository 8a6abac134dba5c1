"""How much was written to an instance since its restore: told by the server, lost only with the server."""

from __future__ import annotations

from contextlib import closing

import pytest

from dbs import process
from dbs.mysql.query import execute, rows
from tests.support.waiting import until
from tests.support.workplace import EACH, EACH_ID
from tests.support.world import World

pytestmark = [pytest.mark.server, pytest.mark.parametrize("filesystem", EACH, ids=EACH_ID, indirect=True)]


def _written(world: World) -> int | None:
    return world.provider.inspect("shared").written


@pytest.fixture
def restored(world: World) -> World:
    """Nobody has written to `shared` yet."""
    world.restore("shared", world.first)
    assert _written(world) == 0
    return world


def test_reading_is_not_writing(restored: World) -> None:
    restored.ask("shared", "SELECT customer_id, COUNT(DISTINCT price) FROM item GROUP BY 1 ORDER BY 2 DESC")
    restored.ask("shared", "SELECT * FROM information_schema.processlist")
    restored.ask("shared", "SELECT COUNT(*) FROM information_schema.tables, information_schema.columns")
    with closing(restored.connect("shared")) as session:
        execute(session, "START TRANSACTION")
        rows(session, "SELECT * FROM item FOR UPDATE")
        for _ in range(3):
            assert _written(restored) == 0


def test_what_is_written_is_counted(restored: World) -> None:
    counted = 0
    for sql, more in (
        ("INSERT INTO note SELECT 'more' FROM item", 100),
        ("UPDATE item SET price = price + 1 WHERE id <= 30", 30),
        ("DELETE FROM item WHERE id > 60", 40),
        ("UPDATE note SET text = 'nobody' WHERE text = 'never'", 0),
        ("TRUNCATE item", 1),
        ("DROP TABLE note", 1),
    ):
        restored.tell("shared", sql)
        counted += more
        assert _written(restored) == counted, sql


def test_a_dropped_table_alone_is_a_change(restored: World) -> None:
    restored.tell("shared", "DROP TABLE note")
    assert _written(restored) == 1


def test_looking_does_not_count_itself(restored: World) -> None:
    with closing(restored.connect("shared")) as session:
        execute(session, "START TRANSACTION")
        execute(session, "INSERT INTO note VALUES ('mine')")
        for _ in range(3):
            assert _written(restored) == 1


def test_a_restore_begins_anew_and_an_undo_is_not_known(restored: World) -> None:
    restored.tell("shared", "DELETE FROM item")
    restored.restore("shared", restored.second)
    status = restored.provider.inspect("shared")
    assert (status.written, status.undo_snapshot) == (0, restored.first.id)
    restored.provider.undo("shared", restored.ticket(), lambda _: None)
    assert _written(restored) is None


def test_the_count_outlives_the_supervisor(restored: World) -> None:
    restored.tell("shared", "DELETE FROM item WHERE id > 60")
    restored.supervisor.kill()
    restored.supervisor.start()
    assert _written(restored) == 40, "the server went on, and so did its count"


def test_the_count_outlives_a_stop(restored: World) -> None:
    restored.tell("shared", "DELETE FROM item WHERE id > 60")
    restored.provider.stop("shared")
    assert _written(restored) == 40
    restored.provider.start("shared")
    assert _written(restored) == 40
    restored.tell("shared", "DELETE FROM item WHERE id > 50")
    assert _written(restored) == 50


def test_after_a_crash_it_is_not_known(restored: World) -> None:
    crashed = restored.server("shared")
    process.end(crashed)
    until(lambda: restored.answers("shared") and restored.server("shared") != crashed, "it is back")
    assert _written(restored) is None
    restored.restore("shared", restored.first)
    assert _written(restored) == 0
