"""The runner: every statement is written down, the first error ends it, and so do limits."""

from __future__ import annotations

import threading

import pytest

from dbs.errors import RefusedError
from dbs.migrations.encoding import from_json, to_json
from dbs.migrations.interface import Limits, Migration, MigrationError, Progress, Run
from dbs.migrations.naming import arrange
from dbs.migrations.running import run
from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import rows
from tests.migrations.places import Place, file, migrations
from tests.support.waiting import until

pytestmark = pytest.mark.server


def test_every_statement_is_written_down(each_copy: Place) -> None:
    told: list[Progress] = []
    files = migrations(
        "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(5));\nINSERT INTO t VALUES (1, 'ä'), (2, 'b');\n",
        "UPDATE t SET a = 'x';\nSELECT * FROM t;\n-- the end",
    )
    done = run(each_copy.connect, files, Limits(), told.append)
    assert done.failed is None and done.stopped_by is None and done.notes == ()
    assert [(each.file, each.line, each.number, each.rows_affected) for each in done.statements] == [
        ("1.sql", 1, 1, 0),
        ("1.sql", 2, 2, 2),
        ("2.sql", 1, 1, 2),
        ("2.sql", 2, 2, 2),
    ]
    assert [(each.done, each.total, each.step.path) for each in told] == [
        (0, 4, "1.sql"),
        (1, 4, "1.sql"),
        (2, 4, "2.sql"),
        (3, 4, "2.sql"),
    ]
    assert all(0 <= each.seconds <= done.seconds for each in done.statements)
    assert from_json(Run, to_json(done)) == done


def test_the_first_error_ends_it_with_its_place_and_without_values(each_copy: Place) -> None:
    done = each_copy.run(
        "CREATE TABLE t (mail VARCHAR(50));\nINSERT INTO t VALUES ('ann@example.com'), ('ann@example.com');",
        "-- one address each\n\nALTER TABLE t\n  ADD UNIQUE KEY mail (mail);\nSELECT 1;",
        "SELECT 2",
    )
    failed = done.failed
    assert failed and done.failed_at == 2 == len(done.statements) - 1
    assert (failed.file, failed.line, failed.error_code, failed.sqlstate) == ("2.sql", 3, 1062, "23000")
    assert "mail" in failed.error and "ann@" not in failed.error and "…" in failed.error


def test_a_syntax_error_is_told_with_its_line(each_copy: Place) -> None:
    done = each_copy.run("SELECT 1;", "SELECT 1;\n\nALTER TABEL t ADD x INT;")
    assert done.failed and (done.failed.file, done.failed.line, done.failed.error_code) == ("2.sql", 3, 1064)


def test_warnings_are_counted_by_code(each_copy: Place) -> None:
    done = each_copy.run(
        "CREATE TABLE t (a VARCHAR(3), n INT);\n"
        "INSERT INTO t VALUES ('secret', 1), ('secret', 99999999999), ('x', 'secret');",
        limits=Limits(sql_mode=""),
    )
    assert done.failed is None
    found = {each.code: each for each in done.statements[1].warnings}
    assert (found[1265].count, found[1264].count, found[1366].count) == (2, 1, 1)
    assert done.statements[1].warning_count == 4
    assert all("secret" not in each.message for each in found.values())


def test_the_session_is_set_as_the_project_sets_it(each_copy: Place) -> None:
    text = "CREATE TABLE c (p INT, FOREIGN KEY (p) REFERENCES later (id));"
    failed = each_copy.run(text).failed
    assert failed and failed.error_code in (1005, 1824)
    assert each_copy.run(text, limits=Limits(foreign_key_checks=False)).failed is None
    modes = Limits(sql_mode="STRICT_ALL_TABLES")
    assert each_copy.run("CREATE TABLE m AS SELECT @@sql_mode AS it;", limits=modes).failed is None
    assert each_copy.rows("SELECT it FROM m") == [("STRICT_ALL_TABLES",)]


def test_an_open_transaction_is_committed_and_noted(each_copy: Place) -> None:
    done = each_copy.run("CREATE TABLE t (id INT); BEGIN; INSERT INTO t VALUES (1);", "SELECT 1;")
    assert done.failed is None and "transaction open" in done.notes[0] and done.notes[0].startswith("1.sql")
    assert each_copy.rows("SELECT id FROM t") == [(1,)]


def test_all_results_of_a_call_are_taken(each_copy: Place) -> None:
    done = each_copy.run(
        "CREATE TABLE t (id INT);\n"
        "CREATE PROCEDURE p () BEGIN SELECT 1; SELECT 'ä', 2 UNION SELECT 'b', 3; INSERT INTO t VALUES (1); END;\n"
        "CALL p();\nSET NAMES latin1;\nSELECT '\u00e4' AS '\u00e4';\n".encode()
        + b"SELECT '\xe4' AS '\xe4';",
    )
    assert [each.error_code for each in done.statements] == [None] * 6
    assert [each.rows_affected for each in done.statements][4:] == [1, 1]


def test_no_file_of_ours_is_read(each_copy: Place) -> None:
    done = each_copy.run("CREATE TABLE t (a TEXT); LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t;")
    assert done.failed and done.failed.number == 2
    assert each_copy.rows("SELECT COUNT(*) FROM t") == [(0,)]


