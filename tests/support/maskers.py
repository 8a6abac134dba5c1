"""Places to mask at, functions made by hand, and values as people type them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from dbs.masking.interface import Mask, Place
from dbs.masking.maskers import MASKERS

PATIENT = settings(deadline=None, max_examples=40)
"""Tests do not assert times; forty examples for each of many maskers are many."""

KEY = b"a key for tests, which masks nobody"
SHORT = Place("users", "short", "varchar", "text", characters=20, octets=80)
LONG = Place("users", "long", "varchar", "text", characters=255, octets=1020)
FREE = Place("users", "free", "longtext", "text", characters=2**32 - 1, octets=2**32 - 1)
BYTES = Place("users", "bytes", "varbinary", "binary", octets=64)
INTEGER = Place("users", "integer", "int", "number", least=-(2**31), most=2**31 - 1)
UNSIGNED = Place("users", "unsigned", "int", "number", least=0, most=2**32 - 1)
TINY = Place("users", "tiny", "tinyint", "number", least=-128, most=127)
BIG = Place("users", "big", "bigint", "number", least=-(2**63), most=2**63 - 1)
EXACT = Place("users", "exact", "decimal", "number", least=1 - 10**35, most=10**35 - 1, scale=30)
DOUBLE = Place("users", "double", "double", "number")
DAY = Place("users", "day", "date", "date")
MOMENT = Place("users", "moment", "datetime", "date")
STAMP = Place("users", "stamp", "timestamp", "date")
YEAR = Place("users", "year", "year", "number", least=1901, most=2155)
DOCUMENT = Place("users", "document", "json", "json", characters=2**32 - 1, octets=2**32 - 1, exact=True)
CHOICE = Place("users", "choice", "enum", "text", characters=6, octets=24, choices=("new", "open", "closed"))
CHOICES = replace(CHOICE, data_type="set", characters=15, octets=60)


def unique(place: Place) -> Place:
    """The same column with a unique index on it."""
    return replace(place, injective=True)


def mask(name: str, place: Place, /, **options: Any) -> Mask:
    """The function of a masker for a column."""
    return MASKERS[name].make(place, options, KEY)


def masked(name: str, place: Place, value: bytes, row: bytes = b"", /, **options: Any) -> bytes:
    """One stand-in, which is not NULL."""
    stand_in = mask(name, place, **options)(value, row)
    assert stand_in is not None
    return stand_in


def texts(place: Place) -> st.SearchStrategy[bytes]:
    """What fits into a text column: anything, and what looks like data."""
    most = min(place.characters or 60, 60)
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=most)
    likely = st.text("abzABZ019 @.-+:\n", max_size=most)
    return (anything | likely).map(str.encode).filter(lambda one: len(one) <= (place.octets or 10**9))


def whole_numbers(place: Place) -> st.SearchStrategy[bytes]:
    """Whole numbers of the column's type."""
    return st.integers(place.least, place.most).map(lambda number: str(number).encode())
