"""Rows as SQL: `(1,'it''s',NULL,0x00FF)`, one row on one line whatever is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from dbs.mysql.packets import Fields

Kind = Literal["number", "text", "binary"]
"""How a column is written: bare, in quotes, or as 0x and hexadecimal digits."""

PIECE_BYTES = 1024 * 1024
WIDE_BYTES = 2 * 1024 * 1024
"""A row with more than this in its fields is written in pieces: a stock server takes statements of 16 MB, and whoever
reads the lines again has them in memory several times.
"""

_SPECIAL = re.compile(rb"[\x00\n\r\x1a'\\]")
_ESCAPES = {b"\0": b"\\0", b"\n": b"\\n", b"\r": b"\\r", b"\x1a": b"\\Z", b"'": b"\\'", b"\\": b"\\\\"}


def rows_text(fields: Fields, kinds: Sequence[Kind]) -> bytes:
    """All rows of a list of fields, row after row, in parentheses; between them a comma and a new line.

    A column that nothing has to be escaped in costs one search for all its rows, and is put in quotes by the template.
    """
    count = len(kinds)
    places = []
    for at, kind in enumerate(kinds):
        column = fields[at::count]
        plain = kind != "binary" and None not in column
        if plain and kind == "text":
            plain = _SPECIAL.search(b"".join(column)) is None  # type: ignore[arg-type]
        if not plain:
            fields[at::count] = [literal(value, kind) for value in column]
        places.append(b"'%b'" if plain and kind == "text" else b"%b")
    template = b"(" + b",".join(places) + b"),\n"
    return ((template * (len(fields) // count))[:-2]) % tuple(fields)


def literal(value: bytes | None, kind: Kind) -> bytes:
    """One value."""
    if value is None:
        return b"NULL"
    if kind == "number":
        return value
    if kind == "text":
        return b"'" + escaped(value) + b"'"
    return b"0x" + value.hex().encode() if value else b"''"


def escaped(value: bytes) -> bytes:
    """What stands between the quotes. The escapes are those that LOAD DATA and every `sql_mode` but one understand:
    a dump says at its head that NO_BACKSLASH_ESCAPES is off.
    """
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], value)


def is_wide(fields: Fields) -> bool:
    """Whether the fields of a row are too long for one statement."""
    return sum([len(field) for field in fields if field is not None]) > WIDE_BYTES


def wide_statements(target: bytes, fields: Fields, kinds: Sequence[Kind]) -> Iterator[bytes]:
    """The statements for a row that is too long for one, each on a line: values are put together in user variables.

    `target` is ``INSERT INTO `t` (`a`,`b`) VALUES``.
    """
    values = []
    for at, (field, kind) in enumerate(zip(fields, kinds, strict=True)):
        if field is None or len(field) <= PIECE_BYTES // 4:
            values.append(literal(field, kind))
            continue
        name = b"@dbs_%d" % at
        values.append(name)
        yield b"SET %b = '';\n" % name if kind == "text" else b"SET %b = x'';\n" % name
        for piece in _pieces(field, kind):
            yield b"SET %b = CONCAT(%b,%b);\n" % (name, name, literal(piece, kind))
    yield target + b"\n(" + b",".join(values) + b");\n"


def _pieces(value: bytes, kind: Kind) -> Iterator[bytes]:
    """The value in parts; a text is never cut within a character."""
    at, size = 0, PIECE_BYTES // 2
    while at < len(value):
        end = at + size
        while kind == "text" and end < len(value) and value[end] & 0xC0 == 0x80:
            end -= 1
        yield value[at:end]
        at = end
