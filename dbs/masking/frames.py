"""How the masking processes are spoken to: frames of an operation, a number and a payload, over pipes."""

from __future__ import annotations

from struct import Struct
from typing import IO

_HEADER = Struct("<cIQ")

SETUP, BLOCK, FINISH, SEARCH_FOR, SEARCH = b"S", b"B", b"F", b"O", b"L"
"""To a worker: plans and key; a block of rows; give the figures; what to search for; search a frame of the dump."""
TEXT, WIDE, END, FACTS, ORIGINALS, TROUBLE = b"T", b"W", b"E", b"J", b"O", b"X"
"""From a worker: rows as SQL; the same of a row too wide for one statement; end of a block; figures; filter; error."""


def send(pipe: IO[bytes], operation: bytes, number: int = 0, payload: bytes = b"") -> None:
    """Write one frame. Raises `BrokenPipeError` when the other side is gone."""
    pipe.write(_HEADER.pack(operation, number, len(payload)))
    pipe.write(payload)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[bytes, int, bytes] | None:
    """The next frame; None when the other side has gone."""
    header = pipe.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    operation, number, size = _HEADER.unpack(header)
    payload = pipe.read(size)
    return (operation, number, payload) if len(payload) == size else None
