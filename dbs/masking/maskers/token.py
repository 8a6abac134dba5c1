"""`token`: a letter for a letter, a digit for a digit, the rest as it is; a UUID stays one of its version."""

from __future__ import annotations

import re

from dbs.masking.interface import Mask, Place
from dbs.masking.maskers.classes import same_form, same_length
from dbs.masking.maskers.rules import Kind, Options, masker
from dbs.masking.permutation import permutation

_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_VERSION, _VARIANT = 12, 16  # places of the digits that say which kind of UUID it is (RFC 9562, 4)
_FREE_DIGITS = 30


def _make(place: Place, options: Options, key: bytes) -> Mask:
    if place.kind == "binary":
        of_bytes = same_length(key)
        return lambda value, _row: of_bytes(value)
    of_text = same_form(place, key)
    permuted = permutation(key, 16**_FREE_DIGITS)

    def uuid(value: bytes) -> bytes:
        old = value.replace(b"-", b"").lower()
        free = old[:_VERSION] + old[_VERSION + 1 : _VARIANT] + old[_VARIANT + 1 :]
        new = b"%0*x" % (_FREE_DIGITS, permuted(int(free, 16)))
        a, b, c = new[:8], new[8:12], old[_VERSION : _VERSION + 1] + new[12:15]
        d, e = old[_VARIANT : _VARIANT + 1] + new[15:18], new[18:]
        return b"-".join((a, b, c, d, e))

    def mask(value: bytes, _row: bytes) -> bytes:
        if len(value) == 36 and _UUID.fullmatch(value):
            new = uuid(value)
            return new.upper() if value.isupper() else new
        return of_text(value)

    return mask


MASKER = masker(
    Kind("token", "letters for letters, digits for digits, never twice the same", ("text", "binary"), "high", 70), _make
)
