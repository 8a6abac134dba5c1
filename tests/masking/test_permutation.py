"""Permutations and keys: bijections of every size, with an inverse, and another one for each key."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.interface import MaskingError
from dbs.masking.keys import KEY_BYTES, stream, subkey
from dbs.masking.permutation import LARGE_TABLES, permutation
from tests.support.maskers import PATIENT

KEY, OTHER = bytes(KEY_BYTES), bytes([1] * KEY_BYTES)
SIZES = [*range(1, 600), *range(600, 10_000, 97), 4095, 4096, 4097, 9_999, 10_000]
BIG = st.integers(min_value=10_001, max_value=2**600)


def test_every_small_size_is_a_bijection_with_an_inverse() -> None:
    for size in SIZES:
        permuted = permutation(KEY, size)
        stand_ins = [permuted(number) for number in range(size)]
        assert sorted(stand_ins) == list(range(size)), size
        assert [permuted.inverse(one) for one in stand_ins] == list(range(size)), size


@pytest.mark.parametrize("size", [2, 3, 10, 2_155, 4_096])
def test_in_small_sizes_nothing_stands_for_itself(size: int) -> None:
    for first in range(8):
        permuted = permutation(bytes([first] * KEY_BYTES), size)
        assert all(permuted(number) != number for number in range(size))


@PATIENT
@given(size=BIG, data=st.data(), tables=st.sampled_from([0, 4096, LARGE_TABLES]))
def test_large_sizes_have_an_inverse_and_stay_within(size: int, data: st.DataObject, tables: int) -> None:
    number = data.draw(st.integers(min_value=0, max_value=size - 1))
    permuted = permutation(KEY, size, tables if size < 10**10 else 0)
    assert 0 <= permuted(number) < size
    assert permuted.inverse(permuted(number)) == number
    assert permuted(permuted.inverse(number)) == number


def test_a_million_numbers_of_nine_digits_do_not_collide() -> None:
    permuted = permutation(KEY, 10**9, LARGE_TABLES)
    assert len({permuted(number) for number in range(123_456_789, 124_456_789)}) == 1_000_000


@pytest.mark.parametrize("size", [4_000, 100_000, 10**9, 2**128])
def test_stand_ins_are_spread_evenly(size: int) -> None:
    """Neighbours do not stay neighbours: eight parts of the range get about the same number each."""
    permuted, parts = permutation(KEY, size), [0] * 8
    for number in range(4_000):
        parts[permuted(number) * 8 // size] += 1
    assert all(350 < part < 650 for part in parts)


@pytest.mark.parametrize("size", [1_000, 100_000, 10**9, 2**128])
def test_another_key_gives_another_permutation(size: int) -> None:
    one, other = permutation(KEY, size), permutation(OTHER, size)
    same = sum(one(number) == other(number) for number in range(1_000))
    assert same <= 10


def test_stand_ins_are_the_same_in_every_night() -> None:
    """Figures from the day on which this was written: a change would part every masked copy from those before it."""
    assert [permutation(KEY, 10)(number) for number in range(10)] == FIRST_NIGHT_10
    assert [permutation(KEY, size, LARGE_TABLES)(5) for size in (10_007, 10**9, 2**128)] == FIRST_NIGHT_LARGE


FIRST_NIGHT_10 = [2, 8, 9, 1, 6, 7, 0, 3, 4, 5]
FIRST_NIGHT_LARGE = [7583, 452798672, 313495718620104683232310141099290569158]


def test_nothing_has_no_permutation() -> None:
    with pytest.raises(ValueError, match="0 elements"):
        permutation(KEY, 0)


def test_each_masker_has_a_key_of_its_own() -> None:
    keys = [subkey(key, name) for key in (b"a", b"b", b"a" * 64, b"a" * 65) for name in ("email", "phone", "date")]
    assert all(len(key) == KEY_BYTES for key in keys)
    assert all(one != other for one, other in itertools.combinations(keys, 2))


def test_without_a_key_nothing_is_masked() -> None:
    with pytest.raises(MaskingError, match="key is empty"):
        subkey(b"", "email")


@PATIENT
@given(st.binary(), st.integers(min_value=0, max_value=1_000))
def test_a_stream_is_as_long_as_wanted_and_begins_alike(value: bytes, size: int) -> None:
    assert stream(KEY, value, 1_000)[:size] == stream(KEY, value, size)
