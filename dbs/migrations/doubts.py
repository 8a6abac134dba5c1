"""Which rows a change of a column cannot keep: a condition for each way in which a value fails to fit its new type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbs.migrations.interface import Kind
from dbs.mysql.names import quote_name
from dbs.mysql.schema import Column

_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_MEMBER = re.compile(r"'(?:[^']|'')*'")
_NUMBER = "'^[[:space:]]*[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?[[:space:]]*$'"
_SIZED = frozenset({"char", "varchar"})


@dataclass(frozen=True)
class Doubt:
    """Rows for which `condition` holds do not fit. `why` goes on after "… rows of the table ": "are NULL in x"."""

    kind: Kind
    column: str
    condition: str
    why: str


def doubts(old: Column, new: Column) -> Iterator[Doubt]:
    """All the ways in which values of `old` may not fit `new`. NULLs are nobody's but the first's."""
    name = quote_name(old.name)
    if old.nullable and not new.nullable:
        yield Doubt("nulls", old.name, f"{name} IS NULL", f"are NULL in {old.name}")
    if (old.column_type, old.charset) == (new.column_type, new.charset):
        return
    yield from _too_long(old, new, name)
    yield from _too_large(old, new, name)
    yield from _wrong(old, new, name)


def _too_long(old: Column, new: Column, name: str) -> Iterator[Doubt]:
    if new.data_type in _SIZED and new.characters is not None:
        limit, length = new.characters, f"CHAR_LENGTH({name})"
    elif new.data_type in ("enum", "set", "json") or new.octets is None:
        return
    else:
        limit, length = new.octets, f"LENGTH({name})"
    why = f"are longer than {limit} in {old.name}"
    yield Doubt("truncation", old.name, f"{length} > {limit}", why)


def _too_large(old: Column, new: Column, name: str) -> Iterator[Doubt]:
    limits = _limits(new)
    if limits is None or old.date:
        return
    value = name if old.number else f"CAST({name} AS DECIMAL(65, 10))"
    condition = f"({value} < {limits[0]} OR {value} > {limits[1]})"
    yield Doubt("out of range", old.name, condition, f"are outside of {limits[0]} to {limits[1]} in {old.name}")


def _limits(column: Column) -> tuple[str, str] | None:
    """The smallest and the largest value of a whole or a decimal number."""
    bits = _BITS.get(column.data_type)
    if bits is not None:
        top = 2**bits if column.unsigned else 2 ** (bits - 1)
        return ("0" if column.unsigned else str(-top)), str(top - 1)
    if column.data_type != "decimal" or column.digits is None:
        return None
    scale = column.scale or 0
    whole, part = "9" * (column.digits - scale) or "0", "9" * scale
    largest = f"{whole}.{part}" if part else whole
    return ("0" if column.unsigned else f"-{largest}"), largest


def _wrong(old: Column, new: Column, name: str) -> Iterator[Doubt]:
    """Values that mean nothing in the new type."""
    if new.data_type == "enum":
        members = ", ".join(_MEMBER.findall(new.column_type))
        yield Doubt("wrong values", old.name, f"{name} NOT IN ({members})", f"hold no member of the new {old.name}")
    elif new.data_type == "json" and old.text:
        yield Doubt("wrong values", old.name, f"NOT JSON_VALID({name})", f"are no JSON in {old.name}")
    elif new.number and old.text and old.data_type not in ("enum", "set"):
        yield Doubt("wrong values", old.name, f"{name} NOT REGEXP {_NUMBER}", f"are no numbers in {old.name}")
    elif new.date and old.text:
        condition = f"({name} IS NOT NULL AND CAST({name} AS DATETIME) IS NULL)"
        yield Doubt("wrong values", old.name, condition, f"are no dates in {old.name}")
    elif old.charset and new.charset and old.charset != new.charset:
        there = f"CONVERT(CONVERT({name} USING {new.charset}) USING utf8mb4)"
        condition = f"CAST({there} AS BINARY) <> CAST(CONVERT({name} USING utf8mb4) AS BINARY)"
        why = f"hold characters in {old.name} that {new.charset} does not have"
        yield Doubt("wrong values", old.name, condition, why)
