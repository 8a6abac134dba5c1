"""`date`: some days earlier or later; the same number of days for all rows of one key, so that their order stays.

The key is the value of the column that `by` names (who calls may have a default). Without one the days hang on the date
itself, and order is not kept. Zero parts ('0000-00-00', '1985-00-00') stay zero, and 9999-12-31, which programs write
for "never ends", stays itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from dbs.masking.interface import Mask, Place
from dbs.masking.keys import digester
from dbs.masking.maskers.classes import same_form
from dbs.masking.maskers.rules import Kind, Options, masker, refused

_DAYS, _MOST_DAYS = 180, 3650
_DATE = re.compile(rb"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])(?!\d)")
_NEVER = b"9999-12-31"
_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 30)
# TIMESTAMP in UTC, whole days only; servers since MariaDB 11.5 go on until 2106, which a later value shows.
_FIRST_STAMP, _LAST_STAMP, _LATER_STAMP = date(1970, 1, 2), date(2038, 1, 18), date(2106, 2, 6)
_END_OF_STAMPS = date(2038, 1, 19)
_FIRST_YEAR, _LAST_YEAR, _DAYS_FOR_A_YEAR = 1901, 2155, 90

Shift = Callable[[bytes, bytes], int]
"""(value, key of the row) → so many days (or years), never 0."""


def _make(place: Place, options: Options, key: bytes) -> Mask:
    days = options.get("days", _DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MOST_DAYS:
        raise refused(place, f"days is a whole number from 1 to {_MOST_DAYS}.")
    if not isinstance(options.get("by", ""), str):
        raise refused(place, "by is the name of a column of the same table.")
    if place.kind == "number":
        return _of_years(place, _shift(place, key, max(2, days // _DAYS_FOR_A_YEAR)))
    shifted = _of_days(place, _shift(place, key, days))
    if place.kind == "date":
        return shifted
    otherwise = same_form(place, key)

    def mask(value: bytes, row: bytes) -> bytes | None:
        return shifted(value, row) if _DATE.match(value) else otherwise(value)

    return mask


def _shift(place: Place, key: bytes, most: int) -> Shift:
    digest = digester(key, 8)

    def amount(seed: bytes) -> int:
        number = int.from_bytes(digest(seed), "big") % (2 * most)
        return number - most if number < most else number - most + 1

    if place.injective:
        everywhere = amount(b"")
        return lambda _value, _row: everywhere
    remembered = lru_cache(maxsize=1024)(amount)
    # The two kinds of seeds must not meet.
    return lambda value, row: remembered(b"row:" + row if row else b"value:" + value)


def _of_days(place: Place, shift: Shift) -> Mask:
    stamp = place.data_type == "timestamp"

    def mask(value: bytes, row: bytes) -> bytes:
        if value[:10] == _NEVER or not value[:10].strip(b"0-"):
            return value
        first, last = _FIRST, _LAST
        year, month, day = int(value[:4]), int(value[5:7]), int(value[8:10])
        old = _day(year, month, day)
        if stamp:
            first, last = _FIRST_STAMP, _LAST_STAMP if old <= _END_OF_STAMPS else _LATER_STAMP
        new = _moved(old, shift(value, row), first, last, place.injective)
        parts = new.year if year else 0, new.month if month else 0, new.day if day else 0
        return b"%04d-%02d-%02d" % parts + value[10:]

    return mask


def _day(year: int, month: int, day: int) -> date:
    """The day; parts that are zero are in the middle, and 30 February (sql_mode ALLOW_INVALID_DATES) is the 28th."""
    year, month, day = year or 2000, month or 7, day or 15
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 28)


def _moved(old: date, days: int, first: date, last: date, rotate: bool) -> date:
    """Shifted; outside the type's range the other way, or, where no two may meet, from the other end on."""
    new = old.toordinal() + days
    low, high = first.toordinal(), last.toordinal()
    if low <= new <= high:
        return date.fromordinal(new)
    if rotate:
        return date.fromordinal(low + (new - low) % (high - low + 1))
    return min(max(old - timedelta(days), first), last)


def _of_years(place: Place, shift: Shift) -> Mask:
    if place.data_type != "year":
        raise refused(place, f"date does not fit {place.data_type}. Write number.")
    span = _LAST_YEAR - _FIRST_YEAR + 1

    def mask(value: bytes, row: bytes) -> bytes:
        old = int(value)
        if not old:
            return value
        years = shift(value, row)
        if place.injective:
            return b"%04d" % (_FIRST_YEAR + (old + years - _FIRST_YEAR) % span)
        return b"%04d" % (old + years if _FIRST_YEAR <= old + years <= _LAST_YEAR else old - years)

    return mask


MASKER = masker(
    Kind(
        "date",
        "up to 180 days earlier or later, alike for all rows of one key",
        ("date", "number", "text"),
        "low",
        strength=20,
        options=("by", "days"),
        by_row=True,
    ),
    _make,
)
