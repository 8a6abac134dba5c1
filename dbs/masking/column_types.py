"""The figures that the data dictionary has of a column, worked out from its type as it is written."""

from __future__ import annotations

import re

from dbs.masking.places import choices
from dbs.mysql.schema import BINARY_TYPES, DATE_TYPES, NUMBER_TYPES, TEXT_TYPES, Column

# https://dev.mysql.com/doc/refman/8.4/en/charset-charsets.html (Maxlen); the others have one byte for a character.
_MOST_BYTES = {
    "utf8mb4": 4,
    "utf8mb3": 3,
    "utf16": 4,
    "utf16le": 4,
    "utf32": 4,
    "gb18030": 4,
    "ucs2": 2,
    "sjis": 2,
    "cp932": 2,
    "gbk": 2,
    "gb2312": 2,
    "big5": 2,
    "euckr": 2,
    "ujis": 3,
    "eucjpms": 3,
}
_LEAST_BYTES = {"ucs2": 2, "utf16": 2, "utf16le": 2, "utf32": 4}
_UNKNOWN_CHARSET = "utf8mb4"
"""Where a dump was made without table options: stand-ins are ASCII, which every character set takes."""
_LENGTHS = {"tiny": 2**8 - 1, "": 2**16 - 1, "medium": 2**24 - 1, "long": 2**32 - 1}
_LONG = re.compile(r"(tiny|medium|long|)(text|blob)")
_DIGITS = {"tinyint": 3, "smallint": 5, "mediumint": 7, "int": 10, "bigint": 19}
_FLOAT_DIGITS = {"float": 12, "double": 22}
_OTHERS = frozenset({"time", "inet4", "inet6", "uuid", "vector"})
_KNOWN = BINARY_TYPES | TEXT_TYPES | NUMBER_TYPES | DATE_TYPES | _OTHERS


def charset_of(charset: str | None, collation: str | None) -> str | None:
    """The character set by its newer name; that of a collation is the beginning of its name."""
    found = charset or (collation.partition("_")[0] if collation else None)
    return "utf8mb3" if found is not None and found.lower() == "utf8" else found


def column_of(
    name: str, type_name: str, arguments: list[str], words: list[str], charset: str | None, collation: str | None
) -> Column:
    """A column without its attributes. `arguments` are the tokens in the brackets behind the type.

    Raises `ValueError` for a type that is not known.
    """
    if type_name not in _KNOWN:
        raise ValueError("no such type")
    whole = type_name + (f"({''.join(arguments)})" if arguments else "")
    text = type_name in TEXT_TYPES and type_name != "json"
    own_charset = charset or _UNKNOWN_CHARSET
    characters, octets = _lengths(type_name, arguments, whole, own_charset if text else "")
    digits, scale = _precision(type_name, arguments, "unsigned" in words)
    return Column(
        name=name,
        data_type=type_name,
        column_type=" ".join([whole, *words]).lower(),
        nullable=True,
        has_default=False,
        charset=own_charset if text else None,
        collation=collation if text else None,
        characters=characters,
        octets=octets,
        digits=digits,
        scale=scale,
        generated="",
    )


def _lengths(type_name: str, arguments: list[str], whole: str, charset: str) -> tuple[int | None, int | None]:
    """Characters and bytes of the longest value."""
    long = _LONG.fullmatch(type_name)
    if long:
        return _LENGTHS[long[1]] // _LEAST_BYTES.get(charset, 1), _LENGTHS[long[1]]
    if type_name in ("char", "varchar", "binary", "varbinary"):
        length = int(arguments[0]) if arguments else 1
    elif type_name == "enum":
        length = max(map(len, choices(whole)))
    elif type_name == "set":
        members = choices(whole)
        length = sum(map(len, members)) + len(members) - 1
    else:
        return None, None
    return length, length * _MOST_BYTES.get(charset, 1)


def _precision(type_name: str, arguments: list[str], unsigned: bool) -> tuple[int | None, int | None]:
    """Digits and those behind the point; of BIT, its bits."""
    numbers = [int(one) for one in arguments if one.isdigit()]
    if type_name in _DIGITS:
        return _DIGITS[type_name] + (unsigned and type_name == "bigint"), 0
    if type_name == "decimal":
        return (numbers[0] if numbers else 10), (numbers[1] if len(numbers) > 1 else 0)
    if type_name in _FLOAT_DIGITS:
        return (numbers[0], numbers[1]) if len(numbers) > 1 else (_FLOAT_DIGITS[type_name], None)
    if type_name == "bit":
        return (numbers[0] if numbers else 1), None
    return None, None
