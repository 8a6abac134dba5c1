"""`hash`: as many characters of the same kind: digits for digits, hexadecimal for hexadecimal, else letters and digits.

Of ENUM and SET the choices are exchanged for one another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from dbs.masking.interface import Mask, Place
from dbs.masking.keys import stream
from dbs.masking.maskers.classes import same_form, same_length
from dbs.masking.maskers.rules import Kind, Options, masker
from dbs.masking.maskers.values import DIGITS, HEX_DIGITS, comparable, letters, split_spaces
from dbs.masking.permutation import LARGE_TABLES, permutation

_HEX = re.compile(rb"[0-9a-f]+|[0-9A-F]+")
_SHORT = 20  # characters: longer ones have 66 bits at least, and need no permutation to be different


def _make(place: Place, options: Options, key: bytes) -> Mask:
    if place.choices:
        return _of_choices(place, key)
    if place.kind == "binary":
        of_bytes = same_length(key)
        return lambda value, _row: of_bytes(value)
    other = partial(_other, same_form(place, key), key, place.exact)

    def mask(value: bytes, _row: bytes) -> bytes:
        body, spaces = split_spaces(value)
        return _stand_in(key, place.exact, other, body) + spaces if body else value

    return mask


def _stand_in(key: bytes, exact: bool, other: Callable[[bytes], bytes], body: bytes) -> bytes:
    # Where case counts, mixed hexadecimal is no hexadecimal: its capitals must tell it from the rest.
    kind = body if exact else body.lower()
    if kind.isdigit():
        return _number(key, body, 10)
    if _HEX.fullmatch(kind):
        new = _number(key, body.lower(), 16)
        return new.upper() if body.isupper() else new
    return other(body)


def _number(key: bytes, body: bytes, base: int) -> bytes:
    count = len(body)
    if count > _SHORT:
        return stream(key, body, count).translate(DIGITS if base == 10 else HEX_DIGITS)
    if base == 10:
        return b"%0*d" % (count, permutation(key, 10**count, LARGE_TABLES)(int(body)))
    permuted, new = permutation(key, 16**count), body
    while True:  # cycle walking: what has no letter would be taken for a stand-in of digits
        new = b"%0*x" % (count, permuted(int(new, 16)))
        if not new.isdigit():
            return new


def _other(form: Callable[[bytes], bytes], key: bytes, exact: bool, body: bytes) -> bytes:
    if len(body) <= _SHORT or not body.isascii():
        new = form(body)
        while body.isascii() and _HEX.fullmatch(new if exact else new.lower()) and not _HEX.fullmatch(body):
            new = form(new)
        return new
    seed = comparable(body, exact)
    return letters(stream(key, seed, len(body)), len(body))


def _of_choices(place: Place, key: bytes) -> Mask:
    """ENUM: a permutation of the choices. SET: of its members, in the order in which the type lists them."""
    names = [choice.encode() for choice in place.choices]
    permuted = permutation(key, len(names))
    exchanged = {comparable(name, place.exact): permuted(index) for index, name in enumerate(names)}

    def mask(value: bytes, _row: bytes) -> bytes:
        members = value.split(b",") if place.data_type == "set" else [value]
        if not value:
            return value
        return b",".join(
            names[index] for index in sorted({exchanged.get(comparable(member, place.exact), 0) for member in members})
        )

    return mask


MASKER = masker(
    Kind("hash", "as many characters of the same kind; another choice of ENUM, SET", ("text", "binary"), "high", 80),
    _make,
)
