"""Opening the state database: private files, immediate transactions, concurrent starters, newer programs."""

from __future__ import annotations

import fcntl
import re
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError

from dbs.errors import FailedError
from dbs.state import StateError, now, open_state, reading, stamp
from dbs.state.migrate import HEAD
from dbs.state.tables import seen


def test_the_files_are_private(tmp_path: Path) -> None:
    engine = open_state(f"sqlite:///{tmp_path}/new/state.db")
    with engine.begin() as connection:
        connection.execute(insert(seen).values(key="k", at=now(), answer=""))
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert {"state.db", "state.db-wal", "state.db-shm", "state.db.lock"} == set(modes)
    assert set(modes.values()) == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "state.db").touch(0o666)
    open_state(f"sqlite:///{tmp_path}/state.db").dispose()
    assert (tmp_path / "state.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("busy_timeout", 5000),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("synchronous", 2),
    ],
)
def test_each_connection_is_set_up(tmp_path: Path, pragma: str, value: object) -> None:
    engine = open_state(f"sqlite:///{tmp_path}/state.db")
    with engine.connect() as first, engine.connect() as second:
        first.execution_options(dbs_reading=True)
        second.execution_options(dbs_reading=True)
        assert [c.execute(text(f"PRAGMA {pragma}")).scalar() for c in (first, second)] == [value, value]


def test_a_transaction_takes_the_write_lock_at_once(tmp_path: Path) -> None:
    engine = open_state(f"sqlite:///{tmp_path}/state.db")
    other = sqlite3.connect(tmp_path / "state.db", timeout=0)
    with engine.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")


def test_a_reader_neither_waits_nor_holds_up(tmp_path: Path) -> None:
    engine = open_state(f"sqlite:///{tmp_path}/state.db")
    with reading(engine) as reader:
        assert reader.execute(select(seen)).all() == []
        with engine.begin() as writer:
            writer.execute(insert(seen).values(key="k", at=now(), answer=""))
            assert reader.execute(select(seen)).all() == []
        assert reader.execute(select(seen)).all() == [], "one consistent moment"


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    engine = open_state(f"sqlite:///{tmp_path}/state.db")
    with pytest.raises(OperationalError), engine.begin() as connection:
        connection.execute(insert(seen).values(key="k", at=now(), answer=""))
        connection.execute(text("SELECT * FROM nowhere"))
    with reading(engine) as connection:
        assert connection.execute(select(seen)).all() == []


def test_opening_again_keeps_everything(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    engine = open_state(url)
    with engine.begin() as connection:
        connection.execute(insert(seen).values(key="k", at=now(), answer="yes"))
    engine.dispose()
    with reading(open_state(url)) as connection:
        assert connection.execute(select(seen.c.answer)).scalar_one() == "yes"


def waits_for_a_lock(pid: int) -> bool:
    return re.search(rf"-> FLOCK +ADVISORY +WRITE {pid} ", Path("/proc/locks").read_text()) is not None


def test_programs_that_start_together_all_come_up(tmp_path: Path) -> None:
    program = "import sys; from dbs.state import open_state; open_state(sys.argv[1]).dispose()"
    with (tmp_path / "state.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        children = [
            subprocess.Popen([sys.executable, "-c", program, f"sqlite:///{tmp_path}/state.db"]) for _ in range(4)
        ]
        while not all(waits_for_a_lock(child.pid) for child in children):
            assert [child.poll() for child in children] == [None] * 4, "they wait for the lock"
            time.sleep(0.02)
        assert not (tmp_path / "state.db").exists()
    assert [child.wait(timeout=60) for child in children] == [0, 0, 0, 0]
    with reading(open_state(f"sqlite:///{tmp_path}/state.db")) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("CREATE TABLE lease (made_by TEXT)")
    with pytest.raises(StateError, match="table lease already exists"):
        open_state(f"sqlite:///{tmp_path}/state.db")
    with sqlite3.connect(tmp_path / "state.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("lease",)]


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    open_state(url).dispose()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StateError, match=rf"newer dbs \(its revision is 9999, this program knows {HEAD}\)"):
        open_state(url)


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StateError, match=r"state\.db cannot be opened: file is not a database") as caught:
        open_state(f"sqlite:///{tmp_path}/state.db")
    assert isinstance(caught.value, FailedError)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("hunter2", "is not a database URL"),
        ("postgresql://dbs:hunter2@db/dbs", "SQLite only, not in postgresql"),
        ("sqlite://", "has to be a file"),
    ],
)
def test_a_wrong_url_is_a_sentence_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(StateError, match=sentence) as caught:
        open_state(url)
    assert "hunter2" not in str(caught.value)


def test_the_order_of_texts_is_the_order_of_times() -> None:
    moment = datetime(2026, 11, 20, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    moments = [moment + timedelta(microseconds=step) for step in (0, 1, 999_999, 1_000_000)]
    texts = [stamp(each) for each in moments]
    assert texts[0] == "2026-11-19T23:00:00.000000+00:00"
    assert texts == sorted(texts)
    assert {len(each) for each in texts} == {32}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", now())
    assert abs(datetime.fromisoformat(now()) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        stamp(datetime(2026, 11, 20))  # noqa: DTZ001 - the mistake under test
