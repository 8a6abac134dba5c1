"""Texts as bytes: how much room there is, what counts as equal, letters out of digests."""

from __future__ import annotations

import sys
import unicodedata
from binascii import b2a_base64
from string import ascii_lowercase, ascii_uppercase

from dbs.masking.interface import Place

LETTERS_BITS = 5
"""Of each of `letters`. (The likeliest are likelier: two random ones are equal once in 2^5.05.)"""
UNLIKELY_BITS = 64
"""From so many on, a collision among a million values has a chance of one in 10^7."""
DISTINCT_CHARACTERS = -(-UNLIKELY_BITS // LETTERS_BITS)
"""So many `letters` are different for different values."""

_BASE64 = (ascii_uppercase + "+/").encode()
_PLAIN = bytes.maketrans(_BASE64, (ascii_lowercase + "xy").encode())
DIGITS = bytes(48 + number % 10 for number in range(256))
"""Table for `bytes.translate`: random bytes to decimal digits. Those below 6 are likelier by 4 %."""
HEX_DIGITS = b"0123456789abcdef" * 16
"""The same for hexadecimal ones."""
LATIN = bytes(97 + number % 26 for number in range(256))
"""The same for lower-case letters."""


def room(place: Place) -> int:
    """How many ASCII characters surely fit into the column."""
    limits = [limit for limit in (place.characters, place.octets) if limit is not None]
    return min(limits, default=sys.maxsize)


def letters(digest: bytes, count: int) -> bytes:
    """Up to 4/3 as many letters and digits as the digest has bytes.

    base64 in lower case rather than base32, because the standard library writes base32 in Python: ten times slower.
    """
    return b2a_base64(digest, newline=False).translate(_PLAIN)[:count]


def decoded(value: bytes) -> str:
    """Text in UTF-8. What is none becomes characters that count as letters; composed (NFC), as most text is."""
    return unicodedata.normalize("NFC", value.decode("utf-8", "surrogateescape"))


def length(value: bytes) -> int:
    """Characters of a text."""
    return len(value) if value.isascii() else len(decoded(value))


def split_spaces(value: bytes) -> tuple[bytes, bytes]:
    """A text and its spaces at the end, which do not count in most comparisons.

    Stand-ins get them back: then they are equal under PAD SPACE and different under NO PAD, as the values were.
    """
    body = value.rstrip(b" ")
    return body, value[len(body) :]


def comparable(body: bytes, exact: bool) -> bytes:
    """The same bytes for texts that the column holds equal.

    Only what *every* case-insensitive collation holds equal is made equal: lower case and composed characters. Case
    folding and NFKC go further (ß = ss, ① = 1), which utf8mb4_general_ci tells apart: two rows of a unique index would
    get one stand-in, and the table could not be loaded.
    """
    if body.isascii():
        return body if exact else body.lower()
    return body if exact else decoded(body).lower().encode("utf-8", "surrogateescape")


def like(shape: bytes, lower: bytes) -> bytes:
    """Lower-case letters in the capitals of a word with as many ASCII letters."""
    if shape.islower():
        return lower
    if shape.isupper():
        return lower.upper()
    return bytes(new - 32 if 65 <= old <= 90 else new for old, new in zip(shape, lower, strict=True))
