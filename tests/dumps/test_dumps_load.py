"""A database dumped by mariadb-dump, loaded by us into a real server, and compared."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dbs.dumps.interface import DumpError
from dbs.dumps.load import load
from dbs.dumps.reading import read
from dbs.dumps.verify import verify
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.query import Row, execute, rows
from dbs.mysql.script import Statement
from tests.dumps.private_server import PrivateServer

pytestmark = pytest.mark.server

STRUCTURE = """
CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(200) CHARACTER SET utf8mb4, UNIQUE (name)) ENGINE=InnoDB;
CREATE TABLE `od``d na;me` (id INT AUTO_INCREMENT PRIMARY KEY, parent INT, raw BLOB, notes TEXT CHARACTER SET utf8mb4,
  made TIMESTAMP NULL, price DECIMAL(10,2), FOREIGN KEY (parent) REFERENCES parent (id)) ENGINE=InnoDB;
CREATE TABLE ancient (a VARCHAR(50)) ENGINE=MyISAM CHARSET=latin1;
CREATE VIEW second AS SELECT name FROM parent;
CREATE ALGORITHM=MERGE VIEW first AS SELECT name, ';' AS semicolon FROM second;
CREATE TRIGGER stamped BEFORE INSERT ON parent FOR EACH ROW SET NEW.name = CONCAT(NEW.name, ';');
CREATE PROCEDURE two() BEGIN SELECT 'a;b' AS `x;y`; /* ; */ SELECT 2; END;
CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1; -- one';
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM ancient; SET @x = "it's"; END;
"""
NASTY = ["", "'", '"', "\\", "\\'", "a''b", ";", "-- x\n", "#", "/*", "*/", "`", "\r\n\0\x1a\t", "é😀", "%s", "\\N"]
OPTIONS = ["--routines", "--events", "--triggers", "--default-character-set=utf8mb4"]


def structure(connection: Connection) -> None:
    """Each statement of STRUCTURE as it is; the body of a routine is written in one line."""
    for statement in STRUCTURE.split(";\n"):
        if statement.strip():
            execute(connection, statement)


def fill(connection: Connection) -> None:
    seeded = random.Random(2)
    for number in range(300):
        execute(connection, "INSERT INTO parent VALUES (%s, %s)", [number, f"{number}{seeded.choice(NASTY)}"])
        blob = bytes(range(256)) + seeded.randbytes(seeded.randrange(2000))
        values = [number, blob, "".join(seeded.choices(NASTY, k=5)), "2026-11-19 01:02:03", -number / 7]
        insert = "INSERT INTO `od``d na;me` (parent, raw, notes, made, price) VALUES (%s, _binary %s, %s, %s, %s)"
        execute(connection, insert, values)
    execute(connection, "INSERT INTO ancient VALUES ('Grüße'), (NULL)")


def fresh(server: PrivateServer, database: str) -> None:
    with server.connect() as connection:
        execute(connection, f"CREATE OR REPLACE DATABASE `{database}` CHARACTER SET utf8mb4")


@pytest.fixture(scope="module")
def original(server: PrivateServer) -> str:
    fresh(server, "original")
    with server.connect("original") as connection:
        structure(connection)
        connection.begin()
        fill(connection)
        connection.commit()
    return "original"


@pytest.fixture
def importer(server: PrivateServer) -> Iterator[PrivateServer]:
    """The server as an account sees it that may do everything in its database, and nothing outside."""
    with server.connect() as connection:
        execute(connection, "CREATE OR REPLACE USER importer@localhost")
        fresh(server, "copy")
        execute(connection, "GRANT ALL ON copy.* TO importer@localhost")
        yield replace(server, user="importer")
        execute(connection, "DROP USER importer@localhost")


def contents(server: PrivateServer, database: str) -> dict[str, list[Row]]:
    """Checksums of the tables, and all other objects with their bodies."""
    with server.connect(database) as connection:
        tables = [row[0] for row in rows(connection, "SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")]
        quoted = ", ".join("`" + table.replace("`", "``") + "`" for table in tables)
        schema = f"_schema = '{database}' ORDER BY 1"
        tree = "information_schema"
        return {
            "tables": [(name.partition(".")[2], sum_) for name, sum_ in rows(connection, f"CHECKSUM TABLE {quoted}")],
            "keys": rows(connection, f"SELECT table_name, index_name FROM {tree}.statistics WHERE table{schema}, 2"),
            "views": [
                (name, text.replace(f"`{database}`.", ""))
                for name, text in rows(
                    connection, f"SELECT table_name, view_definition FROM {tree}.views WHERE table{schema}"
                )
            ],
            "triggers": rows(
                connection, f"SELECT trigger_name, action_statement FROM {tree}.triggers WHERE trigger{schema}"
            ),
            "routines": rows(
                connection, f"SELECT routine_name, routine_definition FROM {tree}.routines WHERE routine{schema}"
            ),
            "events": rows(connection, f"SELECT event_name, event_definition FROM {tree}.events WHERE event{schema}"),
        }


def definers(server: PrivateServer, database: str) -> set[str]:
    with server.connect() as connection:
        found: set[str] = set()
        for kind, prefix in [("views", "table"), ("triggers", "trigger"), ("routines", "routine"), ("events", "event")]:
            sql = f"SELECT definer FROM information_schema.{kind} WHERE {prefix}_schema = %s"
            found |= {row[0] for row in rows(connection, sql, [database])}
        return found


@pytest.mark.parametrize("options", [[], ["--hex-blob", "--skip-extended-insert"], ["--compact"]])
def test_a_loaded_dump_is_the_database_again(
    server: PrivateServer, importer: PrivateServer, original: str, tmp_path: Path, options: list[str]
) -> None:
    path = tmp_path / "dump.sql"
    path.write_bytes(server.dump(original, *OPTIONS, *options))
    verify(path)
    done: list[Statement] = []
    with connect(importer) as connection:
        load(read(path), connection, "copy", done.append)
        assert rows(connection, "SELECT @@autocommit, @@unique_checks, @@foreign_key_checks") == [(1, 1, 1)]
    assert contents(server, "copy") == contents(server, original)
    counts = {kind: len(names) for kind, names in contents(server, original).items()}
    assert counts == {"tables": 3, "keys": 4, "views": 2, "triggers": 1, "routines": 2, "events": 1}
    assert sum(b"INSERT" in statement.text[:20] for statement in done) >= 3
    assert definers(server, original) == {"root@localhost"}
    assert definers(server, "copy") == {"importer@localhost"}


def failure(server: PrivateServer, script: bytes) -> DumpError:
    with connect(server) as connection, pytest.raises(DumpError) as caught:
        load([script], connection, "copy")
    return caught.value


def test_a_failing_statement_is_named_with_its_place(importer: PrivateServer) -> None:
    error = failure(importer, b"CREATE TABLE t (a INT);\n\nCREATE TABLE t (\n  a INT,\n  b INT DEFAULT 'secret');\n")
    assert str(error) == (
        "The statement in line 3 (byte 25) of the dump failed: Table 't' already exists (error 1050); "
        "it is CREATE TABLE t ( a INT, b INT DEFAULT."
    )
    assert (error.line, error.offset) == (3, 25)


@pytest.mark.parametrize(
    ("statement", "code", "shown"),
    [
        (b"INSERT INTO `t` VALUES (1,'secret''s'),(2,'a''secret')", 1062, "INSERT INTO `t`"),
        (b"REPLACE `t` VALUES ('secret','x')", 1366, "REPLACE INTO `t`"),
        (b"INSERT INTO `t` VALUES (1 'secret')", 1064, "INSERT INTO `t`"),
        (b"INSERT INTO `t` VALUES (1,'" + b"secret" * 100 + b"')", 1406, "INSERT INTO `t`"),
        (b"INSERT INTO `gone` VALUES (1,'secret')", 1146, "INSERT INTO `gone`"),
        (b"secret,'x'),(2,'secret')", 1064, "not shown, because it may hold data"),
        (b"UPDATE t SET secret = 'secret'", 1054, "not shown, because it may hold data"),
    ],
)
def test_rows_never_stand_in_a_message(importer: PrivateServer, statement: bytes, code: int, shown: str) -> None:
    script = b"CREATE TABLE t (a INT, b VARCHAR(20) PRIMARY KEY);\nINSERT INTO t VALUES (0,'a''secret');\n"
    script += statement + b";\n"
    sentence = str(failure(importer, script))
    assert f"(error {code}); it is {shown}." in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize("statement", [b"CREATE DATABASE `other`", b"USE `other`", b"DROP DATABASE IF EXISTS original"])
def test_another_database_is_refused(importer: PrivateServer, statement: bytes) -> None:
    sentence = str(failure(importer, statement + b";"))
    assert "loaded into `copy`; make a dump of one database, without --databases." in sentence


def test_the_dump_may_name_its_own_database(importer: PrivateServer) -> None:
    script = b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `copy`;\nUSE `copy`;\nCREATE TABLE t (a INT);\n"
    with connect(importer) as connection:
        load([script], connection, "copy")
        assert rows(connection, "SHOW TABLES") == [("t",)]


@pytest.mark.parametrize("end", [b"INSERT INTO t VALUES (2)", b"INSERT INTO t VALUES ('a", b"/* a"])
def test_a_cut_off_script_is_refused_where_it_ends(importer: PrivateServer, end: bytes) -> None:
    error = failure(importer, b"CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n" + end)
    assert (error.line, error.offset) == (3, 50)
    with connect(importer, "copy") as connection:
        assert rows(connection, "SELECT a FROM t") == [(1,)]


def test_what_mysqldump_writes_for_replicas_is_passed_over(importer: PrivateServer) -> None:
    script = b"SET @@SESSION.SQL_LOG_BIN= 0;\nSET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1';\nCREATE TABLE t (a INT);\n"
    with connect(importer) as connection:
        load([script], connection, "copy")
        assert rows(connection, "SHOW TABLES") == [("t",)]


def test_commits_what_a_dump_leaves_open(importer: PrivateServer) -> None:
    script = b"CREATE TABLE t (a INT);\nSET autocommit=0;\nINSERT INTO t VALUES (1);\n"
    with connect(importer) as connection:
        load([script], connection, "copy")
    with connect(importer, "copy") as connection:
        assert rows(connection, "SELECT a FROM t") == [(1,)]


def test_no_file_of_ours_is_read_and_no_program_run(importer: PrivateServer, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for command in (b"system touch %s", b"source %s", b"\\! touch %s\n", b"tee %s"):
        assert failure(importer, command.replace(b"%s", bytes(mark)) + b";\n").line == 1
        assert not mark.exists()
