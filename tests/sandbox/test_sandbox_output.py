"""What is kept and shown of output that nobody trusts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.sandbox.output import Kept, cleaned

PIECES = st.lists(st.binary(max_size=60), max_size=30)


@given(st.text() | st.text(st.sampled_from("\x1b[]m0;1\x07\\\r\n\tPX^_ab\u202e\u2028\x9b")))
def test_nothing_that_steers_is_left(text: str) -> None:
    shown = cleaned(text)
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp") for c in shown)
    assert cleaned(shown) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("ümlaut ☃ 漢字", "ümlaut ☃ 漢字"),
        ("10 %\r20 %\r\n", "10 %\n20 %\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("\x1b]never ends\nnext line", "\nnext line"),
        ("a\x00\x08b\u202ec\u200b", "abc"),
    ],
)
def test_how_it_is_cleaned(written: str, shown: str) -> None:
    assert cleaned(written) == shown


@given(PIECES, st.integers(min_value=2, max_value=100))
def test_the_beginning_and_the_end_are_kept_in_bounds(pieces: list[bytes], limit: int) -> None:
    kept = Kept(limit)
    for piece in pieces:
        kept.add(piece.replace(b"\r", b"x"))
    whole = b"".join(pieces).replace(b"\r", b"x")
    assert kept.bytes == len(whole)
    if len(whole) <= 2 * (limit // 2):
        assert kept.text() == cleaned(whole.decode(errors="replace"))
    else:
        assert f"{len(whole) - 2 * (limit // 2):,} bytes left out" in kept.text()
        assert len(kept.text()) <= limit + 60


@given(PIECES)
def test_what_is_shown_as_it_comes_is_what_was_written(pieces: list[bytes]) -> None:
    """Up to escape sequences that reach over the end of a line, which are none."""
    kept = Kept(10_000)
    shown = "".join([*(kept.add(piece.replace(b"\r", b"x")) for piece in pieces), kept.end()])
    assert shown == cleaned(b"".join(pieces).replace(b"\r", b"x").decode(errors="replace"))


def test_a_line_without_an_end_is_shown_before_it_fills_the_memory() -> None:
    kept = Kept(100)
    assert "".join(kept.add(b"x" * 40) for _ in range(10)) != ""
