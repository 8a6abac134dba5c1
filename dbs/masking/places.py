"""What a masker has to know of its column, read from the data dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

from dbs.masking.interface import Place, Policy, Rule
from dbs.mysql.schema import Column, Schema, Table

Kind = Literal["text", "binary", "number", "date", "json"]
Where = tuple[str, str]
"""(table, column)."""

# https://mariadb.com/kb/en/numeric-data-type-overview/ and https://dev.mysql.com/doc/refman/8.4/en/integer-types.html
_BYTES = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
_YEARS = (1901, 2155)
# Types without a length in the data dictionary: the longest text the server writes for them.
_WRITTEN_LENGTHS = {"inet6": 39, "inet4": 15, "uuid": 36}
_CHOICE = re.compile(r"'((?:[^'\\]|''|\\.)*)'")
_ESCAPES = {"0": "\0", "n": "\n", "r": "\r", "Z": "\x1a", "b": "\b", "t": "\t"}


def place(table: str, column: str, schema: Schema, rule: Rule | None = None) -> Place:
    """One place; for many of them make `Places` once. Raises `KeyError` for what the schema does not have."""
    forced = [(table, column)] if rule is not None and rule.options.get("unique") is True else []
    return Places(schema, forced).of(table, column)


class Places:
    """All places of a schema.

    Columns that foreign keys tie together, in either direction and over any number of steps, have to get the same
    stand-ins: all of them are injective when one is, and all have the length and the range of the tightest.
    """

    def __init__(self, schema: Schema, forced: Iterable[Where] = ()) -> None:
        """`forced` are columns with `unique = true` in their rule."""
        self._schema = schema
        self._forced = frozenset(forced)

    @classmethod
    def of_policy(cls, schema: Schema, policy: Policy) -> Places:
        """The places for a policy, with what its rules force to be unique."""
        return cls(
            schema,
            (
                (table, column)
                for table, rules in policy.tables.items()
                for column, rule in rules.columns.items()
                if rule.options.get("unique") is True
            ),
        )

    def tied(self, table: str, column: str) -> frozenset[Where]:
        """The columns that have to get the same stand-ins, itself included."""
        return self._ties.get((table, column), frozenset({(table, column)}))

    def of(self, table: str, column: str) -> Place:
        """The place of a column. Raises `KeyError` for what the schema does not have."""
        own = self._schema.tables[table].by_name[column]
        together = [(self._schema.tables[t], self._schema.tables[t].by_name[c]) for t, c in self.tied(table, column)]
        columns = [one for _, one in together]
        bounds = [_bounds(one) for one in columns]
        return Place(
            table=table,
            column=column,
            data_type=own.data_type,
            kind=_kind(own),
            characters=_least(map(_characters, columns)),
            octets=_least(map(_octets, columns)),
            nullable=own.nullable,
            injective=any(t.is_unique(c.name) or (t.name, c.name) in self._forced for t, c in together),
            exact=all(map(_exact, columns)),
            least=max((low for low, _ in bounds if low is not None), default=None),
            most=_least(high for _, high in bounds),
            scale=own.scale or 0 if own.data_type == "decimal" else 0,
            choices=choices(own.column_type),
        )

    @cached_property
    def _ties(self) -> Mapping[Where, frozenset[Where]]:
        """Sets of columns joined by foreign keys: each column → its whole set."""
        groups: dict[Where, set[Where]] = {}
        for one, other in pairs(self._schema):
            joined = groups.get(one, {one}) | groups.get(other, {other})
            for member in joined:
                groups[member] = joined
        return {where: frozenset(group) for where, group in groups.items()}


def pairs(schema: Schema) -> Iterable[tuple[Where, Where]]:
    """(pointing column, column pointed to) of all foreign keys whose both ends are in the schema."""
    for table in schema.tables.values():
        for key in table.foreign_keys:
            other = schema.tables.get(key.table)
            for column, referenced in zip(key.columns, key.referenced, strict=True):
                if other is not None and referenced in other.by_name and column in table.by_name:
                    yield (table.name, column), (other.name, referenced)


def choices(column_type: str) -> tuple[str, ...]:
    """The choices of `enum('a','it''s')` or of a SET; none for another type."""
    if not column_type[:5].lower().startswith(("enum(", "set(")):
        return ()
    return tuple(_unquoted(found) for found in _CHOICE.findall(column_type))


def key_column(table: Table) -> str | None:
    """The column that alone is the primary key."""
    return table.primary_key[0] if len(table.primary_key) == 1 else None


def _unquoted(text: str) -> str:
    return re.sub(r"''|\\(.)", lambda found: "'" if found[0] == "''" else _ESCAPES.get(found[1], found[1]), text)


def _kind(column: Column) -> Kind:
    """What the server has and `dbs.mysql.schema` does not sort in: TIME counts as a date, INET6 and UUID as texts."""
    if column.data_type == "json":
        return "json"
    if column.binary or column.data_type == "vector":
        return "binary"
    if column.number:
        return "number"
    return "date" if column.date or column.data_type == "time" else "text"


def _characters(column: Column) -> int | None:
    if _kind(column) != "text":
        return None
    return column.characters or _WRITTEN_LENGTHS.get(column.data_type)


def _octets(column: Column) -> int | None:
    """Octets of a multi-byte character set count as many times: the server's figure has that in it already."""
    if column.data_type == "bit":
        return ((column.digits or 1) + 7) // 8
    return column.octets or _WRITTEN_LENGTHS.get(column.data_type)


def _exact(column: Column) -> bool:
    """Whether upper and lower case differ: `utf8mb4_bin`, `utf8mb3_nopad_bin`, `utf8mb4_0900_as_cs`, binary, JSON."""
    if _kind(column) in ("binary", "json"):
        return True
    return (column.collation or "").endswith(("_bin", "_cs"))


def _bounds(column: Column) -> tuple[int | None, int | None]:
    """The least and the most of a number; of a DECIMAL, those of its whole part. FLOAT and DOUBLE have none."""
    if column.data_type == "year":
        return _YEARS
    if column.data_type in _BYTES:
        bits = 8 * _BYTES[column.data_type]
        return (0, 2**bits - 1) if column.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if column.data_type == "decimal" and column.digits is not None:
        most = 10 ** (column.digits - (column.scale or 0)) - 1
        return (0 if column.unsigned else -most), most
    return None, None


def _least(numbers: Iterable[int | None]) -> int | None:
    return min((one for one in numbers if one is not None), default=None)
