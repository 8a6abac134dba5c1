"""Splitting: what we send is what the server itself, or the mysql program, would have taken for one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymysql.constants import CLIENT

from dbs import process
from dbs.migrations.interface import MigrationError
from dbs.migrations.splitting import steps
from dbs.mysql.query import rows
from tests.migrations.places import PASSWORD, Place, file
from tests.support.waiting import until

SCRIPTS = Path(__file__).parent / "scripts"
_EVENTS = """SELECT sql_text FROM performance_schema.events_statements_history_long WHERE nesting_event_level = 0
    AND sql_text IS NOT NULL AND thread_id <> (SELECT thread_id FROM performance_schema.threads
                                                WHERE processlist_id = CONNECTION_ID()) ORDER BY event_id"""
_CONNECTED = "SELECT 1 FROM information_schema.processlist WHERE user = %s"


def ours(text: bytes) -> list[str]:
    """Our statements, as far as they compare: without comments in front."""
    return [bare(step.text.decode()) for step in steps(file(text))]


def bare(text: str) -> str:
    """Without comments in front and blanks around, which the log keeps and we may not."""
    text = text.strip().replace("/* 99999", "/*!99999")  # so the server marks what it skips
    while text.startswith(("-- ", "#", "/* ")):
        text = (text.partition("*/")[2] if text.startswith("/*") else text.partition("\n")[2]).strip()
    return text.rstrip("; \r\n")  # the server takes these away from the end of a packet, also out of a comment


def server_s(place: Place, send: Callable[[], None]) -> list[str]:
    """What the server took for statements, of what `send` sends: by the slow log, which MySQL stops at an EXECUTE."""
    with place.server.admin() as admin:
        for sql in ("SET GLOBAL log_output='TABLE'", "SET GLOBAL slow_query_log=1", "SET GLOBAL long_query_time=0"):
            rows(admin, sql)
        rows(admin, "TRUNCATE mysql.slow_log")
        rows(admin, "TRUNCATE performance_schema.events_statements_history_long")
        try:
            send()
        finally:
            until(lambda: not rows(admin, _CONNECTED, (place.database,)), "its end")  # then everything is in the log
            rows(admin, "SET GLOBAL slow_query_log=0")
        if place.flavour == "MySQL":
            found = rows(admin, _EVENTS)
        else:
            found = rows(admin, "SELECT sql_text FROM mysql.slow_log WHERE user_host LIKE %s", (f"{place.database}[%",))
    texts = [
        bare(text) for (text,) in found if not text.startswith(("SET NAMES", "SET AUTOCOMMIT", "select @@version"))
    ]
    return [text for text in texts if text]  # comments behind the last statement are logged as an empty one


def send_packet(place: Place, text: bytes) -> None:
    """The whole text as one packet, as a tool sends it."""
    with (
        pymysql.connect(
            user=place.database,
            password=PASSWORD,
            unix_socket=place.server.unix_socket,
            database=place.database,
            client_flag=CLIENT.MULTI_STATEMENTS,
            autocommit=True,
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(text)  # type: ignore[call-overload]  # bytes are passed on as they are
        while cursor.nextset():
            pass


def without_executed(texts: list[str]) -> list[str]:
    """The log names what EXECUTE runs by its own text, on MariaDB twice; MySQL names DEALLOCATE so too."""
    other = ("EXECUTE ", "ALTER TABLE t ADD COLUMN z", "PREPARE", "DEALLOCATE")
    return [text for text in texts if not text.startswith(other)]


@pytest.mark.server
def test_a_packet_is_split_as_the_server_splits_it(each_copy: Place) -> None:
    text = (SCRIPTS / "protocol.sql").read_bytes()
    theirs = server_s(each_copy, lambda: send_packet(each_copy, text))
    shown = 1_000 if each_copy.flavour == "MySQL" else None  # its events hold 1,024 bytes of a text
    assert [each[:shown] for each in without_executed(ours(text))] == [
        each[:shown] for each in without_executed(theirs)
    ]
    assert len(ours(text)) == 46


@pytest.mark.server
def test_what_only_mariadb_knows_is_split_as_it_splits_it(copy: Place) -> None:
    copy.server.run(f"GRANT SUPER ON *.* TO {copy.database}@localhost")  # to name somebody else as definer
    text = (SCRIPTS / "mariadb.sql").read_bytes()
    theirs = server_s(copy, lambda: send_packet(copy, text))
    found = ours(text)
    # The log also names what runs inside of them.
    assert [each for each in theirs if each in found] == found
    assert len(found) == 17


@pytest.mark.server
def test_a_file_for_the_program_is_split_as_the_program_splits_it(copy: Place) -> None:
    copy.server.run(f"GRANT SUPER ON *.* TO {copy.database}@localhost")
    text = (SCRIPTS / "client.sql").read_bytes()
    program = process.find_program("mariadb")
    arguments = [program, "--no-defaults", f"--socket={copy.server.unix_socket}", f"-u{copy.database}"]

    def send() -> None:
        arguments.extend([f"--password={PASSWORD}", copy.database, "--comments"])
        process.run(["sh", "-c", '"$@" < "$0"', str(SCRIPTS / "client.sql"), *arguments])

    theirs = server_s(copy, send)
    assert ours(text) == [each for each in theirs if each]
    assert len(ours(text)) == 10


PIECES = st.sampled_from(
    [
        "SELECT 1",
        "SELECT ';'",
        'SELECT "a\\";"',
        "SELECT 'it''s;' -- ;\n",
        "# ;\nSELECT 2",
        "/* ; */ SELECT 3",
        "SELECT IF(1, 2, 3)",
        "SELECT CASE WHEN 1 THEN 2 END",
        "SELECT 2*/* ; */3",
        "BEGIN",
        "COMMIT",
        "SET @a = REPEAT('a', 2)",
        "DO IF(1, CASE 1 WHEN 1 THEN 2 END, 3)",
        "SELECT 1 AS `end`, 2 AS `if;`",
    ]
)
_BODIES = st.recursive(
    PIECES.filter(lambda each: not each.startswith("BEGIN")).map(lambda each: f"{each}\n;"),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"BEGIN {' '.join(each)} END;"),
        st.lists(inner, min_size=1, max_size=2).map(lambda each: f"IF (1) THEN {' '.join(each)} END IF;"),
        inner.map(lambda each: f"IF CASE WHEN 1 THEN 0 END THEN {each} ELSEIF 2 THEN {each} ELSE {each} END IF;"),
        inner.map(lambda each: f"CASE @x WHEN 1 THEN {each} ELSE {each} END CASE;"),
        inner.map(lambda each: f"WHILE 0 DO {each} END WHILE;"),
        inner.map(lambda each: f"REPEAT {each} UNTIL 1 END REPEAT;"),
        inner.map(lambda each: f"BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION {each} {each} END;"),
    ),
    max_leaves=6,
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A whole CREATE PROCEDURE, with a name that is free."""
    body = draw(_BODIES)
    name = draw(st.sampled_from(["p_one", "`p;two`"]))
    body = body.rstrip().removesuffix(";")
    return f"DROP PROCEDURE IF EXISTS {name};CREATE PROCEDURE {name} (a INT) COMMENT 'BEGIN' {body}"


