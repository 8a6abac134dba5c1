"""`keep`: the value itself."""

from __future__ import annotations

from dbs.masking.interface import Mask, Place
from dbs.masking.maskers.rules import ALL, Kind, Options, masker


def _make(place: Place, options: Options, key: bytes) -> Mask:
    return lambda value, _row: value


MASKER = masker(Kind("keep", "the value itself, unmasked", ALL, "none", strength=0), _make)
