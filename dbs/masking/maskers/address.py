"""`address`: streets, places, postcodes: words as in `name`, digits for digits, as many characters."""

from __future__ import annotations

from dbs.masking.interface import Mask, Place
from dbs.masking.maskers.classes import same_form
from dbs.masking.maskers.rules import Kind, Options, masker
from dbs.masking.maskers.words import word_by_word


def _make(place: Place, options: Options, key: bytes) -> Mask:
    stand_in = same_form(place, key) if place.injective else word_by_word(key)

    def mask(value: bytes, _row: bytes) -> bytes:
        return stand_in(value)

    return mask


MASKER = masker(Kind("address", "words of as many letters, digits for digits", ("text",), "low", strength=60), _make)
