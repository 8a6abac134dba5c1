"""Capture: nothing that an account's connections ran is missing, whatever they ran it with."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

import pymysql
import pytest
from pymysql.constants import CLIENT

from dbs.migrations.capture import capture
from dbs.migrations.encoding import from_json, to_json
from dbs.migrations.interface import Captured
from dbs.mysql.interface import Connection
from dbs.mysql.query import rows
from tests.migrations import binary
from tests.migrations.places import PASSWORD, Place

pytestmark = pytest.mark.server
CONNECTIONS = 8
STATEMENTS = 2_500
_MIXTURE = (
    "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(100), c INT)",
    "CREATE PROCEDURE p (x INT) BEGIN INSERT INTO t VALUES (x, 'p', 0); UPDATE t SET c = 1 WHERE id = x; END",
)


def raw(place: Place) -> Connection:
    """A connection as a tool has it: several statements in one packet are taken."""
    return pymysql.connect(
        user=place.database,
        password=PASSWORD,
        unix_socket=place.server.unix_socket,
        database=place.database,
        client_flag=CLIENT.MULTI_STATEMENTS,
        autocommit=True,
    )


def send(connection: Connection, sql: str) -> None:
    """Run it and take all results; an error of the server is part of the test."""
    with suppress(pymysql.MySQLError), connection.cursor() as cursor:
        cursor.execute(sql)
        while cursor.nextset():
            pass


def outer(found: tuple[Captured, ...]) -> list[Captured]:
    """What was sent, without what every connection begins with."""
    return [each for each in found if not each.inside and not each.text.startswith(("SET NAMES", "SET AUTOCOMMIT"))]


def send_each_kind(connection: Connection) -> None:
    """One of each way in which a tool can run something, failing and not."""
    send(connection, "INSERT INTO t VALUES (1, 'x', 0); INSERT INTO t VALUES (2, 'ä;', 0); SELECT COUNT(*) FROM t")
    send(connection, "INSERT INTO t VALUES (1, 'secret', 0)")
    send(connection, "ALTER TABLE t ADD UNIQUE KEY u (c); SELECT 'never run'")
    send(connection, "SELEC 1")
    send(connection, "CALL p(3)")
    number, places = binary.prepare(connection, "INSERT INTO t VALUES (?, ?, 0)")
    assert places == 2
    binary.execute(connection, number, ("10", "ten"))
    with suppress(pymysql.MySQLError):
        binary.execute(connection, number, ("10", "ten again"))
    binary.close(connection, number)
    send(connection, "PREPARE s FROM 'UPDATE t SET c = 5'")
    send(connection, "EXECUTE s")
    send(connection, "INSERT INTO t VALUES (20, '" + "long " * 15 + "', 0) /* " + "very " * 500 + "*/")


def test_each_kind_of_statement_is_there_once_with_its_error(each_copy: Place) -> None:
    each_copy.execute(*_MIXTURE)
    with capture(each_copy.server.admin, each_copy.database) as watching, raw(each_copy) as connection:
        send_each_kind(connection)
    assert watching.complete
    found = outer(watching.statements)
    beginnings = [(each.text[:22], each.error_code) for each in found]
    mysql = each_copy.flavour == "MySQL"
    assert beginnings == [
        ("INSERT INTO t VALUES (", None),
        ("INSERT INTO t VALUES (", None),
        ("SELECT COUNT(*) FROM t", None),
        ("INSERT INTO t VALUES (", 1062),
        ("ALTER TABLE t ADD UNIQ", 1062),
        ("SELEC 1", 1064),
        ("CALL p(3)", None),
        ("INSERT INTO t VALUES (", None),
        ("INSERT INTO t VALUES (", 1062),
        ("UPDATE t SET c = 5" if mysql else "PREPARE s FROM 'UPDATE", None),
        ("UPDATE t SET c = 5", None),
        ("INSERT INTO t VALUES (", None),
    ]
    assert found[0].text == "INSERT INTO t VALUES (1, 'x', 0)"
    assert [each.prepared for each in found[6:10]] == [False, True, True, False]
    assert mysql or found[7].text == "INSERT INTO t VALUES ('10', 'ten', 0)"
    assert found[-1].text.endswith("very */") and found[10].rows_affected == 4
    assert all("secret" not in each.error for each in found)
    inside = [each.text for each in watching.statements if each.inside]
    assert (
        len(inside) == 2 and inside[0].startswith("INSERT INTO t VALUES") and inside[1].startswith("UPDATE t SET c = 1")
    )
    assert [each.order for each in watching.statements] == list(range(1, len(watching.statements) + 1))
    assert all(before.started_at <= after.started_at for before, after in itertools.pairwise(found))
    assert [from_json(Captured, to_json(each)) for each in found] == found


def test_only_the_account_is_seen_and_the_server_is_left_as_it_was(each_copy: Place) -> None:
    settings = "SELECT @@global.slow_query_log, @@global.long_query_time, @@global.log_output"
    actors = "SELECT * FROM performance_schema.setup_actors"
    before = each_copy.rows(settings), each_copy.rows(actors)
    with capture(each_copy.server.admin, each_copy.database) as watching:
        each_copy.execute("CREATE TABLE other (id INT)")
        each_copy.run("CREATE TABLE t (id INT); INSERT INTO t VALUES (1), (2);")
    assert (each_copy.rows(settings), each_copy.rows(actors)) == before
    assert [(each.text, each.rows_affected) for each in outer(watching.statements)] == [
        ("CREATE TABLE t (id INT)", 0),
        ("INSERT INTO t VALUES (1), (2)", 2),
    ]


def test_a_connection_that_is_killed_loses_nothing_it_ran(each_copy: Place) -> None:
    with capture(each_copy.server.admin, each_copy.database) as watching:
        for number in range(5):
            connection = raw(each_copy)
            send(connection, f"SELECT {number}")
            each_copy.execute(f"KILL {connection.thread_id()}")  # type: ignore[no-untyped-call]
    assert sorted(each.text for each in outer(watching.statements)) == [f"SELECT {number}" for number in range(5)]


class Worker(threading.Thread):
    """One connection that runs many statements of each kind; `sent` is what has to be found of it."""

    def __init__(self, place: Place, number: int) -> None:
        super().__init__(name=f"worker-{number}")
        self.place, self.number = place, number
        self.sent: list[tuple[str, int | None]] = []
        self.connection_id = 0

    def run(self) -> None:
        """Until there are enough."""
        with raw(self.place) as connection:
            self.connection_id = int(rows(connection, "SELECT CONNECTION_ID()")[0][0])
            self.sent.append(("SELECT CONNECTION_ID()", None))
            prepared, _ = binary.prepare(connection, "INSERT INTO t VALUES (?, ?, 7)")
            for round_ in self._rounds():
                self._plain(connection, f"INSERT INTO t VALUES ({round_}, 'w{self.number}', 1)")
                self._plain(connection, f"INSERT INTO t VALUES ({round_}, 'again', 1)", 1062)
                parts = [f"UPDATE t SET c = {part} WHERE id = {round_}" for part in range(3)]
                send(connection, "; ".join(parts))
                self.sent += [(part, None) for part in parts]
                self._plain(connection, f"CALL p({round_ + 500_000})")
                self._prepared(connection, prepared, str(round_ + 1_000_000))

    def _rounds(self) -> Iterator[int]:
        number = self.number * 50_000
        while len(self.sent) < STATEMENTS:
            yield number
            number += 1

    def _plain(self, connection: Connection, sql: str, error: int | None = None) -> None:
        send(connection, sql)
        self.sent.append((sql, error))

    def _prepared(self, connection: Connection, number: int, key: str) -> None:
        for error in (None, 1062):
            with suppress(pymysql.MySQLError):
                binary.execute(connection, number, (key, "it's"))
            self.sent.append((f"INSERT INTO t VALUES ('{key}', 'it\\'s', 7)", error))


def test_of_twenty_thousand_statements_in_eight_connections_none_is_lost(copy: Place) -> None:
    copy.execute(*_MIXTURE)
    workers = [Worker(copy, number) for number in range(CONNECTIONS)]
    with capture(copy.server.admin, copy.database) as watching:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert watching.complete
    by_connection: dict[int, list[tuple[str, int | None]]] = defaultdict(list)
    for each in outer(watching.statements):
        by_connection[each.connection].append((each.text, each.error_code))
    assert sum(map(len, by_connection.values())) >= CONNECTIONS * STATEMENTS
    assert sorted(by_connection) == sorted(worker.connection_id for worker in workers)
    for worker in workers:
        assert by_connection[worker.connection_id] == worker.sent
    inside = sum(each.inside for each in watching.statements)
    assert inside == 2 * sum(text.startswith("CALL") for worker in workers for text, _ in worker.sent)
