"""Remembering what must not come through, in little memory and without keeping it: a Bloom filter.

Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970. Each value sets two bits in each
of two words, which takes half the time of four bits anywhere (Putze, Sanders, Singler, "Cache-, hash- and
space-efficient Bloom filters", 2007, call such filters blocked). A value that was never added is taken for one with a
probability of 0.00004 with 64 bits a value (measured). So a hit is confirmed at the source before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable

_LEAST_BITS, _MOST_BITS = 20, 28
"""128 KiB to 32 MiB. At the most, with 20 million values others are taken for them with a probability of 0.005."""
_BITS_A_VALUE = 64
_WORD_BITS = 32
_PAIRS = [1 << at | 1 << (at + apart) % _WORD_BITS for apart in range(1, 9) for at in range(_WORD_BITS)]
"""Two bits of a word, for each byte of a hash. Each bit is in as many pairs."""

LEAST_BYTES, LEAST_DIGITS = 8, 12
"""Shorter values are in every dump by chance; numbers are drawn from fewer characters."""


class Originals:
    """Values by their hashes. Python's own is fast, and keyed by PYTHONHASHSEED, which all workers of a run share."""

    def __init__(self, bits: int, data: bytearray | None = None) -> None:
        """`bits` is the binary logarithm of the size in bits; `data` is that of a filter of that size, not copied."""
        self._data = bytearray(1 << bits - 3) if data is None else data
        self._words = memoryview(self._data).cast("I")

    @classmethod
    def of(cls, data: bytearray) -> Originals:
        """The filter whose `data` these are; they are not copied."""
        return cls(len(data).bit_length() + 2, data)

    @property
    def data(self) -> bytearray:
        """The filter itself."""
        return self._data

    def add(self, values: Iterable[bytes]) -> None:
        """Remember values, as `fold`ed."""
        # Bits 0 to 22 and 24 to 46 of the hash say which words, the last two bytes which bits of them.
        words, mask, pairs = self._words, len(self._words) - 1, _PAIRS
        for one in map(hash, values):
            words[one & mask] |= pairs[one >> 48 & 255]
            words[one >> 24 & mask] |= pairs[one >> 56 & 255]

    def among(self, values: Iterable[bytes]) -> set[bytes]:
        """Those of the `fold`ed values that were added, or look like it."""
        words, mask, pairs = self._words, len(self._words) - 1, _PAIRS
        # One word sorts nearly all out, in a single pass without a call for each value.
        likely = [value for value in values if not pairs[(one := hash(value)) >> 48 & 255] & ~words[one & mask]]
        return {value for value in likely if not pairs[(one := hash(value)) >> 56 & 255] & ~words[one >> 24 & mask]}

    def merge(self, other: bytes | bytearray) -> None:
        """Take over what another filter of the same size knows."""
        for at in range(0, len(self._data), _MERGED_BYTES):
            there = slice(at, at + _MERGED_BYTES)
            both = int.from_bytes(self._data[there], "little") | int.from_bytes(other[there], "little")
            self._data[there] = both.to_bytes(len(self._data[there]), "little")


_MERGED_BYTES = 2**16


def bits_for(values: int) -> int:
    """The `bits` of a filter for about so many values."""
    return min(max((values * _BITS_A_VALUE).bit_length(), _LEAST_BITS), _MOST_BITS)


def fold(value: bytes) -> bytes:
    """How a value is remembered and looked for: without blanks around it, and upper case is lower case."""
    return value.strip().lower()
