"""What the clauses of ALTER TABLE do to columns and indexes, by their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dbs.migrations.checks.words import Cursor, Word, outside, parts

What = Literal[
    "create table",
    "drop table",
    "rename table",
    "truncate table",
    "update all",
    "delete all",
    "set column",
    "drop column",
    "rename column",
    "add index",
    "drop index",
    "rename index",
]
_EXISTS = ("IF", "NOT", "EXISTS")
_INDEX = ("INDEX", "KEY")
_NO_COLUMN = frozenset({"PARTITION", "PERIOD", "SYSTEM", "FOREIGN", "CHECK"})
"""Behind ADD or DROP: what follows is no column."""


@dataclass(frozen=True)
class Act:
    """What a statement's text says that it does. `to` is the new name where something is renamed.

    `columns` are those of an index that is added; its `name` may be empty, as it may in SQL. One that is not `certain`
    stands in a program or in a text to be prepared: whether it ran shows only in what has changed.
    """

    what: What
    table: str
    name: str = ""
    to: str = ""
    columns: tuple[str, ...] = ()
    certain: bool = True


def alterations(table: str, clauses: Sequence[Word]) -> Iterator[Act]:
    """What stands behind ALTER TABLE and the table's name."""
    for clause in parts(clauses, ","):
        here = Cursor(clause)
        read = _CLAUSES.get(here.key)
        if read is not None:
            here.at += 1
            yield from read(table, here)


def index_of(table: str, here: Cursor) -> Act:
    """An index that is added: behind INDEX or KEY."""
    here.skip(*_EXISTS)
    name = "" if here.key in ("(", "USING") else here.name()
    while here.at < len(here.words) and here.key != "(":
        here.at += 1
    here.take("(")
    inner = here.rest[: next((n for n, key in enumerate(_keys(here.rest)) if key == "end"), len(here.rest))]
    columns = tuple(Cursor(part).name() for part in parts(inner, ","))
    return Act("add index", table, name or (columns[0] if columns else ""), columns=columns)


def _keys(inner: Sequence[Word]) -> Iterator[str]:
    """Where the parenthesis ends that was open already."""
    depth = 1
    for word in inner:
        depth += {"(": 1, ")": -1}.get(word.key, 0)
        yield "end" if depth == 0 else word.key


def _add(table: str, here: Cursor) -> Iterator[Act]:
    if here.take("CONSTRAINT") and here.key not in ("UNIQUE", "PRIMARY", *_NO_COLUMN):
        name = here.name()
        yield from (Act("add index", table, name, columns=act.columns) for act in _add_index(table, here))
        return
    if here.key in ("UNIQUE", "FULLTEXT", "SPATIAL", "PRIMARY", *_INDEX):
        yield from _add_index(table, here)
    elif here.key not in _NO_COLUMN:
        here.skip("COLUMN", *_EXISTS)
        if here.take("("):
            yield from (Act("set column", table, Cursor(part).name()) for part in parts(here.rest[:-1], ","))
        else:
            yield Act("set column", table, here.name())


def _add_index(table: str, here: Cursor) -> Iterator[Act]:
    if here.key in ("UNIQUE", "FULLTEXT", "SPATIAL", *_INDEX):
        here.skip("UNIQUE", "FULLTEXT", "SPATIAL", *_INDEX)
        yield index_of(table, here)
    elif here.take("PRIMARY", "KEY"):
        yield Act("add index", table, "PRIMARY", columns=index_of(table, here).columns)


def _drop(table: str, here: Cursor) -> Iterator[Act]:
    if here.take("PRIMARY", "KEY"):
        yield Act("drop index", table, "PRIMARY")
    elif here.key in (*_INDEX, "CONSTRAINT"):  # a constraint may be UNIQUE, and then it is an index
        here.at += 1
        here.skip(*_EXISTS)
        yield Act("drop index", table, here.name())
    elif here.key not in _NO_COLUMN:
        here.skip("COLUMN", *_EXISTS)
        yield Act("drop column", table, here.name())


def _change(table: str, here: Cursor) -> Iterator[Act]:
    here.skip("COLUMN", *_EXISTS)
    old, new = here.name(), here.name()
    if old.casefold() != new.casefold():
        yield Act("rename column", table, old, new)
    yield Act("set column", table, new)


def _modify(table: str, here: Cursor) -> Iterator[Act]:
    here.skip("COLUMN", *_EXISTS)
    yield Act("set column", table, here.name())


def _alter(table: str, here: Cursor) -> Iterator[Act]:
    """ALTER COLUMN sets or drops a default."""
    if here.key not in (*_INDEX, "CHECK", "CONSTRAINT"):
        yield from _modify(table, here)


def _rename(table: str, here: Cursor) -> Iterator[Act]:
    if "TO" in outside(here.rest) and here.key in ("COLUMN", *_INDEX):
        what: What = "rename column" if here.key == "COLUMN" else "rename index"
        here.at += 1
        here.skip(*_EXISTS)
        old = here.name()
        here.take("TO")
        yield Act(what, table, old, here.name())
    else:
        here.skip("TO", "AS", "=")
        yield Act("rename table", table, to=here.name())


_CLAUSES: dict[str, Callable[[str, Cursor], Iterator[Act]]] = {
    "ADD": _add,
    "DROP": _drop,
    "CHANGE": _change,
    "MODIFY": _modify,
    "ALTER": _alter,
    "RENAME": _rename,
}
