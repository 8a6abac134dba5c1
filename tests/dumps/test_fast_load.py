"""Our dumps, loaded fast and by the stock client, from the hardest source that we know: bit by bit the same."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.dumps import late_indexes
from dbs.dumps.fast_load import load_masked, local_infile_allowed
from dbs.dumps.frames import frame_text
from dbs.dumps.interface import DumpError, DumpFrame, DumpManifest
from dbs.dumps.reading import read
from dbs.dumps.row_lines import insert_line, rows_of
from dbs.dumps.structure import Structure
from dbs.dumps.verify import verify
from dbs.dumps.writing import DumpWriter
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute, rows
from dbs.snapshots.interface import Address
from tests.dumps.private_server import PrivateServer
from tests.support import hard_source, written

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Source:
    """The hard source on a server, and a dump of it."""

    server: PrivateServer
    path: Path
    manifest: DumpManifest
    structure: Structure
    fingerprint: hard_source.Fingerprint


def make(server: PrivateServer, directory: Path) -> Source:
    fresh(server, "hard", "latin1")
    with server.connect("hard") as connection:
        hard_source.create(connection)
    with server.connect("hard") as connection:
        found = hard_source.fingerprint(connection, "hard")
        path = directory / "hard.sql.zst"
        return Source(server, path, *written.write(connection, "hard", path), found)


@pytest.fixture(scope="module", params=["server", "mysql_server"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Source:
    return make(request.getfixturevalue(request.param), tmp_path_factory.mktemp("dumped"))


def fresh(server: PrivateServer, database: str, charset: str = "utf8mb4") -> None:
    with server.connect() as connection:
        execute(connection, f"DROP DATABASE IF EXISTS `{database}`")
        execute(connection, f"CREATE DATABASE `{database}` CHARACTER SET {charset}")


def connector(server: PrivateServer, database: str) -> Callable[[], Connection]:
    return lambda: connect(server, database, local_infile=True)


@pytest.fixture
def copy(source: Source) -> Iterator[str]:
    fresh(source.server, "copy")
    with source.server.connect() as admin, local_infile_allowed(admin):
        yield "copy"


def fingerprint(source: Source) -> hard_source.Fingerprint:
    with source.server.connect() as connection:
        return hard_source.fingerprint(connection, "copy")


INTRODUCER = re.compile(r"\b_(?:utf8mb4|latin1)(?=\\*')")


def objects(connection: Connection, database: str) -> set[str]:
    """What there is besides rows, in the words of the data dictionary."""
    queries = (
        "SELECT table_name, column_name, column_default, column_type, collation_name, extra, is_nullable, "
        "generation_expression FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, ordinal_position",
        "SELECT table_name, index_name, seq_in_index, column_name, non_unique FROM information_schema.statistics "
        "WHERE table_schema = %s ORDER BY 1, 2, 3",
        "SELECT table_name, COALESCE(auto_increment, 1), table_collation, engine, table_comment, create_options "
        "FROM information_schema.tables WHERE table_schema = %s AND table_type <> 'VIEW' ORDER BY 1",
        "SELECT routine_name, routine_type, dtd_identifier, routine_definition, sql_mode, collation_connection, "
        "database_collation, security_type FROM information_schema.routines WHERE routine_schema = %s ORDER BY 2, 1",
        "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, action_statement, "
        "sql_mode, collation_connection FROM information_schema.triggers WHERE trigger_schema = %s ORDER BY 1",
        "SELECT event_name, event_definition, interval_value, starts, execute_at, sql_mode, time_zone, on_completion, "
        "event_comment FROM information_schema.events WHERE event_schema = %s ORDER BY 1",
        "SELECT table_name, check_option, is_updatable, security_type, collation_connection "
        "FROM information_schema.views WHERE table_schema = %s ORDER BY 1",
        "SELECT constraint_name, unique_constraint_name, update_rule, delete_rule, table_name, referenced_table_name "
        "FROM information_schema.referential_constraints WHERE constraint_schema = %s ORDER BY 1",
        "SELECT table_name, partition_name, partition_method, partition_description FROM information_schema.partitions "
        "WHERE table_schema = %s ORDER BY 1, partition_ordinal_position",
        "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = %s",
    )
    # MariaDB writes the database into defaults from a sequence.
    found = [(number, row) for number, query in enumerate(queries) for row in rows(connection, query, (database,))]
    # Nor does MySQL always keep the character set that a text in an expression was written in.
    return {INTRODUCER.sub("", repr(row)).replace("`copy`.", "`hard`.") for row in found}


def assert_same(source: Source) -> None:
    assert fingerprint(source) == source.fingerprint
    with source.server.connect() as connection:
        assert objects(connection, "copy") ^ objects(connection, "hard") == set()
        states = rows(connection, "SELECT DISTINCT status FROM information_schema.events WHERE event_schema = 'copy'")
        assert states == [("DISABLED",)]


def test_everything_is_the_same_when_loaded_fast(source: Source, copy: str) -> None:
    counts = load_masked(source.path, source.manifest, connector(source.server, copy), copy)
    assert counts == source.manifest.rows
    assert_same(source)


def test_everything_is_the_same_when_indexes_come_late(
    source: Source, copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_indexes, "WORTH_BYTES", 0)
    late: list[str] = []
    put_back = late_indexes.put_back

    def noted(connection: Connection, indexes: late_indexes.LateIndexes) -> None:
        late.append(indexes.table)
        put_back(connection, indexes)

    monkeypatch.setattr(late_indexes, "put_back", noted)
    # As the account that an import has: it may do anything in its database, and nothing outside.
    loader = Address("loader", unix_socket=source.server.unix_socket)
    with source.server.connect() as admin:
        execute(admin, "DROP USER IF EXISTS loader@localhost")
        execute(admin, "CREATE USER loader@localhost")
        execute(admin, f"GRANT ALL ON `{copy}`.* TO loader@localhost")
    load_masked(source.path, source.manifest, lambda: connect(loader, copy, local_infile=True), copy)
    assert_same(source)
    assert {"texts", "texts_collated", "select", "users", "composite"} - set(late) <= {"users", "composite"}
    assert not {"ancient", "searched", "shapes", "derived", "no_key"} & set(late)


def test_everything_is_the_same_with_the_stock_client(source: Source, copy: str) -> None:
    text = b"".join(read(source.path))
    subprocess.run([*source.server.client(), copy], input=text, check=True)
    assert_same(source)
    without_rows = b"".join(frame_text(source.path, [one for one in source.manifest.frames if not one.table]))
    subprocess.run([*source.server.client(), copy], input=without_rows, check=True)  # onto what is there


def test_it_is_a_dump_as_any_other(source: Source) -> None:
    file = verify(source.path)
    assert (file.compression, file.checksummed, file.database) == ("zstd", True, "hard")
    assert file.completed_at is not None
    assert DumpManifest.from_json(source.manifest.to_json()) == source.manifest


def altered(source: Source, **changes: object) -> DumpManifest:
    return replace(source.manifest, **changes)  # type: ignore[arg-type]


def test_a_row_too_many_in_the_manifest_is_noticed(source: Source, copy: str) -> None:
    manifest = altered(source, rows={**source.manifest.rows, "users": 41})
    with pytest.raises(DumpError, match="The table users has 40 rows when loaded, and 41 in the manifest"):
        load_masked(source.path, manifest, connector(source.server, copy), copy)


def test_a_frame_that_ends_elsewhere_is_noticed(source: Source, copy: str) -> None:
    for change in (-1, 1):
        frames = [
            replace(frame, bytes=frame.bytes + change) if frame.table == "users" else frame
            for frame in source.manifest.frames
        ]
        with pytest.raises(DumpError, match="does not match its manifest"):
            load_masked(source.path, altered(source, frames=tuple(frames)), connector(source.server, copy), copy)
        fresh(source.server, copy)


def test_a_manifest_of_other_tables_is_refused(source: Source, copy: str) -> None:
    manifest = altered(source, rows={**source.manifest.rows, "another": 0})
    with pytest.raises(DumpError, match="do not name the same tables: another"):
        load_masked(source.path, manifest, connector(source.server, copy), copy)


INEXACT = [
    ("n TINYINT", "300", "300"),
    ("n DECIMAL(4,1)", "1.25", "1.25"),
    ("v VARCHAR(3)", "'secret'", "secret"),
    ("v VARCHAR(30) CHARACTER SET latin1", "'secret日'", "secret"),
    ("e ENUM('a','b')", "'secret'", "secret"),
    ("d DATE", "'secret'", "secret"),
    ("n INT NOT NULL", "NULL", "NULL"),
    ("b BINARY(2)", "0x010203", "010203"),
    ("j INT CHECK (j < 5)", "7", "7"),
    ("v VARCHAR(30), UNIQUE (v)", "'secret'),\n('secret'", "secret"),
]


@pytest.mark.parametrize(("column", "value", "hidden"), INEXACT)
def test_what_would_be_changed_is_an_error_without_the_value(
    source: Source, copy: str, tmp_path: Path, column: str, value: str, hidden: str
) -> None:
    name = column.split()[0]
    create = f"CREATE TABLE t ({column});\n"
    manifest = dumped(source, tmp_path, create, f"INSERT INTO `t` (`{name}`) VALUES\n({value});\n", {"t": [name]})
    with pytest.raises(DumpError, match="The rows of t ") as raised:
        load_masked(tmp_path / "made", manifest, connector(source.server, copy), copy)
    assert hidden not in str(raised.value)


def test_a_value_that_masking_made_twice_is_found_when_the_unique_index_comes_late(
    source: Source, copy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_indexes, "WORTH_BYTES", 0)
    create = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), UNIQUE (v)) ENGINE=InnoDB;\n"
    insert = "INSERT INTO `t` (`id`,`v`) VALUES\n(1,'secret'),\n(2,'secret');\n"
    manifest = dumped(source, tmp_path, create, insert, {"t": ["id", "v"]})
    with pytest.raises(DumpError, match="The rows of t hold the same value twice") as raised:
        load_masked(tmp_path / "made", manifest, connector(source.server, copy), copy)
    assert "secret" not in str(raised.value)


def dumped(source: Source, directory: Path, create: str, insert: str, columns: dict[str, list[str]]) -> DumpManifest:
    """A small dump with one table `t`."""
    path = directory / "made"
    with path.open("w+b") as file:
        writer = DumpWriter(file, path.name)
        writer.head("copy", "11.8.2-MariaDB", "2026-11-19", "made up")
        writer.statements([create])
        list(writer.rows("t", [(False, insert.encode())]))
        writer.statements(["SELECT 1;\n"])
        writer.tail()
    return altered(source, frames=tuple(writer.frames), rows={"t": insert.count("\n(")}, columns=columns)


def test_the_first_failure_stops_the_others(source: Source, copy: str) -> None:
    """The largest table goes first: it is not loaded to its end when another has failed."""
    frames = [
        replace(frame, offset=frame.offset + 1) if frame.table == "ints" else frame for frame in source.manifest.frames
    ]
    with pytest.raises(DumpError, match="damaged"):
        load_masked(source.path, altered(source, frames=tuple(frames)), connector(source.server, copy), copy)
    with source.server.connect() as connection:
        assert rows(connection, "SELECT @@GLOBAL.local_infile") == [(1,)]


def test_a_server_gets_no_file_of_ours(source: Source, copy: str) -> None:
    """Asked for a file outside a load, the client hangs up instead of sending it."""
    with connect(source.server, copy, local_infile=True) as connection:
        execute(connection, "CREATE TABLE theft (line TEXT)")
        with pytest.raises(DatabaseError, match="out of turn"):
            execute(connection, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE theft")
    with source.server.connect(copy) as connection:
        assert rows(connection, "SELECT COUNT(*) FROM theft") == [(0,)]
        with pytest.raises(DatabaseError):
            execute(connection, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE theft")


INSERT = insert_line("t", ["a", "b"])


@given(
    st.lists(st.lists(st.binary(max_size=12), min_size=1, max_size=4), max_size=4),
    st.integers(min_value=1, max_value=80),
)
def test_wherever_the_text_is_cut_the_rows_are_the_same(groups: list[list[bytes]], size: int) -> None:
    escaped = [[b"(" + value.replace(b"\n", b"\\n") + b")" for value in group] for group in groups]
    text = b"".join(INSERT + b",\n".join(group) + b";\n" for group in escaped)
    chunks = [text[start : start + size] for start in range(0, len(text), size)]
    assert b"".join(rows_of(chunks, INSERT)) == b"".join(line + b",\n" for group in escaped for line in group)


def test_frames_that_are_not_there_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"")
    with pytest.raises(DumpError, match="does not match its manifest"):
        list(frame_text(path, [DumpFrame("t", 0, 10)]))
    with pytest.raises(DumpError, match="cannot be read"):
        list(frame_text(tmp_path / "absent", [DumpFrame("t", 0, 10)]))
