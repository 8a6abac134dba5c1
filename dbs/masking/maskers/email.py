"""`email`: an address that nobody can have. `.test` is reserved (RFC 2606), so no message ever arrives."""

from __future__ import annotations

from dbs.masking.interface import Mask, Place
from dbs.masking.keys import digester
from dbs.masking.maskers.rules import Kind, Options, masker, refused
from dbs.masking.maskers.values import DISTINCT_CHARACTERS, comparable, length, letters, room, split_spaces

DOMAIN = b"x.test"
_TAIL = b"@" + DOMAIN
_LOCAL = 16  # characters, 80 bits: a collision among 10^9 addresses has a chance of one in a million
_LEAST = _LOCAL + len(_TAIL)
_SPACE = 0x20
_LONGEST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
_LABEL = b"y" * 31 + b"."


def _make(place: Place, options: Options, key: bytes) -> Mask:
    fits = room(place)
    if place.injective and fits < DISTINCT_CHARACTERS + len(_TAIL):
        raise refused(
            place,
            f"a unique column of {fits} characters is too short for e-mail addresses that never collide "
            f"({DISTINCT_CHARACTERS + len(_TAIL)} are enough). Write token.",
        )
    digest = digester(key, 48)
    exact, most = place.exact, min(fits, _LONGEST_LOCAL + len(_TAIL))

    def mask(value: bytes, _row: bytes) -> bytes:
        characters = len(value)
        if _LEAST <= characters <= most and value.isascii() and value[-1] != _SPACE:
            # As below, without a call for each step: nearly all addresses are like this.
            return letters(digest(value if exact else value.lower()), characters - len(_TAIL)) + _TAIL
        body, spaces = split_spaces(value)
        if not body:
            return value
        wanted = max(length(body), _LEAST)
        stand_in = _address(digest(comparable(body, exact)), min(wanted, fits))
        return stand_in + spaces[: fits - len(stand_in)] if spaces else stand_in

    return mask


def _address(digest: bytes, characters: int) -> bytes:
    local = characters - len(_TAIL)
    if local <= 0:
        return letters(digest, characters)
    if local <= _LONGEST_LOCAL:
        return letters(digest, local) + _TAIL
    return letters(digest, _LONGEST_LOCAL) + b"@" + _labels(local - _LONGEST_LOCAL) + DOMAIN


def _labels(characters: int) -> bytes:
    """So many characters of further labels, the dot at the end included; a single one has no place."""
    if characters < 2:
        return b""
    text = (_LABEL * (characters // len(_LABEL) + 1))[: characters - 1]
    return (text[:-1] + b"y." if text.endswith(b".") else text + b".") if text else b""


MASKER = masker(
    Kind("email", "an address under .test, which nobody can have", ("text",), entropy="high", strength=80), _make
)
