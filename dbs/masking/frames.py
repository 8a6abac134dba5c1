"""How the masking processes are spoken to: frames of an operation, a number and a payload, over pipes."""

from __future__ import annotations

from struct import Struct
from typing import IO

_HEADER = Struct("<cIQ")

SETUP, BLOCK, FINISH, WANTED, SEARCH_FOR, SEARCH = b"S", b"B", b"F", b"W", b"O", b"L"
"""To a worker: plans and key; a block of rows; give the figures; shapes to search for; originals; search a frame."""
TEXT, WIDE, COUNT, END, FACTS, ORIGINALS, TROUBLE = b"T", b"W", b"C", b"E", b"J", b"O", b"X"
"""From a worker: rows as SQL; a row too wide for one statement; how many; end of answers; figures; filter; error."""


def send(pipe: IO[bytes], operation: bytes, number: int = 0, payload: bytes | bytearray = b"") -> None:
    """Write one frame. Raises `BrokenPipeError` when the other side is gone."""
    pipe.write(_HEADER.pack(operation, number, len(payload)))
    pipe.write(payload)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[bytes, int, bytearray] | None:
    """The next frame; None when the other side has gone."""
    header = pipe.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    operation, number, size = _HEADER.unpack(header)
    payload = bytearray(size)  # read in place: a frame may be a row of 16 MB
    view, got = memoryview(payload), 0
    while got < size:
        count = pipe.readinto(view[got:])  # type: ignore[attr-defined]  # all our pipes are buffered readers
        if not count:
            return None
        got += count
    return operation, number, payload
