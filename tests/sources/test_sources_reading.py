"""One state of a source, and nobody who has to wait for its reader; on real servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import execute, rows
from dbs.sources.interface import Opened, SourceError
from dbs.sources.opening import open_source
from dbs.sources.reading import consistent, table
from tests.sources.servers import NETWORK, PASSWORD, Server
from tests.sources.shop import read, write
from tests.support.waiting import until

TABLES = ("now", "later", "last")


@pytest.fixture
def opened(each: Server) -> Iterator[Opened]:
    """A reader of three tables of two rows."""
    write(each, *(f"CREATE OR REPLACE TABLE {name} (id INT, word VARCHAR(20))" for name in TABLES))
    write(each, *(f"INSERT INTO {name} VALUES (1, 'one'), (2, 'two')" for name in TABLES))
    with open_source(each.local(), PASSWORD, NETWORK) as found:
        yield found


def waiting(server: Server) -> bool:
    """Whether somebody waits for a metadata lock."""
    with server.admin() as connection:
        return any("metadata lock" in str(row) for row in rows(connection, "SHOW FULL PROCESSLIST"))


def test_everything_is_of_one_moment(each: Server, opened: Opened) -> None:
    before = datetime.now(UTC)
    with consistent(opened) as snapshot:
        write(each, "INSERT INTO now VALUES (3, 'three')", "DELETE FROM later")
        with table(opened.connection, "now") as now:
            assert len(read(opened, now)) == 2
        write(each, "UPDATE last SET word = 'other'")
        for name in ("later", "last", "now"):
            with table(opened.connection, name) as one:
                assert read(opened, one) == [(1, "one"), (2, "two")]
        assert abs(snapshot.data_state_at - before) < timedelta(hours=1) and snapshot.data_state_at.tzinfo
    assert rows(opened.connection, "SELECT COUNT(*) FROM now") == [(3,)]


def test_nothing_can_be_written(opened: Opened) -> None:
    with pytest.raises(SourceError, match=r"denied|read-only|READ ONLY"), consistent(opened):
        execute(opened.connection, "DELETE FROM now")


def test_not_even_by_who_may(each: Server) -> None:
    source = each.local("root")
    with (
        open_source(source, None, NETWORK, any_account=True) as found,
        pytest.raises(SourceError, match=r"READ ONLY transaction"),
        consistent(found),
        table(found.connection, "first"),
    ):
        execute(found.connection, "DELETE FROM first")


def test_values_look_the_same_whatever_the_server_is_set_to(each: Server, opened: Opened) -> None:
    write(
        each,
        "SET sql_mode = ''",
        "CREATE OR REPLACE TABLE moments (d DATE, t TIMESTAMP NULL, w VARCHAR(10)) CHARSET utf8mb4",
        "SET time_zone = '+05:00'",
        "INSERT INTO moments VALUES ('0000-00-00', '2026-11-20 05:00:00', '☃')",
    )
    with consistent(opened), table(opened.connection, "moments"):
        found = rows(opened.connection, "SELECT CAST(d AS CHAR), CAST(t AS CHAR), w, HEX(w) FROM moments")
    assert found == [("0000-00-00", "2026-11-20 00:00:00", "☃", "E29883")]


def test_altering_a_table_that_was_read_stalls_nobody(each: Server, opened: Opened) -> None:
    with consistent(opened):
        with table(opened.connection, "now") as now:
            read(opened, now)
        write(each, "SET lock_wait_timeout = 1", "ALTER TABLE now ADD COLUMN more INT", "DROP TABLE now")
        with table(opened.connection, "later") as later:
            assert len(read(opened, later)) == 2


def test_looking_at_a_definition_holds_up_nobody(each: Server, opened: Opened) -> None:
    with consistent(opened):
        rows(opened.connection, "SHOW CREATE TABLE now")
        rows(opened.connection, "SELECT * FROM information_schema.columns WHERE table_schema = 'shop'")
        rows(opened.connection, "SHOW TRIGGERS")
        write(each, "SET lock_wait_timeout = 1", "ALTER TABLE now ADD COLUMN more INT")


def test_altering_a_table_that_is_being_read_waits_for_that_table_only(each: Server, opened: Opened) -> None:
    with consistent(opened):
        with table(opened.connection, "now") as now:
            read(opened, now)
            thread = threading.Thread(target=write, args=(each, "ALTER TABLE now ADD COLUMN more INT DEFAULT 7"))
            thread.start()
            until(lambda: waiting(each), "ALTER waits for the reader")
            assert thread.is_alive()
        thread.join(60)
        assert not thread.is_alive()  # it did not wait for the tables that follow
        with table(opened.connection, "later") as later:
            assert len(read(opened, later)) == 2


def test_a_table_that_was_altered_before_it_was_read_is_tried_again(each: Server, opened: Opened) -> None:
    altered = pytest.raises(SourceError, match="The table later was altered after the snapshot was made")
    with altered as caught, consistent(opened):
        with table(opened.connection, "now") as now:
            read(opened, now)
        write(each, "ALTER TABLE later ADD COLUMN more INT DEFAULT 7, ALGORITHM=COPY")
        with table(opened.connection, "later") as later:
            read(opened, later)
    assert caught.value.transient


def test_a_missing_table_is_not_tried_again(opened: Opened) -> None:
    missing = pytest.raises(SourceError, match=r"While the table gone was read: .*doesn't exist")
    with missing as caught, consistent(opened), table(opened.connection, "gone") as gone:
        read(opened, gone)
    assert not caught.value.transient


def test_after_a_failure_the_rest_of_a_table_is_not_drained(opened: Opened) -> None:
    with pytest.raises(ZeroDivisionError), consistent(opened), table(opened.connection, "now"):
        raise ZeroDivisionError
    with pytest.raises(DatabaseError):
        rows(opened.connection, "SELECT 1")
