"""`number`: noise, ten percent up or down; a unique column: another number with as many digits.

Decimals are counted in units of the last place, as whole numbers: DECIMAL(65,30) loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dbs.masking.interface import Mask, MaskingError, Place
from dbs.masking.keys import digester
from dbs.masking.maskers.classes import permuted_number
from dbs.masking.maskers.rules import Kind, Options, masker, refused
from dbs.masking.permutation import permutation

_NUMBER = re.compile(rb"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?")
_PERCENT, _PARTS = 10, 10_000  # of a percent a hundred parts
_FEWEST_DIGITS = 4  # of a number with an exponent, so that noise of a tenth shows in it
_LARGEST_EXPONENT = {"float": 37, "double": 307}  # from there on only downwards


def _make(place: Place, options: Options, key: bytes) -> Mask:
    percent = options.get("percent", _PERCENT)
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 < percent <= 100:
        raise refused(place, "percent is a number above 0, and at most 100.")
    if not place.injective:
        return _of_digits(place, _noise(key, max(1, round(percent * 100))))
    if place.data_type in _LARGEST_EXPONENT:
        raise refused(place, f"{place.data_type} in a unique column cannot be masked as a number. Write keep.")
    return _of_digits(place, _permuted(key))


Change = Callable[[int, bool, int, bool], int]
"""(units, negative, greatest units, only smaller) → other units, from 0 to the greatest."""


def _noise(key: bytes, parts: int) -> Change:
    digest = digester(key, 8)

    def change(units: int, negative: bool, most: int, smaller: bool) -> int:
        if not units:
            return 0
        random = int.from_bytes(digest(b"%d" % (-units if negative else units)), "big")
        delta = 1 + ((random >> 1) * (units * parts // _PARTS) >> 63)
        upwards = random & 1 and not smaller
        # The sign stays, and 0 has none; the type's range as well.
        if (upwards and units + delta <= most) or delta >= units:
            return min(units + delta, most)
        return units - delta

    return change


def _permuted(key: bytes) -> Change:
    def change(units: int, negative: bool, most: int, smaller: bool) -> int:
        while True:  # cycle walking: a number outside the type goes round again
            # Minus 0 is 0, so -1 … -9 are nine numbers and 0 … 9 are ten.
            single = negative and units < 10
            units = 1 + permutation(key, 9)(units - 1) if single else permuted_number(key, units)
            if units <= most:
                return units

    return change


def _of_digits(place: Place, change: Change) -> Mask:
    largest = _LARGEST_EXPONENT.get(place.data_type, 0)

    def mask(value: bytes, _row: bytes) -> bytes:
        found = _NUMBER.fullmatch(value)
        if not found or not (found[2] or found[3]):
            raise MaskingError(f"{place.table}.{place.column} holds something that is no number; write text for it.")
        sign, whole, decimals, exponent = found[1], found[2], found[3] or b"", found[4]
        if exponent is not None:
            decimals = decimals.ljust(_FEWEST_DIGITS, b"0")
        scale = len(decimals)
        negative = sign == b"-"
        most = _most(place, negative, scale) if exponent is None else 10 ** (scale + 2)
        smaller = bool(largest) and len(whole) + int(exponent or 0) > largest
        digits = b"%0*d" % (scale + 1, change(int(whole + decimals), negative, most, smaller))
        text = (b"-" if negative else b"") + digits[: len(digits) - scale]
        text += b"." + digits[len(digits) - scale :] if scale else b""
        return text + b"e" + exponent if exponent is not None else text

    return mask


def _most(place: Place, negative: bool, scale: int) -> int:
    """The type's limit on this side, in units; none, one that no number reaches."""
    limit = place.least if negative else place.most
    if limit is None or place.data_type in _LARGEST_EXPONENT:
        return int(10 ** (400 + scale))
    # A DECIMAL goes up to its last decimal: 999.99 when `most` is 999.
    unit: int = 10**scale
    return abs(limit) * unit + unit - 1


MASKER = masker(
    Kind(
        "number",
        "ten percent up or down; a unique column: another number of as many digits",
        ("number",),
        "low",
        strength=20,
        options=("percent",),
    ),
    _make,
)
