"""`phone`: the form and the first digits stay, the last ten digits are another number; never twice the same."""

from __future__ import annotations

import re

from dbs.masking.interface import Mask, Place
from dbs.masking.maskers.classes import permuted_digits, permuted_number, same_form
from dbs.masking.maskers.rules import Kind, Options, masker, refused

_LAST = 10  # digits: a national number, so that it is the same with a country's code in front and without
_MANY = 10**_LAST
_DIGITS = re.compile(r"[0-9]+")
_OTHER = re.compile(rb"[^0-9 ()+,./:;#*\t-]")
_WHOLE = {"float", "double"}


def _make(place: Place, options: Options, key: bytes) -> Mask:
    return _of_numbers(place, key) if place.kind == "number" else _of_texts(place, key)


def _of_texts(place: Place, key: bytes) -> Mask:
    otherwise = same_form(place, key)

    def mask(value: bytes, _row: bytes) -> bytes:
        # Words beside the number ("ask for Anna") are a person's as well.
        if _OTHER.search(value):
            return otherwise(value)
        text = value.decode("ascii")
        digits = text if text.isdigit() else "".join(_DIGITS.findall(text))
        if not digits:
            return value
        new = digits[:-_LAST] + permuted_digits(key, digits[-_LAST:])
        if len(digits) == len(text):
            return new.encode()
        return _filled(text, new).encode()

    return mask


def _filled(text: str, digits: str) -> str:
    at = 0

    def run(found: re.Match[str]) -> str:
        nonlocal at
        at += len(found[0])
        return digits[at - len(found[0]) : at]

    return _DIGITS.sub(run, text)


def _of_numbers(place: Place, key: bytes) -> Mask:
    if place.data_type in _WHOLE or place.scale:
        raise refused(place, "phone is for whole numbers. Write number.")
    least = place.least if place.least is not None else -(10**65)
    most = place.most if place.most is not None else 10**65

    def mask(value: bytes, _row: bytes) -> bytes:
        number = int(value)
        sign = -1 if number < 0 else 1
        leading, last = divmod(abs(number), _MANY)
        while True:  # cycle walking: a number outside the type goes round again
            last = _permuted(key, leading, last)
            # Minus nothing would be nothing: two values with one stand-in.
            new = sign * (leading * _MANY + last)
            if least <= new <= most and (new or sign > 0):
                return str(new).encode()

    return mask


def _permuted(key: bytes, leading: int, last: int) -> int:
    # With digits in front zeros may follow them, and they are kept as in texts.
    return int(permuted_digits(key, f"{last:0{_LAST}d}")) if leading else permuted_number(key, last)


MASKER = masker(
    Kind("phone", "the last ten digits become others, the form stays", ("text", "number"), "low", strength=60), _make
)
