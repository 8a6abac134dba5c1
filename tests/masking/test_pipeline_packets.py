"""Rows taken apart as they come from the wire, against an encoder of our own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.mysql.packets import HEADER_BYTES, LONGEST, parse, whole
from tests.support.maskers import PATIENT
from tests.support.wire import END, Row, packets

FIELDS = st.none() | st.binary(max_size=300)
ROWS = st.integers(1, 5).flatmap(lambda count: st.lists(st.tuples(*[FIELDS] * count), min_size=1, max_size=6))


@PATIENT
@given(ROWS)
def test_rows_come_back_as_they_were(rows: list[Row]) -> None:
    assert parse(packets(rows), len(rows[0])) == [value for row in rows for value in row]


@PATIENT
@given(ROWS, st.data())
def test_whole_rows_are_told_from_what_has_not_come_yet(rows: list[Row], data: st.DataObject) -> None:
    text = packets(rows)
    ends = [0]
    for row in rows:
        ends.append(ends[-1] + len(packets([row])))
    cut = data.draw(st.integers(0, len(text)))
    end, wanted = whole(text[:cut])
    assert end == max(one for one in ends if one <= cut)
    assert wanted > 0
    assert end + (cut - end) + wanted <= len(text) + HEADER_BYTES + 1  # never more than there is, or a next header


@PATIENT
@given(ROWS)
def test_the_end_of_the_rows_is_seen_and_left_in_the_buffer(rows: list[Row]) -> None:
    text = packets(rows)
    assert whole(text + END) == (len(text), 0)
    error = b"\xff\x15\x04#42000 no"
    assert whole(text + len(error).to_bytes(3, "little") + b"\0" + error) == (len(text), 0)


@pytest.mark.parametrize("size", [0, 1, 250, 251, 252, 255, 256, 65_535, 65_536, 2**18])
def test_every_class_of_length(size: int) -> None:
    rows = [[b"x" * size, None, b"", b"y" * size], [None, b"z", b"x" * size, None]]
    text = packets(rows)
    assert whole(text) == (len(text), HEADER_BYTES + 1)
    assert parse(text, 4) == [*rows[0], *rows[1]]


# A payload of 2^24-1 bytes or more goes on in the next packet, which is empty when nothing is left.
@pytest.mark.parametrize("payload", [LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST, 2 * LONGEST + 5])
def test_rows_as_long_as_a_packet_and_longer(payload: int) -> None:
    head = 8 if payload >= LONGEST else 4
    big = b"\xff" * (payload - head - 3)
    row = [b"a", big, None]
    if len(big) < 2**24:
        row[1] = b"\xff" * (payload - 4 - 3)
    text = packets([row, [b"b", b"c", b"d"]])
    assert whole(text) == (len(text), HEADER_BYTES + 1)
    assert parse(text, 3) == [*row, b"b", b"c", b"d"]
    end, wanted = whole(text[: len(text) // 2])
    assert (end, wanted > 0) == (0, True)


def test_a_long_row_is_waited_for_to_its_last_packet() -> None:
    text = packets([[b"x" * (LONGEST + 100)]])
    for cut in (3, 4, 1000, LONGEST, LONGEST + 3, LONGEST + 4, LONGEST + 7, LONGEST + 8, len(text) - 1):
        end, wanted = whole(text[:cut])
        assert end == 0
        assert 0 < wanted <= len(text) - cut
    assert whole(text)[0] == len(text)


def test_a_row_that_begins_like_an_end_or_an_error_is_a_row() -> None:
    for first in (b"x" * 2**24, b"\xfe" * 300):
        row = [first, b"y"]
        text = packets([row])
        assert whole(text)[0] == len(text)
        assert parse(text, 2) == row
