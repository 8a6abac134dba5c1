"""Stand-ins of the same form: a letter for a letter, a digit for a digit, everything else as it is.

Different values have different stand-ins: up to 64 letters and digits are one number, which is permuted; of longer ones
a collision is less likely than a broken disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dbs.masking.interface import Place
from dbs.masking.keys import digester, stream
from dbs.masking.maskers.values import (
    DIGITS,
    DISTINCT_CHARACTERS,
    LATIN,
    comparable,
    decoded,
    letters,
    like,
    room,
    split_spaces,
)
from dbs.masking.permutation import LARGE_TABLES, permutation

_LONGEST = 64
_LONGEST_BYTES = 8
_RUN = re.compile(rb"[A-Za-z]+|[0-9]+")
_ALL = bytes(range(256))
_NO_LETTERS = _ALL.translate(None, bytes(range(97, 123)))
_NO_DIGITS = _ALL.translate(None, bytes(range(48, 58)))
_TO_26 = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz", b"0123456789abcdefghijklmnop")
_LETTER = b"abcdefghijklmnopqrstuvwxyz"


def same_form(place: Place, key: bytes) -> Callable[[bytes], bytes]:
    """The function for a column of texts.

    A value with other letters than a to z has no stand-in in ASCII of the same form: it gets letters and digits, as
    many as it has characters; in a unique column as many as make it unique, if there is room for them.
    """
    digest, fits = digester(key, 48), room(place)

    def mask(value: bytes) -> bytes:
        if value.isascii():
            return _permuted(key, value)
        body, spaces = split_spaces(value)
        count = len(decoded(body))
        if place.injective:
            count = min(max(count, DISTINCT_CHARACTERS), fits)
        seed = comparable(body, place.exact)
        new = letters(digest(seed) if count <= _LONGEST else stream(key, seed, count), count)
        return new + spaces[: fits - count]

    return mask


def same_length(key: bytes) -> Callable[[bytes], bytes]:
    """The function for a column of bytes: as many others. Up to eight are permuted."""

    def mask(value: bytes) -> bytes:
        count = len(value)
        if count > _LONGEST_BYTES or not count:
            return stream(key, value, count)
        number = permutation(key, 256**count)(int.from_bytes(value, "big"))
        return number.to_bytes(count, "big")

    return mask


def permuted_digits(key: bytes, digits: str) -> str:
    """As many digits, and as many zeros in front: the same number is masked alike with zeros in front and without."""
    zeros = min(len(digits) - len(digits.lstrip("0")), len(digits) - 1)
    return "0" * zeros + str(permuted_number(key, int(digits)))


def permuted_number(key: bytes, number: int) -> int:
    """Another number (0 or more) with as many digits."""
    if number < 10:
        return permutation(key, 10)(number)
    least: int = 10 ** (len(str(number)) - 1)
    return least + permutation(key, 9 * least, LARGE_TABLES)(number - least)


def _permuted(key: bytes, value: bytes) -> bytes:
    lower = value.lower()
    alphabetic, decimal = lower.translate(None, _NO_LETTERS), lower.translate(None, _NO_DIGITS)
    count = len(alphabetic) + len(decimal)
    if not count:
        return value
    if count > _LONGEST:
        random = stream(key, split_spaces(lower)[0], count)
        return _filled(value, random[: len(alphabetic)].translate(LATIN), random[len(alphabetic) :].translate(DIGITS))
    decimals = 10 ** len(decimal)
    number = int(alphabetic.translate(_TO_26) or b"0", 26) * decimals + int(decimal or b"0")
    high, low = divmod(permutation(key, 26 ** len(alphabetic) * decimals)(number), decimals)
    return _filled(value, _base26(high, len(alphabetic)), b"%0*d" % (len(decimal), low))


def _base26(number: int, count: int) -> bytes:
    out = bytearray(count)
    for index in range(count - 1, -1, -1):
        number, digit = divmod(number, 26)
        out[index] = _LETTER[digit]
    return bytes(out)


def _filled(shape: bytes, alphabetic: bytes, decimal: bytes) -> bytes:
    """The letters and digits put where such ones are in `shape`."""
    letter = digit = 0

    def run(found: re.Match[bytes]) -> bytes:
        nonlocal letter, digit
        old = found[0]
        if old[0] < 58:  # below ":" are digits
            digit += len(old)
            return decimal[digit - len(old) : digit]
        letter += len(old)
        return like(old, alphabetic[letter - len(old) : letter])

    return _RUN.sub(run, shape)
