"""`ip`: another address of the same kind, IPv4 or IPv6, as text, as bytes or as a number; never twice the same."""

from __future__ import annotations

import socket
from collections.abc import Callable

from dbs.masking.interface import Mask, MaskingError, Place
from dbs.masking.maskers.classes import permuted_number, same_form, same_length
from dbs.masking.maskers.rules import Kind, Options, masker, refused
from dbs.masking.maskers.values import room, split_spaces
from dbs.masking.permutation import LARGE_TABLES, permutation

_LONGEST_4, _LONGEST_6 = 15, 39  # characters
_ALL_4 = 1 << 32


def _make(place: Place, options: Options, key: bytes) -> Mask:
    if place.kind == "number":
        return _of_numbers(place, key)
    if place.kind == "binary":
        return _of_bytes(key)
    if room(place) < _LONGEST_4:
        raise refused(place, f"{room(place)} characters are too few for an IP address. Write token.")
    return _of_texts(place, key)


def _of_texts(place: Place, key: bytes) -> Mask:
    otherwise, of_bytes = same_form(place, key), _of_bytes(key)
    short = room(place) < _LONGEST_6

    def mask(value: bytes, row: bytes) -> bytes | None:
        body, spaces = split_spaces(value)
        family = socket.AF_INET6 if b":" in body else socket.AF_INET
        try:
            packed = socket.inet_pton(family, body.decode("ascii"))
        except (OSError, ValueError):
            # No address, or more than one: letters for letters, digits for digits.
            return otherwise(value)
        new = socket.inet_ntop(family, of_bytes(packed, row) or b"").encode()
        if short and len(new) > room(place):
            return _shortened(place, otherwise, value)
        return new + spaces[: room(place) - len(new)] if spaces else new

    return mask


def _shortened(place: Place, otherwise: Callable[[bytes], bytes], value: bytes) -> bytes:
    """An IPv6 address whose stand-in is too long for the column: one that is as long as it."""
    if place.injective:
        raise MaskingError(
            f"{place.table}.{place.column} holds an IPv6 address and has {room(place)} characters: too few for another "
            f"one ({_LONGEST_6}). Write token for this column."
        )
    return otherwise(value)


def _of_bytes(key: bytes) -> Mask:
    four, sixteen = permutation(key, _ALL_4, LARGE_TABLES), permutation(key, 1 << 128)
    other = same_length(key)

    def mask(value: bytes, _row: bytes) -> bytes:
        if len(value) == 4:
            return four(int.from_bytes(value, "big")).to_bytes(4, "big")
        if len(value) == 16:
            return sixteen(int.from_bytes(value, "big")).to_bytes(16, "big")
        return other(value)

    return mask


def _of_numbers(place: Place, key: bytes) -> Mask:
    if place.data_type in {"float", "double"} or place.scale:
        raise refused(place, "ip is for whole numbers. Write number.")
    permuted = permutation(key, _ALL_4, LARGE_TABLES)
    least = 0 if place.least is None else place.least
    most = _ALL_4 - 1 if place.most is None else place.most

    def mask(value: bytes, _row: bytes) -> bytes:
        number = new = int(value)
        address, sign = 0 <= number < _ALL_4, -1 if number < 0 else 1
        while True:  # cycle walking: a number outside the type, or taken by the other kind, goes round again
            new = permuted(new) if address else sign * permuted_number(key, abs(new))
            if least <= new <= most and (0 <= new < _ALL_4) is address:
                return str(new).encode()

    return mask


MASKER = masker(
    Kind("ip", "another IPv4 or IPv6 address, never twice the same", ("text", "binary", "number"), "low", strength=60),
    _make,
)
