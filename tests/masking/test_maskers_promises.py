"""What every masker promises: the same always, fitting, in ASCII, empty stays empty, and no value stays itself."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.interface import Place
from dbs.masking.maskers import MASKERS
from dbs.masking.maskers.values import comparable, split_spaces
from tests.support import maskers as at
from tests.support.maskers import PATIENT, mask, masked, unique

NAMES = [
    *("email", "phone", "name", "address", "ip", "text", "date", "number", "hash", "token", "json"),
    *("null", "constant", "keep"),
]
OF_TEXTS = [name for name in NAMES if "text" in MASKERS[name].kinds and name not in ("null", "constant", "keep")]
DISTINCT = ("email", "phone", "name", "address", "text", "hash", "token", "ip")
CASES = [(name, place) for name in OF_TEXTS for place in (at.SHORT, at.LONG, at.FREE)]
IDS = [f"{name}-{place.column}" for name, place in CASES]
SAMPLES = {
    "email": (at.LONG, "anna{}@shop.example"),
    "phone": (at.LONG, "+49 170 {:07}"),
    "name": (at.LONG, "Anna{:x} Müller"),
    "address": (at.LONG, "Hauptstraße {}"),
    "ip": (at.LONG, "10.1.{}.7"),
    "text": (at.LONG, "{} times I have asked for my money"),
    "date": (at.DAY, "19{:02}-04-05"),
    "number": (at.BIG, "{}7"),
    "hash": (at.LONG, "{:06x}"),
    "token": (at.LONG, "tok-{:05}"),
    "json": (at.DOCUMENT, '{{"a": "number {}"}}'),
}


def test_the_table_holds_every_masker_under_its_name() -> None:
    assert sorted(MASKERS) == sorted(NAMES)
    assert all(MASKERS[name].name == name and MASKERS[name].summary for name in NAMES)
    assert [name for name in NAMES if MASKERS[name].strength == 0] == ["keep"]
    assert {name for name in NAMES if MASKERS[name].by_row} == {"date", "json"}


@pytest.mark.parametrize(("name", "place"), CASES, ids=IDS)
@PATIENT
@given(data=st.data())
def test_a_text_is_masked_alike_everywhere_and_fits(name: str, place: Place, data: st.DataObject) -> None:
    value = data.draw(at.texts(place))
    stand_in = masked(name, place, value)
    assert stand_in == masked(name, replace(place, table="others", column="other", nullable=False), value)
    assert stand_in.isascii()
    assert len(stand_in) <= (place.characters or 0)
    assert len(stand_in.decode("utf-8").encode("utf-16-le")) <= 2 * (place.characters or 0)
    assert bool(stand_in) == bool(value)


@pytest.mark.parametrize("name", [name for name in OF_TEXTS if name not in ("email", "json", "ip")])
@PATIENT
@given(value=at.texts(at.LONG))
def test_a_stand_in_is_as_long_as_the_value(name: str, value: bytes) -> None:
    assert len(masked(name, at.LONG, value)) <= len(value.decode())
    if value.isascii():
        assert len(masked(name, at.LONG, value)) == len(value)


@pytest.mark.parametrize("name", OF_TEXTS)
@PATIENT
@given(value=at.texts(at.LONG).filter(bytes.isascii))
def test_what_compares_as_equal_stays_equal(name: str, value: bytes) -> None:
    """Upper and lower case, and spaces at the end."""
    one = masked(name, at.LONG, value)
    for other in (value.upper(), value.lower(), value.swapcase(), value + b"  "):
        stand_in = masked(name, at.LONG, other)
        if name != "json" or value.isdigit():
            assert comparable(split_spaces(stand_in)[0], exact=False) == comparable(split_spaces(one)[0], exact=False)


@pytest.mark.parametrize("name", ["email", "name", "address", "text", "hash", "token", "phone"])
@PATIENT
@given(value=at.texts(at.LONG).filter(bytes.isascii))
def test_lower_case_is_masked_alike_where_case_counts(name: str, value: bytes) -> None:
    value = value.lower()
    assert masked(name, at.LONG, value) == masked(name, replace(at.LONG, exact=True), value)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", DISTINCT)
@PATIENT
@given(data=st.data())
def test_different_texts_have_different_stand_ins(name: str, exact: bool, data: st.DataObject) -> None:
    place = replace(unique(at.LONG), exact=exact)
    values = data.draw(st.lists(at.texts(place), unique_by=lambda one: _compared(one, exact), max_size=20))
    stand_ins = [masked(name, place, value) for value in values]
    assert len({_compared(one, exact) for one in stand_ins}) == len(values)


def _compared(value: bytes, exact: bool) -> bytes:
    return comparable(split_spaces(value)[0], exact)


@pytest.mark.parametrize("name", ["name", "token", "hash", "address"])
def test_short_texts_do_not_collide(name: str) -> None:
    """All words of three letters, and fifty thousand of eight letters."""
    function = mask(name, unique(at.SHORT))
    words = ["".join(three).encode() for three in itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=3)]
    words += [b"%08x" % (number * 40_503) for number in range(50_000)]
    assert len({function(word, b"") for word in words}) == len(words)


@pytest.mark.parametrize("name", ["text", "token", "hash", "ip"])
@PATIENT
@given(values=st.lists(st.binary(max_size=64), unique=True, max_size=20))
def test_bytes_keep_their_number_and_differ(name: str, values: list[bytes]) -> None:
    stand_ins = [masked(name, unique(at.BYTES), value) for value in values]
    assert [len(one) for one in stand_ins] == [len(one) for one in values]
    assert len(set(stand_ins)) == len(values)
    assert stand_ins == [masked(name, at.BYTES, value) for value in values]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("name", ["text", "token", "hash"])
def test_few_bytes_are_permuted(name: str, count: int) -> None:
    function = mask(name, at.BYTES)
    stand_ins = {function(number.to_bytes(count, "big"), b"") for number in range(256**count)}
    assert len(stand_ins) == 256**count


@pytest.mark.parametrize("name", SAMPLES)
def test_hardly_a_value_stays_itself(name: str) -> None:
    place, form = SAMPLES[name]
    function, values = mask(name, place), [form.format(number).encode() for number in range(100)]
    assert sum(function(value, b"") == value for value in values) <= 1


@pytest.mark.parametrize("name", SAMPLES)
def test_another_key_gives_other_stand_ins(name: str) -> None:
    place, form = SAMPLES[name]
    one, other = (MASKERS[name].make(place, {}, key) for key in (at.KEY, b"another"))
    values = [form.format(number).encode() for number in range(100)]
    assert sum(one(value, b"") == other(value, b"") for value in values) <= 25


def test_stand_ins_are_the_same_in_every_night() -> None:
    """Written down once: a change would part every masked copy from those before it."""
    found = {name: masked(name, place, form.format(7).encode()) for name, (place, form) in SAMPLES.items()}
    assert found == EVERY_NIGHT


EVERY_NIGHT = {
    "email": b"aaiax3tgcrouoxb5@x.test",
    "phone": b"+49 138 7881153",
    "name": b"Vufo0 Egewag",
    "address": b"Ajomufusaha 8",
    "ip": b"113.53.23.232",
    "text": b"joazlfodwzcp45c0 lorem ipsum dolo",
    "date": b"1906-10-22",
    "number": b"75",
    "hash": b"221396",
    "token": b"cfl-80166",
    "json": b'{"a": "errepben"}',
}
