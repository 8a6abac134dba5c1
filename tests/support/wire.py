"""Rows as a server sends them, made by hand, and the rows that come out of a dump's text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dbs.mysql.packets import LONGEST

Row = Sequence[bytes | None]
END = (5).to_bytes(3, "little") + b"\0\xfe\0\0\0\0"
"""An end packet as servers without CLIENT_DEPRECATE_EOF send it."""


def packets(rows: Iterable[Row]) -> bytes:
    """The packets of some rows."""
    return b"".join(packet(b"".join(map(field, row))) for row in rows)


def packet(payload: bytes) -> bytes:
    """One payload; what is too long for a packet goes on in the next, and an empty one ends it if need be."""
    parts = [payload[at : at + LONGEST] for at in range(0, len(payload) + 1, LONGEST)]
    return b"".join(len(part).to_bytes(3, "little") + bytes([at & 255]) + part for at, part in enumerate(parts))


def field(value: bytes | None) -> bytes:
    """A length-encoded text, or the byte for NULL."""
    if value is None:
        return b"\xfb"
    size = len(value)
    if size < 251:
        return bytes([size]) + value
    for mark, width in ((0xFC, 2), (0xFD, 3), (0xFE, 8)):
        if size < 1 << 8 * width:
            return bytes([mark]) + size.to_bytes(width, "little") + value
    raise ValueError("a field of more than 2^64 bytes")
