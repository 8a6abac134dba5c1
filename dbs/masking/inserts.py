"""The rows of an INSERT: some columns get stand-ins, all others stay byte for byte as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from dbs.masking.interface import KEEP, MaskingError
from dbs.masking.naming import plain
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.masking.table import TableMasker
from dbs.mysql.literals import Kind, escaped
from dbs.mysql.packets import Fields
from dbs.mysql.schema import Table

_NAME = rb"`(?:[^`]|``)++`"
_HEAD = re.compile(
    rb"INSERT\s+(?:IGNORE\s+)?INTO\s+(?P<table>" + _NAME + rb")\s*"
    rb"(?:\((?P<columns>(?:\s*" + _NAME + rb"\s*,?)++)\)\s*)?VALUES\s*",
    re.IGNORECASE,
)  # fmt: skip
_NAMES = re.compile(_NAME)
_TEXT = rb"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'"
# NULL, DEFAULT, numbers, 0x41, 'text', _binary 'text', x'41', b'101', N'text'. Nothing that is computed.
_LITERAL = rb"(?:(?:_\w++ ?+|[xXbBnN])?" + _TEXT + rb"|[\w.+-]++)"
_PARTS = re.compile(rb"(?P<mark>_\w++ ?+|[xXbBnN])?'(?P<text>.*)'\Z", re.DOTALL)
# https://mariadb.com/kb/en/string-literals/; \% and \_ keep their backslash, all others lose it.
_MEANINGS = (
    (rb"\'", b"'"), (b'\\"', b'"'), (rb"\0", b"\0"), (rb"\n", b"\n"), (rb"\r", b"\r"), (rb"\Z", b"\x1a"),
    (rb"\t", b"\t"), (rb"\b", b"\b"),
)  # fmt: skip
_OTHER_ESCAPES = re.compile(rb"\\(?![%_])")
_STYLE_BYTES = 64
"""So much of a literal shows its style: no name of a character set is longer."""
_UTF8 = frozenset({b"", b"n", b"_utf8", b"_utf8mb3", b"_utf8mb4", b"_binary"})
_NUMBER = re.compile(rb"[-+]?[\d.]++(?:[eE][-+]?\d++)?\Z")


@dataclass(frozen=True)
class Head:
    """How an INSERT begins: its table, its columns if it names them, and the bytes up to its rows."""

    table: str
    columns: tuple[str, ...]
    size: int


def head_of(statement: bytes) -> Head:
    """The head of an INSERT … VALUES. Raises `MaskingError` for any other kind."""
    found = _HEAD.match(statement)
    if found is None:
        raise MaskingError(
            "An INSERT of the dump is not of the kind INSERT INTO `table` VALUES (…); so none of it is written. Make "
            "the dump with mariadb-dump or mysqldump, with their quoted names."
        )
    columns = _NAMES.findall(found["columns"] or b"")
    return Head(_name(found["table"]), tuple(map(_name, columns)), found.end())


def _name(quoted: bytes) -> str:
    return quoted[1:-1].replace(b"``", b"`").decode("utf-8", "surrogateescape")


def meaning(literal: bytes, kind: Kind) -> bytes | None:
    """The value of a literal; None for NULL and DEFAULT. Raises `MaskingError` when it does not fit the column."""
    found = _PARTS.match(literal)
    if found is None:
        return _bare(literal, kind)
    mark = (found["mark"] or b"").strip().lower()
    if mark in (b"x", b"b"):
        digits = found["text"]
        return bytes.fromhex(digits.decode("ascii", "replace")) if mark == b"x" else _bits(digits)
    if mark not in _UTF8 and kind == "text":
        raise MaskingError("a text in another character set")
    return unescaped(found["text"])


def unescaped(text: bytes) -> bytes:
    """The value of what stands between single quotes.

    In whole passes over the text: a value of 16 MB may have as many escapes, and each would be an object.
    """
    if b"\\" not in text:
        return text.replace(b"''", b"'")
    # Read from the left, two backslashes in a row are always one that is escaped.
    return b"\\".join([_without_backslashes(part) for part in text.split(b"\\\\")])


def _without_backslashes(text: bytes) -> bytes:
    text = text.replace(b"''", b"'")
    for escape, value in _MEANINGS:
        if b"\\" not in text:
            break
        text = text.replace(escape, value)
    return _OTHER_ESCAPES.sub(b"", text) if b"\\" in text else text


def _bare(literal: bytes, kind: Kind) -> bytes | None:
    if literal.upper() in (b"NULL", b"DEFAULT"):
        return None
    if literal[:2] in (b"0x", b"0X") and kind != "number":
        return bytes.fromhex(literal[2:].decode())
    if not _NUMBER.match(literal):
        raise MaskingError("neither a number nor a text")
    return literal


def _bits(digits: bytes) -> bytes:
    return int(digits or b"0", 2).to_bytes(-(-len(digits) // 8), "big")


def written(value: bytes | None, like: bytes, kind: Kind) -> bytes:
    """A stand-in in the style of the literal that it stands for; NULL and DEFAULT stay."""
    if value is None:
        return like if like.upper() == b"DEFAULT" else b"NULL"
    mark, quote, _ = like.partition(b"'")
    if quote and mark[:1].lower() not in (b"x", b"b"):
        return b"%b'%b'" % (mark, escaped(value))
    if quote or like[:2] in (b"0x", b"0X"):
        return b"0x" + value.hex().upper().encode() if value else b"''"
    return value if kind == "number" else b"'" + escaped(value) + b"'"


class Rewriter:
    """Rewrites the rows of INSERTs of one table that name the same columns."""

    def __init__(self, table: Table, columns: Sequence[str], plan: TablePlan, key: bytes) -> None:
        """`columns` are those of the INSERT, `plan` is that of all stored columns. Raises `MaskingError`."""
        names = columns or [column.name for column in table.columns]
        self._table = table.name
        self._check_names(table, names)
        generated = {column.name for column in table.columns if column.generated}
        looked_at = _involved(plan)
        self._generated = [name in generated for name in names if name in generated or name in looked_at]
        involved = [looked_at[name] for name in names if name in looked_at]
        self._kinds = [column.kind for column in involved]
        self.masker = TableMasker(_reduced(plan, involved), key, None, frozenset())
        self._row = _row_pattern([name in generated or name in looked_at for name in names])

    def rows(self, statement: bytes, begin: int) -> bytes:
        """The rows of an INSERT from `begin` to its end. Raises `MaskingError` when one is not understood."""
        if not self._generated:
            return statement[begin:]  # nothing of it changes
        found = self._row.findall(statement, begin)
        if sum(map(len, chain.from_iterable(found))) != len(statement) - begin:
            raise MaskingError(
                f"A row of {plain(self._table)} in the dump is not understood: it has another number of columns than "
                "its table, or values that are computed. Make the dump with mariadb-dump or mysqldump."
            )
        if not found:
            raise MaskingError(f"An INSERT into {plain(self._table)} in the dump holds no rows; it is cut off.")
        columns = list(zip(*found, strict=True))
        del found
        self._mask(columns)
        return b"".join(chain.from_iterable(zip(*columns, strict=True)))

    def _mask(self, columns: list[tuple[bytes, ...]]) -> None:
        """Put stand-ins into the columns with odd numbers; those with even ones are what stands between."""
        places = [2 * at + 1 for at, generated in enumerate(self._generated) if not generated]
        for at, generated in enumerate(self._generated):
            if generated:  # computed from what is masked now: it is computed again where the dump is loaded
                columns[2 * at + 1] = (b"DEFAULT",) * len(columns[0])
        if not places:
            return
        count = len(places)
        fields: Fields = [None] * (count * len(columns[0]))
        for at, (place, kind) in enumerate(zip(places, self._kinds, strict=True)):
            fields[at::count] = self._meanings(columns[place], kind)
            columns[place] = tuple([literal[:_STYLE_BYTES] for literal in columns[place]])
        self.masker.mask(fields)
        self.masker.rows += len(columns[0])
        for at, (place, kind) in enumerate(zip(places, self._kinds, strict=True)):
            columns[place] = _literals(fields[at::count], columns[place], kind)

    def _meanings(self, literals: Sequence[bytes], kind: Kind) -> Fields:
        try:
            return _plain_texts(literals) or [meaning(literal, kind) for literal in literals]
        except (MaskingError, ValueError) as error:
            what = f": {error}" if isinstance(error, MaskingError) else ""
            raise MaskingError(
                f"A value of {plain(self._table)} in the dump is not written as its column wants{what}. Make the dump "
                "with mariadb-dump or mysqldump, with --default-character-set=utf8mb4."
            ) from None

    def _check_names(self, table: Table, names: Sequence[str]) -> None:
        strange = [name for name in names if name not in table.by_name]
        if strange or len(set(names)) != len(names):
            raise MaskingError(
                f"An INSERT into {plain(table.name)} names columns that its CREATE TABLE does not have; the dump is "
                "not of one piece."
            )


def _plain_texts(literals: Sequence[bytes]) -> Fields:
    """The values of texts in quotes in which nothing is escaped, which most are; empty when one is not."""
    joined = b"".join(literals)
    plainly = b"\\" not in joined and {literal[:1] for literal in literals} == {b"'"}
    # Each has a quote on either side: twice as many in all are no others.
    if not plainly or joined.count(b"'") != 2 * len(literals):
        return []
    return [literal[1:-1] for literal in literals]


def _literals(new: Fields, likes: Sequence[bytes], kind: Kind) -> tuple[bytes, ...]:
    """The stand-ins of a column in the style of its literals, of which the beginnings are enough."""
    there = [value for value in new if value is not None]
    quoted = kind == "text" and len(there) == len(new) and {like[:1] for like in likes} == {b"'"}
    joined = b" ".join(there) if quoted else b""
    if quoted and escaped(joined) == joined:
        return tuple([b"'%b'" % value for value in there])
    return tuple([written(value, like, kind) for value, like in zip(new, likes, strict=True)])


def _involved(plan: TablePlan) -> dict[str, ColumnPlan]:
    """The columns that are masked, and those that one of them goes by."""
    goes_by = {plan.columns[one.by].name for one in plan.columns if one.by is not None}
    return {one.name: one for one in plan.columns if one.mask != KEEP or one.name in goes_by}


def _reduced(plan: TablePlan, involved: Sequence[ColumnPlan]) -> TablePlan:
    """The plan for these columns alone. Raises `MaskingError` when one goes by a column that is not there."""
    at = {column.name: place for place, column in enumerate(involved)}
    columns = []
    for column in involved:
        by = None if column.by is None else at.get(plan.columns[column.by].name)
        if column.by is not None and by is None:
            raise MaskingError(f"{plain(plan.name)}.{plain(column.name)} goes by a column that the dump leaves out.")
        columns.append(replace(column, by=by))
    return TablePlan(plan.name, tuple(columns))


def _row_pattern(looked_at: Sequence[bool]) -> re.Pattern[bytes]:
    """One row with what follows it: a group for each column that is looked at, and one for all that stands between.

    Every byte is in a group, so that a byte that is in no row is noticed by the sum of their lengths.
    """
    groups, open_part, first = [], rb"\(", True
    for wanted in looked_at:
        separator = b"" if first else rb", *+"
        first = False
        if wanted:
            groups.append(b"(" + open_part + separator + b")(" + _LITERAL + b")")
            open_part = b""
        else:
            open_part += separator + _LITERAL
    return re.compile(b"".join(groups) + b"(" + open_part + rb"\)(?:,\s*+|\s*+\Z))", re.DOTALL)
