"""Whether an index is used: what the counters of real servers say, and what must not be concluded from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from dbs.evidence.counters import NodeCounters, read_counters
from dbs.evidence.interface import IndexUse
from dbs.evidence.topology import Topology, not_asked
from dbs.evidence.use import ENFORCES, ENOUGH, MATCHED, MONTHLY, SEARCHES, judge
from dbs.mysql.query import execute, rows
from tests.evidence.production import ALL, FEW, Production, prepare
from tests.sources import servers
from tests.support.waiting import until

TABLE = [
    "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, u INT, KEY k_a (a), KEY k_b (b), UNIQUE k_u (u))",
    "INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 2), (3, 3, 3, 3)",
]
LONG = timedelta(days=40)


@contextmanager
def looked(production: Production, *statements: str, user: str = ALL) -> Iterator[NodeCounters]:
    """What the counters say after these statements."""
    with production.database(*TABLE) as database:
        with production.admin(database) as admin:
            for statement in statements:
                rows(admin, statement)
        with production.account(database, user) as connection:
            yield read_counters(connection, production.version, database, "production")


def aged(node: NodeCounters, by: timedelta = LONG) -> NodeCounters:
    """The same, had the server been up for longer."""
    counters = tuple(replace(one, since=one.since and one.since - by) for one in node.counters)
    return replace(node, started_at=node.started_at - by, counters=counters)


def verdict(node: NodeCounters, index: str) -> IndexUse:
    """Of one server only."""
    return judge("t", index, [node], now=node.read_at)


def test_used_and_unused(production: Production) -> None:
    with looked(production, "SELECT id FROM t FORCE INDEX (k_a) WHERE a > 1") as node:
        used, unused = verdict(aged(node), "k_a"), verdict(aged(node), "k_b")
        young = verdict(node, "k_b")
    assert (used.verdict, used.reads, used.reasons) == ("used", 2, ())
    assert used.sentence.startswith("k_a is in use: 2 reads were counted since ")
    assert (unused.verdict, unused.reads, unused.reasons) == ("unused so far", 0, ())
    both = "performance_schema and userstat" if production.version.flavour == "MariaDB" else "performance_schema"
    assert unused.sentence.startswith(f"k_b is unused so far: {both} of the server counted no read of it in 40 days")
    assert SEARCHES in unused.blind_spots and ENFORCES in unused.blind_spots and MONTHLY not in unused.blind_spots
    assert young.verdict == "unknown" and "too young" in young.sentence and MONTHLY in young.blind_spots


@pytest.mark.parametrize("short", [timedelta(hours=1), timedelta(0), -timedelta(hours=1)])
def test_the_least_age(counted: Production, short: timedelta) -> None:
    with looked(counted) as node:
        at = aged(node, ENOUGH - short - (node.read_at - node.started_at))
        wanted = "unknown" if short > timedelta(0) else "unused so far"
        counters = tuple(replace(one, trusted=None) for one in at.counters)
        assert verdict(replace(at, counters=counters), "k_b").verdict == wanted


def test_nothing_counts_there(uncounted: Production) -> None:
    with looked(uncounted, "SELECT id FROM t FORCE INDEX (k_a) WHERE a > 1") as node:
        use = verdict(aged(node), "k_a")
    assert (use.verdict, use.reads, use.since, use.blind_spots) == ("unknown", None, None, ())
    assert "Nothing counts on production." in use.sentence and "SET GLOBAL userstat = 1;" in use.sentence


def test_a_counter_that_was_switched_on_at_some_time(uncounted: Production) -> None:
    with uncounted.admin() as admin:
        execute(admin, "SET GLOBAL userstat = 1")
        try:
            with looked(uncounted, "SELECT id FROM t FORCE INDEX (k_a) WHERE a > 1") as node:
                used, unused = verdict(aged(node), "k_a"), verdict(aged(node), "k_b")
        finally:
            execute(admin, "SET GLOBAL userstat = 0")
    assert (used.verdict, used.reads, used.since) == ("used", 2, None)
    assert unused.verdict == "unknown" and "nobody can see when" in unused.sentence and MATCHED in unused.blind_spots


def test_a_counter_that_may_not_be_read_proves_nothing(production: Production) -> None:
    with looked(production, user=FEW) as node:
        use = verdict(aged(node), "k_b")
    assert use.verdict == "unknown"
    right = "SELECT ON performance_schema.table_io_waits_summary_by_index_usage TO 'reader'@'%';"
    assert any(f"GRANT {right}" in reason for reason in use.reasons)
    assert any("Whether it is a copy itself" in reason for reason in use.reasons)


def test_a_table_that_is_not_watched(production: Production) -> None:
    """Without a count on the table, and without the right to see what is watched, a zero says nothing."""
    with production.database(*TABLE) as database, production.admin(database) as admin:
        execute(admin, "UPDATE performance_schema.setup_objects SET enabled = 'NO' WHERE object_schema = '%'")
        try:
            with production.account(database) as connection:
                node = aged(read_counters(connection, production.version, database, "production"))
        finally:
            execute(admin, "UPDATE performance_schema.setup_objects SET enabled = 'YES' WHERE object_schema = '%'")
    use = judge("t", "k_b", [node], now=node.read_at)
    assert use.verdict == "unknown" and any("It does not watch this table" in reason for reason in use.reasons)


def test_a_table_without_any_count_proves_nothing(production: Production) -> None:
    """With the right to read the counter, and none to see what it watches."""
    right = "SELECT ON performance_schema.table_io_waits_summary_by_index_usage"
    made = ["CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY k_a (a))"]
    with production.database(*made) as database, production.admin() as admin:
        execute(admin, f"GRANT {right} TO {FEW}@'%'")
        try:
            with production.account(database, FEW) as connection:
                node = aged(read_counters(connection, production.version, database, "production"))
        finally:
            execute(admin, f"REVOKE {right} FROM {FEW}@'%'")
    reasons = judge("t", "k_a", [node], now=node.read_at).reasons
    assert any("counted nothing at all on this table" in one and "setup_instruments" in one for one in reasons)


def test_a_primary_knows_that_it_is_copied(counted: Production) -> None:
    """A replica that nobody asks makes a zero of the primary worth nothing."""
    options = ["--log-bin", "--server-id=7", "--userstat=1", "--performance-schema=ON"]
    with servers.place() as directory:
        servers.install(directory / "data")
        with servers.running(directory, options) as server, counted.admin() as replica:
            primary = prepare(server)
            server.run("CREATE USER repl@'%' IDENTIFIED BY 'repl'", "GRANT REPLICATION SLAVE ON *.* TO repl@'%'")
            with server.admin() as admin:
                ((file, position, *_),) = rows(admin, "SHOW MASTER STATUS")
            execute(
                replica,
                f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={server.tcp_port}, MASTER_USER='repl', "
                f"MASTER_PASSWORD='repl', MASTER_LOG_FILE='{file}', MASTER_LOG_POS={position}",
            )
            execute(replica, "START SLAVE")
            try:
                until(lambda: topology(primary).copied_by == 1, "the replica reads from the primary")
                found = [topology(primary), topology(counted)]
            finally:
                execute(replica, "STOP SLAVE")
                execute(replica, "RESET SLAVE ALL")
    assert not_asked(found) == [] and [one.copies for one in found] == [0, 1]
    assert "More servers copy its changes" in not_asked(found[:1])[0]
    assert "are replicas" in not_asked(found[1:])[0]


def topology(production: Production) -> Topology:
    """How a server stands to others, as an account that may only read sees it."""
    with production.account("information_schema") as connection:
        return read_counters(connection, production.version, "shop", "production").topology


# index, a statement, and whether anything counts it: (MariaDB, MySQL). What is None here is a blind spot that is named.
MEASURED = [
    ("k_a", "SELECT id FROM t FORCE INDEX (k_a) WHERE a = 99", (False, None)),
    ("k_u", "SELECT id FROM t WHERE u = 99", (True, True)),
    ("k_a", "UPDATE t SET b = 0 WHERE a = 99", (True, True)),
    ("k_a", "DELETE FROM t WHERE a = 99", (True, True)),
    ("k_u", "INSERT IGNORE INTO t VALUES (9, 9, 9, 1)", (False, None)),
]


@pytest.mark.parametrize(("index", "statement", "counted_by"), MEASURED)
def test_what_the_counters_miss(
    production: Production, index: str, statement: str, counted_by: tuple[bool | None, bool | None]
) -> None:
    """That the blind spots are those that are named; nothing here may end in a wrong "unused" without one."""
    with looked(production, statement) as node:
        use = verdict(aged(node), index)
    expected = counted_by[production.version.flavour == "MySQL"]
    if expected is not None:
        assert (use.verdict == "used") == expected, use.counters
    assert use.verdict == "used" or {SEARCHES, ENFORCES} <= set(use.blind_spots)


def test_every_server_has_to_be_asked(counted: Production) -> None:
    with looked(counted, "SELECT id FROM t FORCE INDEX (k_b) WHERE b > 1") as node:
        busy = replace(aged(node), node="two", where="the replica")
    quiet = replace(busy, node="one", where="the primary", counters=tuple(
        replace(one, reads=dict.fromkeys(one.reads, 0)) for one in busy.counters
    ))  # fmt: skip
    alone = judge("t", "k_b", [quiet], not_reached=["A server was not asked."], now=node.read_at)
    both = judge("t", "k_b", [quiet, busy], not_reached=["A server was not asked."], now=node.read_at)
    assert (alone.verdict, alone.reasons) == ("unknown", ("A server was not asked.",))
    assert (both.verdict, both.reads) == ("used", 2)
    assert judge("t", "k_b", [quiet, quiet], now=node.read_at).verdict == "unused so far"
    primary = replace(quiet, topology=Topology(copied_by=1))
    assert judge("t", "k_b", [primary], now=node.read_at).verdict == "unknown"
    assert judge("t", "gone", [quiet], now=node.read_at).verdict == "unknown"


def test_which_servers_there_must_be() -> None:
    primary, replica = Topology(copied_by=1), Topology(copies=1)
    assert not_asked([primary, replica]) == []
    assert not_asked([Topology()]) == []
    assert "More servers copy its changes" in not_asked([primary])[0]
    assert "are replicas" in not_asked([replica])[0]
    assert "The cluster has more servers" in not_asked([Topology(cluster=3)])[0]
    assert not_asked([Topology(unseen=("a",)), Topology(unseen=("a",))]) == ["a"]
