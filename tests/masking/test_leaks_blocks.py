"""The search through a dump holds a few megabytes of it at a time, however well it was compressed."""

from __future__ import annotations

from pathlib import Path

from dbs.masking import leaks
from dbs.zstd import compress


def test_blocks_are_small_and_lose_nothing(tmp_path: Path) -> None:
    """64 MB of text in a few kilobytes of file, as a column of zeros is."""
    line = b"(1,'" + b"0" * 1000 + b"'),\n"
    text = line * (64 * 2**20 // len(line))
    file = tmp_path / "frame"
    file.write_bytes(b"before" + compress(text) + b"behind")
    size = file.stat().st_size - len(b"beforebehind")
    blocks = list(leaks._lines(file, len(b"before"), size))
    assert size < 2**20 and max(map(len, blocks)) <= leaks._TEXT_BYTES + len(line)
    assert all(block.endswith(b"\n") for block in blocks if block)
    assert b"".join(blocks) == text
