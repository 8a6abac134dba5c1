"""`null`: nothing. A column that must hold something holds an empty text or 0."""

from __future__ import annotations

from dbs.masking.interface import Mask, Place
from dbs.masking.maskers.rules import ALL, FORMED, Kind, Options, masker, refused

_EMPTY = {"text": b"", "binary": b"", "number": b"0"}


def _make(place: Place, options: Options, key: bytes) -> Mask:
    if place.nullable:
        return lambda _value, _row: None
    if place.injective:
        raise refused(place, "it is unique and NOT NULL: it cannot be emptied. Write token, hash or number.")
    empty = _EMPTY.get(place.kind)
    if empty is None or place.choices or place.data_type in FORMED:
        raise refused(place, f"it is NOT NULL, and {place.data_type} has no empty value. Write constant with a value.")
    if place.kind == "number" and ((place.least or 0) > 0 or (place.most or 0) < 0):
        raise refused(place, "it is NOT NULL and cannot be 0. Write constant with a value.")
    return lambda _value, _row: empty


MASKER = masker(Kind("null", "NULL; where the column must hold something, empty text or 0", ALL, "none", 100), _make)
