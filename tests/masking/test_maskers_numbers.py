"""Numbers and dates: near the value, within the type, and in the order of the rows of one key."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.masking.interface import MaskingError, Place
from tests.support import maskers as at
from tests.support.maskers import PATIENT, mask, masked, unique

DECIMALS = st.decimals(min_value=1 - 10**35, max_value=10**35 - 1, places=30)
# What a TIMESTAMP takes.
FIRST, LAST = datetime.fromisoformat("1970-01-01 00:00:01"), datetime.fromisoformat("2038-01-19 03:14:07")
DAYS = st.dates(date(2, 1, 1), date(9998, 1, 1))


@pytest.mark.parametrize("place", [at.TINY, at.INTEGER, at.UNSIGNED, at.BIG], ids=lambda place: place.column)
@pytest.mark.parametrize("name", ["number", "phone"])
@pytest.mark.parametrize("injective", [False, True])
@PATIENT
@given(data=st.data())
def test_a_whole_number_stays_within_its_type(name: str, place: Place, injective: bool, data: st.DataObject) -> None:
    place = replace(place, injective=injective)
    value = data.draw(at.whole_numbers(place))
    old, new = int(value), int(masked(name, place, value))
    assert (place.least or 0) <= new <= (place.most or 0)
    assert (new < 0) == (old < 0)
    if injective or name == "phone":
        assert len(str(new)) == len(str(old))


@PATIENT
@given(value=DECIMALS, percent=st.integers(1, 100))
def test_noise_is_small_and_loses_nothing(value: Decimal, percent: int) -> None:
    text = f"{value:f}".encode()
    stand_in = masked("number", at.EXACT, text, percent=percent)
    assert len(stand_in.partition(b".")[2]) == 30
    with localcontext() as context:
        context.prec = 80
        new, unit = Decimal(stand_in.decode()), Decimal(10) ** -30
        assert abs(new - value) <= abs(value) * percent / 100 + unit
        assert (new == value) == (value == 0)
        assert (new < 0) == (value < 0)
        assert abs(new) < 10**35


@PATIENT
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_floating_number_stays_finite_and_near(value: float) -> None:
    stand_in = float(masked("number", at.DOUBLE, repr(value).encode()))
    assert abs(stand_in) <= 1.7976931348623157e308
    if "e" in repr(value):
        assert abs(stand_in - value) <= abs(value) * 0.11


@pytest.mark.parametrize("place", [at.TINY, replace(at.INTEGER, least=-1500, most=1500)])
@pytest.mark.parametrize("name", ["number", "phone"])
def test_every_number_of_a_small_unique_type_has_its_own_stand_in(name: str, place: Place) -> None:
    function = mask(name, unique(place))
    values = [b"%d" % number for number in range(place.least or 0, (place.most or 0) + 1)]
    assert {function(value, b"") for value in values} == set(values)


def test_twenty_thousand_unique_numbers_differ() -> None:
    function = mask("number", unique(at.INTEGER))
    assert len({function(b"%d" % (number * 105_001), b"") for number in range(20_000)}) == 20_000


def test_what_is_no_number_stops_the_masking() -> None:
    with pytest.raises(MaskingError, match=r"users\.integer holds something that is no number"):
        masked("number", at.INTEGER, b"anna")


@PATIENT
@given(days=st.lists(DAYS, min_size=2, max_size=6), row=st.binary(min_size=1, max_size=8), most=st.integers(1, 300))
def test_dates_of_one_key_keep_their_order_and_distance(days: list[date], row: bytes, most: int) -> None:
    values = [day.isoformat().encode() for day in days]
    new = [date.fromisoformat(masked("date", at.DAY, one, row, by="id", days=most).decode()) for one in values]
    (shift,) = {after - before for before, after in zip(days, new, strict=True)}
    assert timedelta(0) < abs(shift) <= timedelta(most)


def test_keys_have_different_shifts() -> None:
    function = mask("date", at.DAY, by="id")
    shifts = {function(b"2000-06-15", b"%d" % number) for number in range(1_000)}
    assert len(shifts) > 250 and b"2000-06-15" not in shifts


@PATIENT
@given(moment=st.datetimes(FIRST, LAST), row=st.binary())
def test_a_moment_keeps_its_time_and_its_range(moment: datetime, row: bytes) -> None:
    value = moment.isoformat(" ", "microseconds").encode()
    for place in (at.STAMP, unique(at.STAMP)):
        new = masked("date", place, value, row)
        assert new[10:] == value[10:] and new[:10] != value[:10]
        assert FIRST <= datetime.fromisoformat(new.decode()) <= LAST
    assert masked("date", at.MOMENT, value, row)[10:] == value[10:]


def test_unique_dates_have_one_shift() -> None:
    function, first = mask("date", unique(at.DAY)), date(1950, 1, 1)
    values = [(first + timedelta(number)).isoformat().encode() for number in range(20_000)]
    assert len({function(value, b"%d" % (index % 7)) for index, value in enumerate(values)}) == 20_000


@pytest.mark.parametrize("value", [b"0000-00-00", b"0000-00-00 00:00:00", b"9999-12-31", b"9999-12-31 23:59:59"])
def test_days_that_mean_nothing_stay(value: bytes) -> None:
    assert masked("date", at.DAY, value, b"7") == value


@pytest.mark.parametrize(
    ("value", "zeros"), [(b"1985-00-00", b"-00-00"), (b"1985-04-00", b"-00"), (b"0000-04-12", b"")]
)
def test_zero_parts_stay_zero(value: bytes, zeros: bytes) -> None:
    stand_in = masked("date", at.DAY, value, b"7")
    assert stand_in.endswith(zeros) and (stand_in[:4] == b"0000") == (value[:4] == b"0000")


@pytest.mark.parametrize("value", [b"2020-02-30", b"2021-04-31", b"0001-01-01", b"9999-12-30"])
def test_days_at_the_ends_and_days_that_are_none_are_masked(value: bytes) -> None:
    for number in range(20):
        stand_in = masked("date", at.DAY, value, b"%d" % number)
        assert date.fromisoformat(stand_in.decode()) and stand_in != value


@pytest.mark.parametrize("year", [0, 1901, 1985, 2155])
def test_years(year: int) -> None:
    for place in (at.YEAR, unique(at.YEAR)):
        new = int(masked("date", place, b"%04d" % year, b"7"))
        assert (new == 0 and year == 0) or (1901 <= new <= 2155 and new != year)


def test_dates_in_texts() -> None:
    assert masked("date", at.LONG, b"2020-01-02T03:04:05Z", b"7")[10:] == b"T03:04:05Z"
    for other in (b"12.04.1985", b"2020-13-45", b"born in May 1985"):
        stand_in = masked("date", at.LONG, other, b"7")
        assert stand_in != other and len(stand_in) == len(other)
