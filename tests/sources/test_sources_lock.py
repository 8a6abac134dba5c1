"""`lock = true`: all writers stop for a moment, or the reader gives up; on real servers."""

from __future__ import annotations

import pytest

from dbs.mysql.query import execute, rows
from dbs.sources.interface import Opened, SourceError
from dbs.sources.opening import open_source
from dbs.sources.reading import LOCK_WAIT_SECONDS, consistent, table
from tests.sources.servers import NETWORK, PASSWORD, READING, Server
from tests.sources.shop import write


def locker(server: Server) -> Opened:
    """A reader that may lock."""
    write(
        server,
        "CREATE USER IF NOT EXISTS locker@'%'",
        f"GRANT {READING} ON shop.* TO locker@'%'",
        "GRANT RELOAD ON *.* TO locker@'%'",
    )
    return open_source(server.local("locker", lock=True), None, NETWORK)


def test_the_lock_is_held_for_a_moment(each: Server) -> None:
    write(each, "CREATE OR REPLACE TABLE other (id INT) ENGINE=MyISAM")
    with locker(each) as found, consistent(found, lock=True):
        write(
            each, "SET lock_wait_timeout = 1", "INSERT INTO other VALUES (1)", "INSERT INTO first (word) VALUES ('x')"
        )
        with table(found.connection, "first"):
            assert ("x",) not in rows(found.connection, "SELECT word FROM first")
    write(each, "DELETE FROM first WHERE word = 'x'")


def test_the_lock_is_not_waited_for(each: Server) -> None:
    with each.admin("shop") as busy, locker(each) as found:
        execute(busy, "LOCK TABLES first WRITE")
        with pytest.raises(SourceError, match=f"within {LOCK_WAIT_SECONDS} s") as caught, consistent(found, lock=True):
            pass
        assert caught.value.transient
        execute(busy, "UNLOCK TABLES")
    write(each, "SET lock_wait_timeout = 1", "UPDATE first SET word = word")


def test_who_may_not_lock_hears_what_to_do(each: Server) -> None:
    with (
        open_source(each.local(), PASSWORD, NETWORK) as found,
        pytest.raises(SourceError, match="Take lock = true out") as caught,
        consistent(found, lock=True),
    ):
        pass
    assert not caught.value.transient
