"""Literals as dumps write them: read to their value, and written in the same style."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.created import table_of
from dbs.masking.inserts import Rewriter, head_of, meaning, unescaped, written
from dbs.masking.interface import Place, Rule
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.mysql.literals import Kind, escaped
from tests.support.filtered import BEGIN, END, KEY, keeping, through
from tests.support.maskers import PATIENT

KEPT = b"CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `a` longtext,\n  `b` longblob,\n  `c` text\n) ENGINE=InnoDB;\n"
NASTY = st.lists(
    st.sampled_from([b"'", b"\\", b"\n", b"\r", b"\0", b"\x1a", b"),\n(", b";", b"''", b"%", b"_", b"a", b"\xc3\xa9"])
)
VALUES = st.binary(max_size=30) | NASTY.map(b"".join)


def quoted(value: bytes) -> bytes:
    return b"'" + escaped(value) + b"'"


def doubled(value: bytes) -> bytes:
    """As other programs write quotes."""
    return b"'" + value.replace(b"\\", b"\\\\").replace(b"'", b"''") + b"'"


STYLES = (
    quoted,
    doubled,
    lambda value: b"_binary " + quoted(value),
    lambda value: b"_binary" + quoted(value),
    lambda value: b"0x" + value.hex().upper().encode() if value else b"''",
    lambda value: b"x'" + value.hex().encode() + b"'",
)


@PATIENT
@given(VALUES, st.sampled_from(STYLES))
def test_a_literal_means_its_value_and_is_written_in_its_style(value: bytes, style: object) -> None:
    text = style(value)  # type: ignore[operator]
    assert meaning(text, "binary") == value
    again = written(value, text, "binary")
    assert meaning(again, "binary") == value
    assert again[:1].lower() == text[:1].lower() or text[:1] == b"x"


def test_the_literals_that_are_no_texts() -> None:
    assert meaning(b"NULL", "text") is None
    assert meaning(b"DEFAULT", "number") is None
    assert meaning(b"-1.5e+10", "number") == b"-1.5e+10"
    assert meaning(b"'12'", "number") == b"12"
    assert meaning(b"b'101'", "binary") == b"\x05"
    assert meaning(b"b'100000001'", "binary") == b"\x01\x01"
    assert meaning(b"N'x'", "text") == b"x"
    assert written(None, b"DEFAULT", "text") == b"DEFAULT"
    assert written(None, b"'x'", "text") == b"NULL"
    assert written(b"new", b"12", "text") == b"'new'"
    assert written(b"", b"0x41", "binary") == b"''"
    assert unescaped(rb"\0\n\r\t\b\Z\'\"\\\%\_\x''") == b"\0\n\r\t\b\x1a'\"\\\\%\\_x'"


def rows() -> st.SearchStrategy[list[list[bytes]]]:
    number = st.integers(-(10**9), 10**9).map(lambda one: str(one).encode())
    text = st.just(b"NULL") | VALUES.map(quoted) | VALUES.map(doubled)
    binary = st.just(b"NULL") | st.tuples(VALUES, st.sampled_from(STYLES)).map(lambda one: one[1](one[0]))
    return st.lists(st.tuples(number, text, binary, text).map(list), min_size=1, max_size=5)


def statement(found: list[list[bytes]], between: bytes = b",") -> bytes:
    return b"INSERT INTO `t` VALUES " + between.join(b"(" + b",".join(row) + b")" for row in found)


@PATIENT
@given(rows(), st.sampled_from([b",", b",\n", b", "]), st.integers(1, 40))
def test_rows_that_are_kept_stay_as_they_are(found: list[list[bytes]], between: bytes, size: int) -> None:
    dump = BEGIN + KEPT + statement(found, between) + b";" + END
    assert through(dump, keeping(dump), size=size) == dump


@PATIENT
@given(rows())
def test_a_column_between_others_is_masked_and_the_others_stay(found: list[list[bytes]]) -> None:
    dump = BEGIN + KEPT + statement(found) + b";" + END
    out = through(dump, keeping(dump, {("t", "b"): Rule("constant", {"value": "41"})}))
    expected = [[row[0], row[1], b"", row[3]] for row in found]
    for row, masked in zip(expected, _read(out), strict=True):
        assert masked[:2] == row[:2]
        assert masked[3] == row[3]


def _read(out: bytes) -> list[list[bytes]]:
    """The literals of the rows of the only INSERT, as the filter sees them when every column counts."""
    text = out[out.index(b"INSERT") : out.index(b";" + END)]
    place = Place("t", "x", "longtext", "text")
    columns = tuple(ColumnPlan(name, _kind(name), "null", {}, place) for name in ("id", "a", "b", "c"))
    rewriter = Rewriter(table_of(KEPT), (), TablePlan("t", columns), KEY)
    return [list(row[1::2]) for row in rewriter._row.findall(text, head_of(text).size)]


def _kind(name: str) -> Kind:
    return {"id": "number", "b": "binary"}.get(name, "text")  # type: ignore[return-value]
