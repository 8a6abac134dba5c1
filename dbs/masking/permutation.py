"""Keyed permutations of 0 … size-1 for any size: different numbers get different stand-ins of the same kind.

Keyed hashes cut to nine digits collide (460 in a million, measured); a unique index would then refuse the row. Sources:

- J. Black, P. Rogaway: Ciphers with Arbitrary Finite Domains (CT-RSA 2002): the prefix cipher for small sizes, the
  generalised Feistel cipher over two moduli, and cycle walking for sizes that are no product.
- NIST SP 800-38G (FF1): ten rounds, the round function added to the other half by turns. FF1 asks for at least a
  million values, because permutations of fewer can be guessed from pairs; no method can change that.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from functools import lru_cache
from hashlib import shake_256
from math import isqrt
from typing import Protocol

_ROUNDS = 10  # as FF1
_SMALL = 4096  # up to here a list is quicker than rounds, and all are equally likely
_WORD_BITS = 32  # of a table's entries: a half has at most 17 bits, so that no value is likelier by more than 2^-15
_SPARE_BYTES = 16  # more than a half has: then the remainder is as good as evenly spread
FEW_TABLES = 4096
"""Halves of up to so many values are tables of random numbers (at most 164 kB in all)."""
LARGE_TABLES = 100_000
"""The same for sizes of which there are only a few, such as powers of ten (4 MB at 10^10, and 1.2 µs for a value)."""


class _Round(Protocol):
    def __getitem__(self, index: int, /) -> int: ...


class Permutation(Protocol):
    """A bijection of 0 … size-1. Numbers outside are a bug of the caller's."""

    def __call__(self, number: int) -> int:
        """The stand-in of a number."""
        ...

    def inverse(self, number: int) -> int:
        """The number that has this stand-in."""
        ...


@lru_cache(maxsize=256)  # at most 42 MB of small tables; columns with the same masker share them
def permutation(key: bytes, size: int, largest_table: int = FEW_TABLES) -> Permutation:
    """The permutation of 0 … size-1 under a key of 32 bytes.

    `largest_table` belongs to the key, as it were: another one gives another permutation. Raises `ValueError` for a
    size below 1.
    """
    if size < 1:
        raise ValueError(f"no permutation has {size} elements")
    return _Circle(key, size) if size <= _SMALL else _Feistel(key, size, largest_table)


class _Circle:
    """The numbers in a circle in the order of their keyed hashes; each is followed by its stand-in.

    That is the prefix cipher with one change: no number stands for itself (where there are two). Of three
    choices, a random permutation would leave all as they are under every sixth key.
    """

    def __init__(self, key: bytes, size: int) -> None:
        words = array("Q", _random(key, b"circle", size, 8 * size))
        if sys.byteorder == "big":
            words.byteswap()
        circle = sorted(range(size), key=words.__getitem__)
        self._forward, self._backward = [0] * size, [0] * size
        for number, stand_in in zip(circle, circle[1:] + circle[:1], strict=True):
            self._forward[number], self._backward[stand_in] = stand_in, number

    def __call__(self, number: int) -> int:
        return self._forward[number]

    def inverse(self, number: int) -> int:
        return self._backward[number]


class _Feistel:
    """Ten rounds over two halves of about the same size; whatever falls outside goes round again."""

    def __init__(self, key: bytes, size: int, largest_table: int) -> None:
        self._size = size
        self._left = isqrt(size - 1) + 1
        self._right = -(-size // self._left)
        make: Callable[[bytes, int, int, int], _Round]
        make = _table if self._left <= largest_table else _Computed
        self._rounds = tuple(
            (make(key, size, number, self._right), make(key, size, number + 1, self._left))
            for number in range(0, _ROUNDS, 2)
        )

    def __call__(self, number: int) -> int:
        a, b, rounds, size = self._left, self._right, self._rounds, self._size
        while True:
            left, right = divmod(number, b)
            for even, odd in rounds:
                left = (left + even[right]) % a
                right = (right + odd[left]) % b
            number = left * b + right
            if number < size:
                return number

    def inverse(self, number: int) -> int:
        a, b = self._left, self._right
        while True:
            left, right = divmod(number, b)
            for even, odd in reversed(self._rounds):
                right = (right - odd[left]) % b
                left = (left - even[right]) % a
            number = left * b + right
            if number < self._size:
                return number


class _Computed:
    """A round of a large permutation: computed anew for each number."""

    def __init__(self, key: bytes, size: int, number: int, inputs: int) -> None:
        self._state = shake_256(_prefix(key, b"round%d" % number, size))
        self._input = (inputs.bit_length() + 7) // 8
        # The other half is as large as this one, or larger by one.
        self._output = self._input + 1 + _SPARE_BYTES

    def __getitem__(self, index: int, /) -> int:
        state = self._state.copy()
        state.update(index.to_bytes(self._input, "big"))
        return int.from_bytes(state.digest(self._output), "big")


def _table(key: bytes, size: int, number: int, inputs: int) -> array[int]:
    """A round as a table, filled at once: no question "is it there?" for each value."""
    table = array("I", _random(key, b"round%d" % number, size, inputs * _WORD_BITS // 8))
    if sys.byteorder == "big":
        table.byteswap()
    return table


def _random(key: bytes, purpose: bytes, size: int, length: int) -> bytes:
    return shake_256(_prefix(key, purpose, size)).digest(length)


def _prefix(key: bytes, purpose: bytes, size: int) -> bytes:
    return key + b"permutation %s of %x:" % (purpose, size)
