"""Blocks of rows off the line: however the server cuts them, each row comes once, whole and in order."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.mysql.interface import DatabaseError
from dbs.mysql.packets import parse
from dbs.mysql.rows import BLOCK_BYTES, _blocks

_END = b"\x05\x00\x00\x01\xfe\x00\x00\x02\x00"


@dataclass
class Line:
    """What the server sends, in pieces of these sizes, over and over."""

    text: bytes
    sizes: list[int]
    at: int = 0
    turn: int = 0

    def read1(self, most: int) -> bytes:
        """The next piece, empty at the end."""
        size = min(self.sizes[self.turn % len(self.sizes)], most)
        self.turn += 1
        return self.read(size)

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        piece = self.text[self.at : self.at + size]
        self.at += len(piece)
        return piece


def _row(value: bytes) -> bytes:
    payload = b"\xfd" + len(value).to_bytes(3, "little") + value
    return len(payload).to_bytes(3, "little") + b"\x01" + payload


def _read(text: bytes, sizes: list[int]) -> list[bytes]:
    connection: Any = SimpleNamespace(_rfile=Line(text, sizes))
    return list(_blocks(connection))


@given(
    lengths=st.lists(st.sampled_from([0, 1, 30, 5_000, 140_000, 300_000]), max_size=12),
    sizes=st.lists(st.sampled_from([1_000, 16_384, 20_000, 100_000, BLOCK_BYTES]), min_size=1, max_size=4),
)
def test_however_it_is_cut_the_rows_are_the_same(lengths: list[int], sizes: list[int]) -> None:
    values = [b"%d" % number + b"x" * length for number, length in enumerate(lengths)]
    blocks = _read(b"".join(map(_row, values)) + _END, sizes)
    assert [value for block in blocks for value in parse(block, 1)] == values
    assert all(blocks)


def test_small_pieces_become_large_blocks() -> None:
    rows = b"".join(_row(b"%06d" % number) for number in range(60_000))
    blocks = _read(rows + _END, [16_384])
    assert b"".join(blocks) == rows
    assert all(len(block) >= 128 * 1024 for block in blocks[:-1])


def test_a_line_that_breaks_off_is_an_error() -> None:
    with pytest.raises(DatabaseError):
        _read(_row(b"one") + _row(b"two")[:-1], [16_384])
