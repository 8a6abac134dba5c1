"""Whatever is changed by hand is named: any byte, a row removed, added or moved, an end cut off."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from dbs.audit import GENESIS, Audit
from dbs.audit.chain import walk
from dbs.state import open_state
from dbs.state.tables import audit_event

TRIGGERS = ("audit_event_no_update", "audit_event_no_delete", "audit_event_no_replace")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A table of six rows whose triggers and unique index somebody has dropped."""
    engine = open_state(f"sqlite:///{tmp_path}/state.db")
    audit = Audit(engine)
    for number in range(3):
        audit.received(
            request_id=f"r{number}",
            actor_id="U1",
            actor_name="Änn \ufffd",
            face="slack",
            command="restore",
            target="shared",
            arguments={"n": number},
            channel="C1" if number else None,
        )
        audit.ended(f"r{number}", "done", "back", job_id=f"j{number}")
    with engine.begin() as connection:
        for trigger in TRIGGERS:
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text("DROP INDEX audit_event_once"))
    return engine


def test_an_untouched_chain_is_whole(engine: Engine) -> None:
    found = Audit(engine).verify()
    last = Audit(engine).history(words=None, limit=1)[0]
    assert (found.ok, found.rows, found.head, found.first_bad) == (True, 6, last.hash, None)


def test_an_empty_table_is_whole(tmp_path: Path) -> None:
    found = Audit(open_state(f"sqlite:///{tmp_path}/state.db")).verify()
    assert (found.ok, found.rows, found.head) == (True, 0, GENESIS)


def tampered(connection: Connection, row: int, column: str, content: bytes, kind: str = "TEXT") -> int | None:
    """What `walk` names after one column of one row was replaced; put back afterwards."""
    with connection.begin_nested() as change:
        connection.execute(
            text(f"UPDATE audit_event SET {column} = CAST(:content AS {kind}) WHERE id = :row"),
            {"content": content, "row": row},
        )
        found = walk(connection, None).first_bad
        change.rollback()
    return found


@pytest.mark.parametrize("column", [column.name for column in audit_event.columns if column.name != "id"])
def test_every_altered_byte_is_named(engine: Engine, column: str) -> None:
    """Every byte of rows 1, 4 and 6, each replaced by a seeded other one, also such as are no valid UTF-8."""
    draw = random.Random(f"audit {column}")
    with engine.begin() as connection:
        for row in (1, 4, 6):
            content: bytes = connection.execute(
                text(f"SELECT CAST(coalesce({column}, '') AS BLOB) FROM audit_event WHERE id = {row}")
            ).scalar_one()
            for position in range(len(content)):
                other = bytearray(content)
                other[position] ^= draw.randrange(1, 256)
                assert tampered(connection, row, column, bytes(other)) == row, (row, position, bytes(other))


@pytest.mark.parametrize("column", [column.name for column in audit_event.columns if column.name != "id"])
def test_added_bytes_and_another_type_are_named(engine: Engine, column: str) -> None:
    with engine.begin() as connection:
        for row in (1, 2, 6):
            content = connection.execute(
                text(f"SELECT CAST(coalesce({column}, '') AS BLOB) FROM audit_event WHERE id = {row}")
            ).scalar_one()
            assert tampered(connection, row, column, content + b"0") == row
            assert tampered(connection, row, column, content, "BLOB") == row


def test_broken_text_is_not_taken_for_the_mark_of_broken_text(engine: Engine) -> None:
    with engine.begin() as connection:
        assert tampered(connection, 3, "actor_name", "Änn \ufffd".encode()) is None
        assert tampered(connection, 3, "actor_name", "Änn ".encode() + b"\xff") == 3


def test_an_emptied_column_is_not_a_missing_one(engine: Engine) -> None:
    with engine.begin() as connection:
        assert tampered(connection, 1, "channel", b"") == 1
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_event SET job_id = NULL WHERE id = 6"))
    assert Audit(engine).verify().first_bad == 6


Forge = Callable[[Connection], Any]


def execute(*statements: str) -> Forge:
    return lambda connection: [connection.execute(text(statement)) for statement in statements]


@pytest.mark.parametrize(
    ("forge", "first_bad", "reason"),
    [
        (execute("DELETE FROM audit_event WHERE id = 1"), 1, "Row 1 is missing."),
        (execute("DELETE FROM audit_event WHERE id = 3"), 3, "Row 3 is missing."),
        (execute("UPDATE audit_event SET id = 60 WHERE id = 6"), 6, "Row 6 is missing."),
        (execute("UPDATE audit_event SET id = 0 WHERE id = 1"), 1, "Row 1 is missing."),
        (
            execute(
                "UPDATE audit_event SET id = 99 WHERE id = 2",
                "UPDATE audit_event SET id = 2 WHERE id = 4",
                "UPDATE audit_event SET id = 4 WHERE id = 99",
            ),
            2,
            "Row 2 does not follow row 1.",
        ),
        (
            execute(
                "DELETE FROM audit_event WHERE id = 3",
                "UPDATE audit_event SET id = id - 1 WHERE id = 4",
                "UPDATE audit_event SET id = id - 1 WHERE id = 5",
                "UPDATE audit_event SET id = id - 1 WHERE id = 6",
            ),
            3,
            "Row 3 does not follow row 2.",
        ),
        (
            execute(
                "INSERT INTO audit_event SELECT 7, at, 'r9', actor_id, actor_name, face, command, target, "
                "arguments, outcome, detail, job_id, channel, thread_ts, hash, hash FROM audit_event WHERE id = 6"
            ),
            7,
            "Row 7 was altered.",
        ),
    ],
)
def test_a_row_removed_moved_or_added_is_named(engine: Engine, forge: Forge, first_bad: int, reason: str) -> None:
    with engine.begin() as connection:
        forge(connection)
    found = Audit(engine).verify()
    assert (found.ok, found.first_bad, found.reason) == (False, first_bad, reason)


def test_of_several_the_first_is_named_and_the_head_is_the_last_good_one(engine: Engine) -> None:
    good = Audit(engine).find("r0")[1].hash
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_event SET detail = 'x' WHERE id IN (3, 5)"))
    found = Audit(engine).verify()
    assert (found.rows, found.first_bad, found.head) == (6, 3, good)


def test_a_cut_end_is_missed_when_the_head_was_noted(engine: Engine) -> None:
    audit = Audit(engine)
    noted = audit.verify().head
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_event WHERE id > 4"))
    assert audit.verify().ok, "the chain alone cannot see it"
    found = audit.verify(expected_head=noted)
    assert (found.first_bad, found.rows) == (5, 4)
    assert "cut off" in found.reason


def test_a_noted_head_stays_good_while_rows_are_added(engine: Engine) -> None:
    audit = Audit(engine)
    noted = audit.verify().head
    audit.received(request_id="r9", actor_id="U", actor_name="", face="cli", command="", target="", arguments={})
    assert audit.verify(expected_head=noted).ok
    assert not audit.verify(expected_head="f" * 64).ok


def test_reading_goes_on_as_usual_after_a_walk(engine: Engine, tmp_path: Path) -> None:
    """The walk reads bytes that are no text; nobody else may get such a text."""
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("UPDATE audit_event SET detail = CAST(x'ff' AS TEXT) WHERE id = 2")
    audit = Audit(engine)
    assert audit.verify().first_bad == 2
    with engine.connect() as connection, pytest.raises(OperationalError, match="decode to UTF-8"):
        connection.execute(text("SELECT detail FROM audit_event WHERE id = 2")).all()
