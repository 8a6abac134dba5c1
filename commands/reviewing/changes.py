"""The schema's differences in a report: which indexes are lost, which are new, which of those does the other's work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from commands.reviewing.interface import SchemaChange
from dbs.evidence.asking import listed, same
from dbs.evidence.dictionary import PRIMARY, IndexShape, Part

_PLURAL = {"index": "indexes"}
_HOWS = {"dropped": "drops", "changed": "changes", "added": "adds"}


def of_report(report: Mapping[str, Any] | None) -> tuple[SchemaChange, ...]:
    """What a change does to the schema; nothing where nothing was run."""
    return tuple(_change(one) for one in (report or {}).get("changes") or ())


def _change(one: Mapping[str, Any]) -> SchemaChange:
    kind, name = str(one.get("kind", "")), str(one.get("name") or one.get("table") or "")
    return SchemaChange(
        kind=kind,
        table=name if kind == "table" else str(one.get("table") or ""),
        name=name,
        how=str(one.get("how", "")),
        columns=tuple(str(column) for column in one.get("columns") or ()),
        unique=bool(one.get("unique")),
        before=str(one.get("before") or ""),
        after=str(one.get("after") or ""),
    )


def counted(changes: Sequence[SchemaChange]) -> str:
    """`drops 1 index and 2 columns, adds 1 table`."""
    parts = []
    for how, verb in _HOWS.items():
        kinds = Counter(one.kind for one in changes if one.how == how)
        if kinds:
            told = [f"{count} {kind if count == 1 else _PLURAL.get(kind, kind + 's')}" for kind, count in kinds.items()]
            parts.append(f"{verb} {listed(told)}")
    return ", ".join(parts)


def lost_indexes(changes: Sequence[SchemaChange]) -> list[SchemaChange]:
    """Indexes that are dropped, on their own or with a column, and those that have other columns afterwards.

    Not those of tables that are dropped: with the table nobody looks for anything there.
    """
    gone = {one.name for one in changes if one.kind == "table" and one.how == "dropped"}
    return [one for one in changes if one.kind == "index" and one.how != "added" and one.table not in gone]


def dropped_indexes(changes: Sequence[SchemaChange]) -> list[SchemaChange]:
    """Those that are gone afterwards."""
    return [one for one in lost_indexes(changes) if one.how == "dropped"]


def added_indexes(changes: Sequence[SchemaChange]) -> list[SchemaChange]:
    """New ones on tables that were there before."""
    new = {one.name for one in changes if one.kind == "table" and one.how == "added"}
    return [one for one in changes if one.kind == "index" and one.how == "added" and one.table not in new]


def replaces(added: SchemaChange, dropped: SchemaChange) -> bool:
    """Whether an index begins with the columns of another, in their order, and promises what that promised."""
    if not (dropped.columns and same(added.table, dropped.table)):
        return False
    promise = dropped.unique or dropped.name == PRIMARY
    return _begins(added.columns, dropped.columns) and (added.unique or not promise)


def is_there(added: SchemaChange, dropped: SchemaChange, shapes: Sequence[IndexShape]) -> bool:
    """Whether one of the indexes of a table is the added one, by its columns, whatever it is called.

    The dropped one itself does not count, nor one that the optimizer may not use.
    """
    return any(
        not same(one.name, dropped.name)
        and not one.ignored
        and (one.unique or not added.unique)
        and len(one.columns) == len(one.parts) == len(added.columns)
        and _begins(one.columns, added.columns)
        for one in shapes
    )


def parts_of(one: SchemaChange) -> tuple[Part, ...]:
    """The parts of an index as far as its columns tell."""
    found = []
    for column in one.columns:
        bare = _bare(column)
        found.append(Part(bare, prefix=int(column[len(bare) :].strip("()")) if bare != column else None))
    return tuple(found)


def _begins(columns: Sequence[str], first: Sequence[str]) -> bool:
    pairs = zip(columns, first, strict=False)
    return len(columns) >= len(first) and all(same(_bare(one), _bare(other)) for one, other in pairs)


def _bare(column: str) -> str:
    """Without the length of a prefix: `email(10)` and `email` are one column."""
    head, bracket, rest = column.rpartition("(")
    return head if bracket and rest.rstrip(")").isdecimal() else column
