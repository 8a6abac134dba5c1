"""Remembering what must not come through, in little memory and without keeping it: a Bloom filter.

Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970. With n values in m bits and 4
probes a value that was never added is taken for one with probability (1 - e^(-4n/m))^4: 0.00001 with 64 bits a value.
So a hit is confirmed at the source before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable

_LEAST_BITS, _MOST_BITS = 20, 28
"""128 KiB to 32 MiB. At the most, 20 million values are taken for others with a probability of 0.004."""
_BITS_A_VALUE = 64
_STEPS = range(3)

LEAST_BYTES, LEAST_DIGITS = 8, 12
"""Shorter values are in every dump by chance; numbers are drawn from fewer characters."""


class Originals:
    """Values by their hashes. Python's own is fast, and keyed by PYTHONHASHSEED, which all workers of a run share."""

    def __init__(self, bits: int) -> None:
        """`bits` is the binary logarithm of the size in bits."""
        self._mask = (1 << bits) - 1
        self._data = bytearray(1 << bits - 3)

    @classmethod
    def of(cls, data: bytearray) -> Originals:
        """The filter whose `data` these are; they are not copied."""
        found = cls(_LEAST_BITS)
        found._data, found._mask = data, 8 * len(data) - 1
        return found

    @property
    def data(self) -> bytearray:
        """The filter itself."""
        return self._data

    def add(self, values: Iterable[bytes]) -> None:
        """Remember values, as `fold`ed."""
        data, mask = self._data, self._mask
        for first in map(hash, values):
            at, step = first & mask, (first >> 29 | 1) & mask
            data[at >> 3] |= 1 << (at & 7)
            for _ in _STEPS:
                at = at + step & mask
                data[at >> 3] |= 1 << (at & 7)

    def among(self, values: Iterable[bytes]) -> set[bytes]:
        """Those of the `fold`ed values that were added, or look like it."""
        data, mask = self._data, self._mask
        # One probe sorts nearly all out, in a single pass without a call for each value.
        likely = [value for value in values if data[(at := hash(value) & mask) >> 3] >> (at & 7) & 1]
        return {value for value in likely if self._probed(value)}

    def _probed(self, value: bytes) -> bool:
        data, mask = self._data, self._mask
        first = hash(value)
        step = (first >> 29 | 1) & mask
        probes = (first + step & mask, first + 2 * step & mask, first + 3 * step & mask)
        return all(data[at >> 3] >> (at & 7) & 1 for at in probes)

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
