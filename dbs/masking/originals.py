"""Remembering what must not come through, in little memory and without keeping it: a Bloom filter.

Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970. With n values in m bits and 4
probes a value that was never added is taken for one with probability (1 - e^(-4n/m))^4: for the default 2^28 bits
(32 MiB) 0.00003 at 5 million values, 0.004 at 20 million. So a hit is confirmed at the source before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable

DEFAULT_BITS = 28

LEAST_BYTES = 6
"""Shorter values are in every dump by chance."""


class Originals:
    """Values by their hashes. Python's own is fast, and keyed by PYTHONHASHSEED, which all workers of a run share."""

    def __init__(self, bits: int = DEFAULT_BITS, data: bytes | None = None) -> None:
        self._mask = (1 << bits) - 1
        self._data = bytearray(1 << bits - 3) if data is None else bytearray(data)
        self.values = 0

    def add(self, values: Iterable[bytes]) -> None:
        """Remember values, as `fold`ed."""
        data, mask = self._data, self._mask
        for value in values:
            first = hash(value)
            second = first >> 29 | 1
            for at in (first & mask, first + second & mask, first + 2 * second & mask, first + 3 * second & mask):
                data[at >> 3] |= 1 << (at & 7)
            self.values += 1

    def __contains__(self, value: bytes) -> bool:
        """Whether a `fold`ed value was added, or looks like it."""
        data, mask = self._data, self._mask
        first = hash(value)
        at = first & mask
        if not data[at >> 3] >> (at & 7) & 1:
            return False
        second = first >> 29 | 1
        return all(
            data[at >> 3] >> (at & 7) & 1
            for at in (first + second & mask, first + 2 * second & mask, first + 3 * second & mask)
        )

    def dump(self) -> bytes:
        """The filter as bytes."""
        return bytes(self._data)

    def merge(self, other: bytes) -> None:
        """Take over what another filter of the same size knows."""
        both = int.from_bytes(self._data, "little") | int.from_bytes(other, "little")
        self._data[:] = both.to_bytes(len(self._data), "little")


def fold(value: bytes) -> bytes:
    """How a value is remembered and looked for: without blanks around it, and upper case is lower case."""
    return value.strip().lower()
