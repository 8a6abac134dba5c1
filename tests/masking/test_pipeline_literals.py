"""Rows as SQL: what a real server reads from them is what they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.mysql.interface import Connection
from dbs.mysql.literals import PIECE_BYTES, WIDE_BYTES, Kind, is_wide, rows_text, wide_statements
from dbs.mysql.query import execute, execute_bytes, rows
from dbs.mysql.script import statements
from tests.dumps.private_server import private_server
from tests.support.hard_source import NASTY
from tests.support.maskers import PATIENT

pytestmark = pytest.mark.server

KINDS: tuple[Kind, ...] = ("number", "text", "binary")
TARGET = b"INSERT INTO `t` (`id`,`a`,`b`) VALUES"
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(NASTY)
ROWS = st.lists(st.tuples(TEXTS, st.none() | st.binary(max_size=30)), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with private_server() as server, server.connect() as connection:
        execute(connection, "SET NAMES utf8mb4")
        execute(connection, "CREATE DATABASE t")
        execute(connection, "USE t")
        execute(connection, "CREATE TABLE t (id INT PRIMARY KEY, a LONGTEXT CHARACTER SET utf8mb4, b LONGBLOB)")
        yield connection


@PATIENT
@given(ROWS)
def test_what_is_written_is_read_again(connection: Connection, found: list[tuple[str | None, bytes | None]]) -> None:
    fields: list[bytes | None] = []
    for number, (text, raw) in enumerate(found):
        fields += [b"%d" % number, None if text is None else text.encode(), raw]
    written = TARGET + b"\n" + rows_text(fields, KINDS)
    assert written.count(b"\n") == len(found)  # one row on one line, whatever is in it
    execute(connection, "DELETE FROM t")
    execute_bytes(connection, written)
    assert rows(connection, "SELECT a, b FROM t ORDER BY id") == found


@pytest.mark.parametrize("text", ["é" * (PIECE_BYTES // 2), "😀'\\\n" * (PIECE_BYTES // 4), "x" * (WIDE_BYTES + 1)])
def test_a_wide_row_is_put_together_from_statements_a_stock_server_takes(connection: Connection, text: str) -> None:
    raw = bytes(range(256)) * (WIDE_BYTES // 256)
    fields: list[bytes | None] = [b"1", text.encode(), raw]
    assert is_wide(fields)
    made = list(wide_statements(TARGET, fields, KINDS))
    assert max(map(len, made)) < 16 * 2**20
    execute(connection, "DELETE FROM t")
    for statement in statements(made):
        execute_bytes(connection, statement.text)
    assert rows(connection, "SELECT a = %s, b = _binary %s FROM t", (text, raw)) == [(1, 1)]


def test_a_row_is_wide_by_all_its_fields_together() -> None:
    half = b"x" * (WIDE_BYTES // 2)
    assert not is_wide([half, None, half])
    assert is_wide([half, b"x", half])
