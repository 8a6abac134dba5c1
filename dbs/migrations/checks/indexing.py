"""Which indexes of production are no longer what they were, after what was renamed is taken into account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbs.migrations.checks.interface import Case, IndexParts
from dbs.migrations.checks.tracing import done, surviving_columns, surviving_tables


@dataclass(frozen=True)
class Lost:
    """An index with no equal left. `successor` is a wider one, or one that is not unique, that serves the same queries.

    `table` is what its table was called, `table_now` what it is called now. `gone` are those of its columns that the
    table no longer has; `silently`: it went with them, and no statement names it.
    """

    table: str
    name: str
    parts: IndexParts
    table_now: str
    successor: tuple[str, IndexParts] | None
    gone: tuple[str, ...]
    silently: bool


def lost_indexes(case: Case) -> Iterator[Lost]:
    """Of tables that are still there, by name."""
    where, moved = surviving_tables(case), surviving_columns(case)
    named = {act.name.casefold() for _, act in done(case) if act.what == "drop index"}
    after: dict[str, dict[str, IndexParts]] = {}
    for (table, name), parts in sorted(case.indexes_after.items()):
        after.setdefault(table, {})[name] = parts
    for (table, name), parts in sorted(case.indexes_before.items()):
        if table not in where:
            continue
        places = [moved.get((table, column.casefold())) for column in parts.columns]
        columns = tuple(place[1] if place else "" for place in places)
        there = after.get(where[table], {})
        if not any(_equals(other, columns, parts.unique) for other in there.values()):
            gone = tuple(old for old, new in zip(parts.columns, columns, strict=True) if old and not new)
            silently = bool(gone) and name.casefold() not in named
            yield Lost(table, name, parts, where[table], _successor(there, columns), gone, silently)


def left(case: Case, lost: Lost) -> str:
    """The indexes that its table has now, in a sentence."""
    there = [
        f"{name} ({', '.join(parts.columns)})"
        for (table, name), parts in sorted(case.indexes_after.items())
        if table == lost.table_now
    ]
    return f"Indexes of {lost.table_now} after the run: {', '.join(there) or 'none'}."


def _equals(other: IndexParts, columns: tuple[str, ...], unique: bool) -> bool:
    return _folded(other) == columns and (other.unique or not unique)


def _successor(there: dict[str, IndexParts], columns: tuple[str, ...]) -> tuple[str, IndexParts] | None:
    if not all(columns):
        return None
    fitting = [one for one in there.items() if _folded(one[1])[: len(columns)] == columns]
    return fitting[0] if fitting else None


def _folded(parts: IndexParts) -> tuple[str, ...]:
    return tuple(column.casefold() for column in parts.columns)
