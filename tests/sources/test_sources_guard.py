"""A source is let go before it suffers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute, rows
from dbs.sources.guard import Guard, Limits, Load, guarding, judge, measure
from dbs.sources.interface import Lag, Opened, SourceError
from dbs.sources.opening import open_source, server_version
from dbs.sources.reading import consistent, table
from tests.sources.servers import NETWORK, PASSWORD, Server
from tests.support.waiting import until

LIMITS = Limits(60, 100, 2_000_000)
QUIET = Load(Lag(False), 5, 100)


@pytest.mark.parametrize(
    ("load", "reason"),
    [
        (QUIET, ""),
        (replace(QUIET, lag=Lag(True, 60)), ""),
        (replace(QUIET, lag=Lag(True, 75)), "the replica lags 75 s (limit 60 s)"),
        (replace(QUIET, lag=Lag(True)), "its replication is stopped"),
        (replace(QUIET, lag=Lag(None)), ""),
        (replace(QUIET, threads_running=101), "101 threads are running (limit 100)"),
        (replace(QUIET, history=2_000_001), "2000001 old row versions wait to be purged (limit 2000000)"),
        (replace(QUIET, history=None), ""),
    ],
)
def test_what_is_too_much(load: Load, reason: str) -> None:
    assert judge(load, LIMITS) == reason


def test_no_limit() -> None:
    assert judge(Load(Lag(False), 10_000, 10**9), Limits(60, 0, 0)) == ""


@pytest.fixture
def opened(each: Server) -> Iterator[Opened]:
    with open_source(each.local(), PASSWORD, NETWORK) as found:
        yield found


def test_a_server_is_measured_with_what_the_account_may_see(each: Server, opened: Opened) -> None:
    found = measure(opened.connection, opened.version)
    assert found.lag.replica is None
    assert found.threads_running >= 1
    assert (found.history is None) == (opened.version.flavour == "MySQL")  # MariaDB tells everybody
    with each.admin() as admin:
        assert isinstance(measure(admin, opened.version).history, int)


def test_a_quiet_server_is_read(opened: Opened) -> None:
    with guarding(opened, LIMITS, 0.01) as guard, consistent(opened), table(opened.connection, "first"):
        assert rows(opened.connection, "SELECT COUNT(*), SLEEP(0.1) FROM first")[0][0] == 3
        guard.check()
    assert opened.connection.open


def _sleep(connection: Connection) -> None:
    with suppress(DatabaseError):  # somebody ends it
        rows(connection, "SELECT SLEEP(60)")


def test_a_server_that_is_busy_from_the_beginning_is_left_alone(each: Server, opened: Opened) -> None:
    with each.admin() as admin:
        busy = threading.Thread(target=_sleep, args=(admin,))
        busy.start()
        until(lambda: measure(opened.connection, opened.version).threads_running > 1, "somebody else is running")
        left = pytest.raises(SourceError, match=r"Stopped reading .*: \d+ threads are running \(limit 1\)")
        with left as caught, guarding(opened, replace(LIMITS, max_threads_running=1)):
            pytest.fail("nobody noticed")
        assert caught.value.transient
        each.run(f"KILL QUERY {admin.thread_id()}")  # type: ignore[no-untyped-call]
        busy.join()


def test_a_reader_is_ended_in_the_middle_of_a_statement(each: Server, opened: Opened) -> None:
    """The old row versions that its own snapshot holds back are what it is ended for."""
    if opened.version.flavour == "MySQL":  # there the history is a right
        each.run("GRANT PROCESS ON *.* TO watcher@'%'")
    with open_source(each.local("watcher"), PASSWORD, NETWORK) as seeing, each.admin("shop") as admin:
        execute(admin, "SET sql_log_bin = 0")
        history = measure(admin, seeing.version).history
        assert history is not None
        limits = replace(LIMITS, max_history=history + 50)
        ended = pytest.raises(SourceError, match=r"Stopped reading .*: \d+ old row versions wait to be purged")
        with ended as caught, guarding(seeing, limits, 0.05), consistent(seeing):
            for _ in range(100):
                execute(admin, "UPDATE second SET word = IF(word = 'x', 'y', 'x')")
            rows(seeing.connection, "SELECT SLEEP(60)")
            pytest.fail("the statement was not ended")
    assert caught.value.transient


def test_a_replica_that_falls_back_is_let_go(primary: Server, replica: Server) -> None:
    replica.run("GRANT SLAVE MONITOR ON *.* TO watcher@'%'")
    try:
        with open_source(replica.source("watcher"), PASSWORD, NETWORK) as found:
            assert found.is_replica
            with pytest.raises(SourceError, match="its replication is stopped"), guarding(found, LIMITS, 0.05):
                replica.run("STOP SLAVE")
                rows(found.connection, "SELECT SLEEP(60)")
    finally:
        replica.run("START SLAVE")


def test_lag_is_measured_and_taken_off_the_age_of_the_data(primary: Server, replica: Server) -> None:
    replica.run(
        "GRANT SLAVE MONITOR ON *.* TO watcher@'%'", "STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY=3600", "START SLAVE"
    )
    try:
        primary.run("UPDATE shop.second SET word = 'lagging'")
        with replica.admin() as admin:
            version = server_version(admin)
            until(lambda: (measure(admin, version).lag.seconds or 0) >= 2, "the replica lags")
        with open_source(replica.source("watcher", max_lag="2h"), PASSWORD, NETWORK) as found:
            assert found.lag_seconds and found.lag_seconds >= 2
            with consistent(found) as snapshot:
                now = float(rows(found.connection, "SELECT UNIX_TIMESTAMP(SYSDATE(6))")[0][0])
                assert now - snapshot.data_state_at.timestamp() >= 2
        with pytest.raises(SourceError, match=r"the replica lags \d+ s \(limit 1 s\)") as caught:
            open_source(replica.source("watcher", max_lag="1s"), PASSWORD, NETWORK)
        assert caught.value.transient
    finally:
        replica.run("STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY=0", "START SLAVE")


def test_a_server_that_cannot_be_watched_any_longer_is_let_go(each: Server, opened: Opened) -> None:
    with pytest.raises(SourceError, match="it could not be watched any longer"), guarding(opened, LIMITS, 0.05):
        reader = int(rows(opened.connection, "SELECT CONNECTION_ID()")[0][0])
        with each.admin() as admin:
            others = rows(admin, "SELECT id FROM information_schema.processlist WHERE user = 'reader'")
            for (number,) in others:
                if int(number) != reader:
                    execute(admin, f"KILL {number}")
        rows(opened.connection, "SELECT SLEEP(60)")


def test_a_reader_hears_the_reason_and_not_its_symptom() -> None:
    guard = Guard("the server at db:3306")
    guard.check()
    guard.trip("the replica lags 75 s (limit 60 s)")
    guard.trip("something later")
    with pytest.raises(SourceError) as caught:
        guard.check()
    said = "Stopped reading the server at db:3306: the replica lags 75 s (limit 60 s). It is tried again later."
    assert (str(caught.value), caught.value.transient) == (said, True)


def test_other_failures_stay_what_they_are(opened: Opened) -> None:
    with pytest.raises(ZeroDivisionError), guarding(opened, LIMITS, 0.05):
        raise ZeroDivisionError
    with pytest.raises(SourceError, match="doesn't exist") as caught, guarding(opened, LIMITS, 0.05):
        rows(opened.connection, "SELECT * FROM nothing")
    assert isinstance(caught.value.__cause__, DatabaseError) and not caught.value.transient
