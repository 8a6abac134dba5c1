"""Which index can do another one's work: for foreign keys, for searches, for the counter of AUTO_INCREMENT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dbs.evidence.asking import listed, same
from dbs.evidence.dictionary import PRIMARY, ForeignKeyShape, IndexShape, Part, TableShape
from dbs.evidence.interface import Dependency


def serves(index: IndexShape, columns: Sequence[str]) -> bool:
    """Whether InnoDB takes the index for a foreign key: its first columns are these, whole and in this order.

    An ignored index serves all the same (measured on MariaDB 10.11: 1451 is still raised).
    """
    if not index.ordered or len(index.parts) < len(columns):
        return False
    pairs = zip(index.parts, columns, strict=False)
    return all(part.column is not None and same(part.column, name) and not part.prefix for part, name in pairs)


def of_foreign_keys(shape: TableShape, index: IndexShape) -> Iterator[Dependency]:
    """Each foreign key, from this table or to it, that the index serves; and which others could."""
    sides = [(key, key.columns, "the rows that point away") for key in shape.out]
    sides += [(key, key.referenced, "the rows that are pointed to") for key in shape.into]
    for key, columns, finds in sides:
        if serves(index, columns):
            others = [one.name for one in shape.indexes if one is not index and serves(one, columns)]
            yield _of_foreign_key(key, index, finds, others)


def _of_foreign_key(key: ForeignKeyShape, index: IndexShape, finds: str, others: list[str]) -> Dependency:
    if others:
        sentence = f"{key}: {index.name} finds {finds}; {listed(others)} can do that as well."
        return Dependency("foreign key", key.name, sentence)
    sentence = (
        f"{key}: only {index.name} finds {finds}. The server refuses to drop it (error 1553); with "
        "foreign_key_checks = 0 it obeys, and every check of the key reads the whole table."
    )
    return Dependency("foreign key", key.name, sentence, blocks=True)


def of_auto_increment(shape: TableShape, index: IndexShape) -> Iterator[Dependency]:
    """The column that counts up has to lead an index: without one the server refuses (error 1075)."""
    for column, extra in shape.columns.items():
        if "auto_increment" not in extra.lower() or not _leads(index, column):
            continue
        others = [one.name for one in shape.indexes if one is not index and _leads(one, column)]
        if not others:
            sentence = f"{column} counts up by itself, and {index.name} is the only index that begins with it (1075)."
            yield Dependency("auto increment", column, sentence, blocks=True)


def _leads(index: IndexShape, column: str) -> bool:
    first = index.parts[0].column
    return first is not None and same(first, column)


def of_other_indexes(shape: TableShape, index: IndexShape) -> Iterator[Dependency]:
    """Indexes that make this one superfluous, and those that it makes superfluous."""
    for other in shape.indexes:
        if other is index:
            continue
        if covers(other, index, shape.primary_key):
            yield Dependency("index", other.name, _superfluous(index, other))
        elif covers(index, other, shape.primary_key):
            sentence = f"{other} could be spared while {index.name} is there: drop one of the two, not both."
            yield Dependency("index", other.name, sentence)


def covers(other: IndexShape, index: IndexShape, primary_key: Sequence[Part]) -> bool:
    """Whether whatever is found by `index` is found by `other` in the same order, and no promise is lost with it.

    InnoDB appends the primary key to every other index, so that (x, id) is no more than (x) where id is the key. A
    unique index promises something: only another one on the same columns, or fewer, promises that too.
    """
    if index.name == PRIMARY or other.kind != index.kind or (other.ignored and not index.ignored):
        return False
    if index.unique and not (other.unique and _promises(other, index)):
        return False
    if not index.ordered:
        return other.parts == index.parts
    return _begins(_whole(other, primary_key), index.parts)


def _promises(other: IndexShape, index: IndexShape) -> bool:
    return len(other.parts) <= len(index.parts) and _begins(index.parts, other.parts)


def _whole(index: IndexShape, primary_key: Sequence[Part]) -> tuple[Part, ...]:
    if index.name == PRIMARY:
        return index.parts
    return (*index.parts, *(part for part in primary_key if not any(_equal(part, own) for own in index.parts)))


def _begins(parts: Sequence[Part], first: Sequence[Part]) -> bool:
    pairs = zip(parts, first, strict=False)
    return len(parts) >= len(first) and all(_equal(one, other) for one, other in pairs)


def _equal(one: Part, other: Part) -> bool:
    if (one.expression, one.prefix, one.descending) != (other.expression, other.prefix, other.descending):
        return False
    return one.column == other.column or (None not in (one.column, other.column) and same(str(one), str(other)))


def _superfluous(index: IndexShape, other: IndexShape) -> str:
    if len(index.parts) == len(other.parts):
        return f"{other} is a duplicate of it: whatever {index.name} is used for, {other.name} can do."
    if len(other.parts) < len(index.parts):
        return f"{other} is no less, because InnoDB appends the primary key to it."
    larger = "the table itself" if other.name == PRIMARY else "larger"
    return (
        f"{other} begins with the same columns and finds the same rows; it is {larger}, so that {index.name} may be "
        "the faster one, and it does not give them in the order of the primary key."
    )
