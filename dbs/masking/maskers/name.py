"""`name`: word by word, so that a first name in one column and the full name in another still agree."""

from __future__ import annotations

from dbs.masking.interface import Mask, Place
from dbs.masking.maskers.classes import same_form
from dbs.masking.maskers.rules import Kind, Options, masker
from dbs.masking.maskers.words import word_by_word


def _make(place: Place, options: Options, key: bytes) -> Mask:
    # Words collide (there are about a million of six letters); where they must not, letters are permuted instead.
    stand_in = same_form(place, key) if place.injective else word_by_word(key)

    def mask(value: bytes, _row: bytes) -> bytes:
        return stand_in(value)

    return mask


MASKER = masker(
    Kind("name", "words of as many letters; a unique column: letters for letters", ("text",), "low", strength=60), _make
)
