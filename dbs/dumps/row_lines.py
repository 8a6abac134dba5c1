"""The rows of a masked dump in the words of LOAD DATA."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbs.mysql.names import quote_name
from dbs.mysql.schema import Table

_LINES = (
    r"FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\'' ESCAPED BY '\\' "
    r"LINES STARTING BY '(' TERMINATED BY '),\n'"
)
_END, _LAST_END = b"),\n", b");\n"
"""How a row ends, and the last row of a statement."""
# A member of an ENUM as its definition shows it.
_EMPTY_MEMBER, _ZERO_MEMBER = re.compile(r"[(,]''[,)]"), re.compile(r"[(,]'0'[,)]")


def insert_line(table: str, columns: list[str]) -> bytes:
    """The line that begins each statement of a table's rows, with its line break."""
    names = ",".join(quote_name(name) for name in columns)
    return f"INSERT INTO {quote_name(table)} ({names}) VALUES\n".encode()


def load_statement(table: Table, columns: list[str]) -> str | None:
    """The LOAD DATA LOCAL for rows with these columns; None where only INSERT is exact."""
    if any("\n" in name for name in (table.name, *columns)):
        return None  # then the INSERT line is not one line
    targets, settings = [], []
    for number, name in enumerate(columns):
        column, field = table.by_name[name], f"@dbs_{number}"
        if column.binary:
            # Behind 0x; NULL stays NULL, and an empty text an empty value.
            settings.append(f"{quote_name(name)} = UNHEX(SUBSTRING({field}, 3))")
        elif column.data_type == "enum" and not _EMPTY_MEMBER.search(column.column_type):
            # The mark of a value that was wrong once is read as '' and stored by its number, which is 0.
            if _ZERO_MEMBER.search(column.column_type):
                return None
            settings.append(f"{quote_name(name)} = IF({field} = '', 0, {field})")
        else:
            field = quote_name(name)
        targets.append(field)
    text = f"LOAD DATA LOCAL INFILE 'rows' INTO TABLE {quote_name(table.name)} CHARACTER SET utf8mb4 {_LINES}"
    return f"{text} ({', '.join(targets)})" + (f" SET {', '.join(settings)}" if settings else "")


def rows_of(chunks: Iterable[bytes], insert: bytes) -> Iterator[bytes]:
    """The statements of one table as lines for LOAD DATA: each row ends in `),`, and `insert` lines are left out.

    In texts line breaks are escaped, so a raw one ends a row or an `insert` line, and what is looked for here is
    never part of a value. Little is held back, however long a row is.
    """
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        cut = text.rfind(b"\n") + 1
        if len(text) - cut > len(insert):  # longer than that it is a row, of which only the end matters
            cut = len(text) - len(_LAST_END) + 1
        rest = text[cut:]
        yield _converted(text[:cut], insert)
    yield _converted(rest, insert)


def _converted(text: bytes, insert: bytes) -> bytes:
    return text.replace(insert, b"").replace(_LAST_END, _END)
