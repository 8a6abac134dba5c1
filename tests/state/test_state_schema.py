"""The migrated schema is the one that tables.py describes, and the audit table only takes appends."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from dbs.state import open_state, reading
from dbs.state.migrate import HEAD, alembic_config
from dbs.state.tables import metadata


def schema(path: Path) -> dict[str, Any]:
    """Everything that SQLite itself knows about tables and indexes, without the order of columns in the SQL."""
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found: dict[str, Any] = {
            table: {
                pragma: sorted(connection.execute(f"PRAGMA {pragma}({table})"), key=repr)
                for pragma in ("table_xinfo", "foreign_key_list", "index_list")
            }
            for table in tables
            if table != "alembic_version"
        }
        indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
        found["indexes"] = {name: re.sub(r"\s+", " ", sql) for name, sql in indexes}
    return found


def test_the_migrated_schema_is_the_schema_of_tables_py(tmp_path: Path) -> None:
    open_state(f"sqlite:///{tmp_path}/migrated.db").dispose()
    engine = create_engine(f"sqlite:///{tmp_path}/described.db")
    metadata.create_all(engine)
    engine.dispose()
    described = schema(tmp_path / "described.db")
    assert len(described) == len(metadata.tables) + 1
    assert schema(tmp_path / "migrated.db") == described


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_alembic_finds_no_difference_either(tmp_path: Path) -> None:
    engine = open_state(f"sqlite:///{tmp_path}/state.db")
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_head_is_the_newest_script() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


INSERT = "INTO audit_event VALUES (1, {at}, 'r1', 'a', 'a', 'cli', 'c', 't', '{{}}', {outcome}, '', {rest})"
REST = "NULL, NULL, NULL, 'p', 'h'"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET detail = 'nothing happened'",
        "DELETE FROM audit_event",
        "REPLACE " + INSERT.format(at="'later'", outcome="'received'", rest=REST),
        "INSERT OR REPLACE " + INSERT.format(at="'later'", outcome="'done'", rest=REST),
        "REPLACE " + INSERT.replace("(1,", "(2,").format(at="'later'", outcome="'received'", rest=REST),
        "INSERT "
        + INSERT.format(at="'later'", outcome="'received'", rest=REST)
        + " ON CONFLICT (id) DO UPDATE SET detail = 'changed'",
        "UPDATE OR REPLACE audit_event SET id = 1",
    ],
)
@pytest.mark.parametrize("recursive", [True, False])
def test_the_audit_table_takes_nothing_but_appends(tmp_path: Path, statement: str, recursive: bool) -> None:
    """Also on a connection that did not ask for recursive triggers, as another program would open it."""
    open_state(f"sqlite:///{tmp_path}/state.db").dispose()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute(f"PRAGMA recursive_triggers = {'ON' if recursive else 'OFF'}")
        connection.execute("INSERT " + INSERT.format(at="'now'", outcome="'received'", rest=REST))
        connection.commit()
        before = connection.execute("SELECT * FROM audit_event").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
        connection.rollback()
        assert connection.execute("SELECT * FROM audit_event").fetchall() == before
