"""Words that can be pronounced, one for each word: first name and full name agree, wherever they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from dbs.masking.keys import stream
from dbs.masking.maskers.values import DIGITS, decoded, like

_CONSONANTS = b"bdfghjklmnprstvw" * 16
_VOWELS = b"aeiouaeo" * 32
# Every character beyond Latin-1's and general punctuation counts as a letter.
_PART = re.compile(r"(?P<word>[A-Za-zÀ-\u1fff\u2c00-\U0010ffff]+)|(?P<digits>[0-9]+)|(?P<other>[\x80-¿\u2000-\u2bff]+)")
_REMEMBERED = 1 << 14  # words; a first name comes again and again
_LONGEST_REMEMBERED = 64  # characters
_LONGEST_HOUSE_NUMBER = 4  # digits; what has more does not come again and again


@lru_cache(maxsize=8)  # one for each masker: all its columns remember the same words
def word_by_word(key: bytes) -> Callable[[bytes], bytes]:
    """The function for columns of texts: as many characters, words for words, digits for digits, ASCII only."""

    def word(old: str) -> str:
        lower = old.lower()
        # Some capitals have a lower case of two characters; the length is that of the value.
        random, count = stream(key, lower.encode("utf-8", "surrogateescape"), len(old) + 1), len(old)
        new = bytearray(count)
        start = random[-1] & 1
        new[start::2] = random[start:count:2].translate(_CONSONANTS)
        new[1 - start :: 2] = random[1 - start : count : 2].translate(_VOWELS)
        return like(_capitals(old), bytes(new)).decode()

    def digits(old: str) -> str:
        return stream(key, old.encode(), len(old)).translate(DIGITS).decode()

    remembered = lru_cache(maxsize=_REMEMBERED)(word)
    remembered_digits = lru_cache(maxsize=_REMEMBERED)(digits)

    def part(found: re.Match[str]) -> str:
        old = found[0]
        if found.lastgroup == "word":
            return remembered(old) if len(old) <= _LONGEST_REMEMBERED else word(old)
        if found.lastgroup == "digits":
            return remembered_digits(old) if len(old) <= _LONGEST_HOUSE_NUMBER else digits(old)
        return "-" * len(old)

    def mask(value: bytes) -> bytes:
        return _PART.sub(part, decoded(value)).encode()

    return mask


def _capitals(old: str) -> bytes:
    if old.isascii():
        return old.encode()
    return bytes(65 if character.isupper() else 97 for character in old)