def test_nothing_else_is_reached(each_copy: Place) -> None:
    failed = each_copy.run("USE mysql; SELECT * FROM user;").failed
    assert failed and failed.error_code == 1044


def test_a_file_that_cannot_be_taken_apart_stops_everything_before_it_begins(copy: Place) -> None:
    with pytest.raises(MigrationError, match=r"2\.sql"):
        copy.run("CREATE TABLE t (id INT);", "SELECT 'open")
    assert copy.rows("SHOW TABLES") == []


def test_what_another_tool_fills_in_is_refused(copy: Place) -> None:
    text = "SELECT 1;\nCREATE TABLE ${prefix}_t (id INT);"
    with pytest.raises(MigrationError, match=r"V1__a\.sql, line 2: \$\{prefix\} is filled in"):
        run(copy.connect, arrange({"V1__a.sql": text.encode()}), Limits())
    goose = f"-- +goose ENVSUB ON\n-- +goose Up\n-- +goose ENVSUB ON\n{text}"
    with pytest.raises(MigrationError, match="line 5"):
        run(copy.connect, arrange({"1_a.sql": goose.encode()}), Limits())
    assert run(copy.connect, migrations("SELECT '${x}'"), Limits()).failed is None


def test_what_never_ends_is_ended_at_the_limit(each_copy: Place) -> None:
    done = each_copy.run("SELECT 1; SELECT SLEEP(600); SELECT 2;", limits=Limits(seconds=1))
    assert done.stopped_by == "time limit" and done.failed_at == 1
    until(lambda: not sleeping(each_copy), "the end of the statement")


def test_a_handler_in_a_program_does_not_save_it(each_copy: Place) -> None:
    forever = (
        "CREATE PROCEDURE p () BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;"
        " LOOP DO SLEEP(1); END LOOP; END; CALL p();"
    )
    done = each_copy.run(forever, limits=Limits(seconds=1))
    assert done.stopped_by == "time limit" and done.failed_at == 1
    until(lambda: not sleeping(each_copy), "the end of the program")


def test_it_can_be_cancelled(each_copy: Place) -> None:
    wanted = threading.Event()

    def on_progress(progress: Progress) -> None:
        if progress.done == 1:
            wanted.set()

    files = migrations("SELECT 1; SELECT SLEEP(600);")
    done = run(each_copy.connect, files, Limits(), on_progress, cancelled=wanted.is_set)
    assert done.stopped_by == "cancelled" and done.failed_at == 1


def test_who_cannot_be_asked_is_asked_again(copy: Place) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        if len(asked) == 1:
            raise RefusedError("not now")
        return True

    done = run(copy.connect, migrations("SELECT SLEEP(600)"), Limits(), cancelled=cancelled)
    assert done.stopped_by == "cancelled" and len(asked) == 2


def test_a_bug_in_asking_ends_the_run_and_comes_out(copy: Place) -> None:
    def cancelled() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(copy.connect, migrations("SELECT SLEEP(600)"), Limits(), cancelled=cancelled)


def test_a_connection_that_is_lost_is_told(each_copy: Place) -> None:
    killed = run(each_copy.connect, migrations("SELECT SLEEP(600)"), Limits(), lambda _: kill_soon(each_copy))
    assert killed.stopped_by == "connection lost" and killed.failed_at == 0


def kill_soon(place: Place) -> None:
    """Another thread kills the statement's connection once it sleeps."""

    def kill() -> None:
        [(number,)] = until(lambda: sleeping(place), "the statement")
        place.execute(f"KILL {number}")

    threading.Thread(target=kill, daemon=True).start()


def sleeping(place: Place) -> list[tuple[int]]:
    """Connections of the runner that run something."""
    with place.server.admin() as connection:
        sql = "SELECT id FROM information_schema.processlist WHERE user = %s AND command <> 'Sleep'"
        return [(int(number),) for (number,) in rows(connection, sql, (place.database,))]


def test_down_goes_the_other_way_round(each_copy: Place) -> None:
    ways = [("CREATE TABLE a (id INT);", "DROP TABLE a;"), ("CREATE TABLE b LIKE a;", "DROP TABLE b;")]
    files = [
        Migration("plain", str(number), "x", file(up, f"{number}.up.sql"), file(down, f"{number}.down.sql"))
        for number, (up, down) in enumerate(ways, 1)
    ]
    assert run(each_copy.connect, files, Limits()).failed is None
    done = run(each_copy.connect, files, Limits(), direction="down")
    assert [each.file for each in done.statements] == ["2.down.sql", "1.down.sql"]
    assert each_copy.rows("SHOW TABLES") == []
    with pytest.raises(MigrationError, match=r"1\.sql has no way down"):
        run(each_copy.connect, migrations("SELECT 1"), Limits(), direction="down")


def test_a_server_that_is_not_there_is_an_error(copy: Place) -> None:
    def nowhere() -> None:
        raise DatabaseError("nobody there")

    with pytest.raises(DatabaseError):
        run(nowhere, migrations("SELECT 1"), Limits())  # type: ignore[arg-type]  # never returns
