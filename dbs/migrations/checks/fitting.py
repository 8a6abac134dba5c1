"""Whether a type holds every value that another one can hold; by the manuals' ranges, without looking at rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dbs.migrations.checks.columns import Type

# https://mariadb.com/kb/en/data-types/: bytes of whole numbers; bytes or characters of texts; the order of the dates.
_INTEGERS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "integer": 4, "bigint": 8}
_TEXTS = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1, "json": 2**32 - 1}
_BLOBS = {"tinyblob": 2**8 - 1, "blob": 2**16 - 1, "mediumblob": 2**24 - 1, "longblob": 2**32 - 1}
_DIGITS = {"tinyint": 3, "smallint": 5, "mediumint": 8, "int": 10, "integer": 10, "bigint": 20}
_DIGITS_OF_DECIMAL, _LENGTH_OF_CHAR = 10, 1
_TIMES = ("datetime", "timestamp", "time")


def objection(old: Type, new: Type) -> str:
    """Why the new type cannot hold all that the old one can; empty when it can, or when that is not known."""
    if _family(old) == _family(new):
        return _WITHIN[_family(old)](old, new)
    across = _ACROSS.get((_family(old), _family(new)))
    return across(old, new) if across else ""


def _family(one: Type) -> str:
    return next((name for name, members in _FAMILIES.items() if one.name in members), "")


def _integers(old: Type, new: Type) -> str:
    if _INTEGERS[new.name] < _INTEGERS[old.name]:
        return "its range is smaller"
    if new.unsigned and not old.unsigned:
        return "it holds no negative numbers"
    if old.unsigned and not new.unsigned and _INTEGERS[new.name] == _INTEGERS[old.name]:
        return "its largest number is smaller"
    return ""


def _decimals(old: Type, new: Type) -> str:
    (digits, scale), (new_digits, new_scale) = _precision(old), _precision(new)
    if new_scale < scale:
        return "it holds fewer digits behind the point"
    if new_digits - new_scale < digits - scale:
        return "it holds fewer digits before the point"
    return "it holds no negative numbers" if new.unsigned and not old.unsigned else ""


def _precision(one: Type) -> tuple[int, int]:
    sizes = (*one.sizes, 0)
    return (sizes[0] or _DIGITS_OF_DECIMAL, sizes[1]) if one.sizes else (_DIGITS_OF_DECIMAL, 0)


def _floats(old: Type, new: Type) -> str:
    if old.name != "float" and new.name == "float":
        return "it is less exact"
    return "it holds no negative numbers" if new.unsigned and not old.unsigned else ""


def _lengths(old: Type, new: Type) -> str:
    return "it is shorter" if _length(new) < _length(old) else ""


def _length(one: Type) -> int:
    fixed = {**_TEXTS, **_BLOBS}.get(one.name)
    return fixed if fixed is not None else (one.sizes[0] if one.sizes else _LENGTH_OF_CHAR)


def _times(old: Type, new: Type) -> str:
    if old.name == "datetime" and new.name == "timestamp":
        return "it begins in 1970 and ends in 2038"
    if new.name == "time" and old.name != "time":
        return "it holds no day"
    return "it holds fewer parts of a second" if (*new.sizes, 0)[0] < (*old.sizes, 0)[0] else ""


def _integer_in_decimal(old: Type, new: Type) -> str:
    digits, scale = _precision(new)
    return "it holds fewer digits" if digits - scale < _DIGITS[old.name] else ""


def _integer_in_text(old: Type, new: Type) -> str:
    sign = 0 if old.unsigned else 1
    return "it is shorter than the longest number" if _length(new) < _DIGITS[old.name] + sign else ""


def _integer_in_float(old: Type, new: Type) -> str:
    exact = 3 if new.name == "float" else 6  # bytes that a mantissa of 24 or 53 bits holds
    return "it is less exact" if _INTEGERS[old.name] > exact else ""


def _always(reason: str) -> Callable[[Type, Type], str]:
    return lambda old, new: reason


_FAMILIES = {
    "integer": _INTEGERS,
    "decimal": ("decimal", "numeric", "dec", "fixed"),
    "float": ("float", "double", "real"),
    "text": ("char", "varchar", *_TEXTS),
    "bytes": ("binary", "varbinary", *_BLOBS),
    "time": _TIMES,
    "date": ("date",),
    "bit": ("bit",),
}
_WITHIN: Mapping[str, Callable[[Type, Type], str]] = {
    "integer": _integers,
    "decimal": _decimals,
    "float": _floats,
    "text": _lengths,
    "bytes": _lengths,
    "time": _times,
    "date": _always(""),
    "bit": _lengths,
    "": _always(""),
}
_ACROSS: Mapping[tuple[str, str], Callable[[Type, Type], str]] = {
    ("integer", "decimal"): _integer_in_decimal,
    ("integer", "text"): _integer_in_text,
    ("integer", "float"): _integer_in_float,
    ("decimal", "integer"): _always("it holds nothing behind the point"),
    ("decimal", "float"): _always("it is less exact"),
    ("float", "integer"): _always("it holds nothing behind the point"),
    ("float", "decimal"): _always("its range is smaller"),
    ("text", "integer"): _always("it holds only numbers"),
    ("text", "decimal"): _always("it holds only numbers"),
    ("text", "float"): _always("it holds only numbers"),
    ("text", "time"): _always("it holds only times"),
    ("text", "date"): _always("it holds only dates"),
    ("time", "date"): _always("it holds no time of the day"),
    ("time", "integer"): _always("it holds only numbers"),
    ("date", "integer"): _always("it holds only numbers"),
}