SCRIPT = st.lists(st.one_of(PIECES, programs()), min_size=1, max_size=5)


@pytest.mark.server
@given(parts=SCRIPT, last=st.sampled_from(["", ";", ";\n\n", "; -- end", ";\r\n"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_script_is_split_as_the_server_splits_it(shared: Place, parts: list[str], last: str) -> None:
    text = (";\n".join(parts) + last).encode()
    theirs = server_s(shared, lambda: send_packet(shared, text))
    assert ours(text) == theirs


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Iterator[Place]:
    """One database for all examples."""
    with Place.on(request.getfixturevalue("observed"), "MariaDB") as place:
        yield place


def test_lines_are_those_of_the_file() -> None:
    text = b"\xef\xbb\xbf-- one\r\n\r\nSELECT 1;\r\nCREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW\nBEGIN\n;\nEND;\n"
    text += b"DELIMITER //\n\nSELECT 2;\nSELECT 3//\n"
    found = steps(file(text, line_offset=10))
    assert [(step.line, step.number) for step in found] == [(13, 1), (14, 2), (20, 3), (21, 4)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (b"", 0),
        (b"\xef\xbb\xbf", 0),
        (b"-- only\n/* comments; */ # here", 0),
        (b";;\n;", 0),
        (b"INSERT INTO t VALUES ('\xe4;')", 1),
    ],
)
def test_files_with_nothing_or_little_in_them(text: bytes, count: int) -> None:
    assert len(steps(file(text))) == count


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("SELECT 1;\n\\! rm -rf /\n", 2, "backslash"),
        ("SELECT 1;\nsystem ls;\n", 2, "`system`"),
        ("\nsource other.sql\nSELECT 1;", 2, "`source`"),
        ("SELECT 1;\n\nSELECT 'open", 3, "middle of a statement"),
        ("SELECT 1;\n/* open", 2, "middle of a comment"),
        ("CREATE OR REPLACE DEFINER=a@b PACKAGE x AS END;", 1, "CREATE PACKAGE"),
        ("SELECT 1;\nSET sql_mode='ORACLE';", 2, "sql_mode"),
        ("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT 'a\\b';", 1, "NO_BACKSLASH_ESCAPES"),
        ("DELIMITER\nSELECT 1;", 1, "DELIMITER"),
        ("\ufffe".encode("utf-16-le").decode("latin-1"), 1, "UTF-16"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(MigrationError, match=words) as refused:
        steps(file(text.encode("latin-1"), "db/7_x.sql"))
    assert (refused.value.path, refused.value.line) == ("db/7_x.sql", line)
    assert "db/7_x.sql" in str(refused.value)


def test_a_mode_without_escapes_is_fine_where_nothing_is_escaped() -> None:
    assert len(steps(file("SET sql_mode='ANSI_QUOTES'; SELECT \"a\" FROM t;"))) == 2
