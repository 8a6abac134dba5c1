"""Rules that do not fit their column are refused, with the column's name and the words to write instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dbs.masking.interface import Place, PolicyError
from dbs.masking.maskers import MASKERS
from tests.support import maskers as at
from tests.support.maskers import mask, masked, unique

REFUSED: list[tuple[str, Place, dict[str, Any], str]] = [
    ("email", at.INTEGER, {}, "email is for text, and this is number (int)"),
    ("email", unique(replace(at.SHORT, characters=19)), {}, "a unique column of 19 characters is too short"),
    ("email", at.LONG, {"domain": "x"}, "email has no option domain"),
    ("phone", at.DOUBLE, {}, "phone is for whole numbers. Write number."),
    ("phone", at.EXACT, {}, "phone is for whole numbers"),
    ("ip", replace(at.SHORT, characters=14), {}, "14 characters are too few for an IP address"),
    ("text", unique(replace(at.SHORT, characters=12)), {}, "12 characters are too few"),
    ("text", at.DOCUMENT, {}, "text is for binary or text, and this is json"),
    ("text", at.CHOICE, {}, "text does not fit enum. Write hash, constant, null or keep."),
    ("text", replace(at.BYTES, data_type="point"), {}, "text does not fit point. Write constant, keep or null."),
    ("number", at.YEAR, {}, "number does not fit year. Write constant, date, keep or null."),
    ("hash", replace(at.LONG, data_type="uuid"), {}, "Write constant, keep, null or token."),
    ("hash", replace(at.LONG, data_type="inet6"), {}, "Write constant, ip, keep or null."),
    ("date", at.DAY, {"day": 3}, "date has no option day. Do you mean days?"),
    ("date", at.DAY, {"days": 0}, "days is a whole number from 1 to 3650"),
    ("date", at.DAY, {"days": True}, "days is a whole number"),
    ("date", at.DAY, {"by": 3}, "by is the name of a column"),
    ("date", at.INTEGER, {}, "date does not fit int. Write number."),
    ("number", at.INTEGER, {"percent": 0}, "percent is a number above 0"),
    ("number", at.INTEGER, {"percent": "10"}, "percent is a number above 0"),
    ("number", unique(at.DOUBLE), {}, "double in a unique column cannot be masked as a number"),
    ("json", unique(at.DOCUMENT), {}, "json does not keep documents different"),
    ("null", unique(replace(at.LONG, nullable=False)), {}, "it is unique and NOT NULL"),
    ("null", replace(at.DAY, nullable=False), {}, "it is NOT NULL, and date has no empty value"),
    ("null", replace(at.CHOICE, nullable=False), {}, "enum has no empty value"),
    ("null", replace(at.INTEGER, least=1, nullable=False), {}, "cannot be 0"),
    ("constant", at.LONG, {}, "constant needs a value"),
    ("constant", at.LONG, {"valu": "x"}, "Do you mean value?"),
    ("constant", unique(at.LONG), {"value": "x"}, "it is unique"),
    ("constant", at.SHORT, {"value": "x" * 21}, "the value of constant does not fit varchar"),
    ("constant", at.SHORT, {"value": "ü"}, "must be ASCII"),
    ("constant", at.TINY, {"value": 128}, "does not fit tinyint"),
    ("constant", at.TINY, {"value": "x"}, "does not fit tinyint"),
    ("constant", at.TINY, {"value": "nan"}, "does not fit tinyint"),
    ("constant", at.TINY, {"value": 1.5}, "does not fit tinyint"),
    ("constant", at.DAY, {"value": "12.04.1985"}, "does not fit date"),
    ("constant", at.CHOICE, {"value": "lost"}, "does not fit enum"),
    ("constant", at.DOCUMENT, {"value": "{"}, "does not fit json"),
    ("constant", replace(at.LONG, data_type="uuid"), {"value": "x"}, "does not fit uuid"),
    ("constant", replace(at.LONG, data_type="inet4"), {"value": "::1"}, "does not fit inet4"),
    ("constant", replace(at.BYTES, data_type="vector"), {"value": "x"}, "does not fit vector"),
    ("constant", at.YEAR, {"value": 1800}, "does not fit year"),
    ("null", replace(at.BYTES, data_type="multipoint", nullable=False), {}, "multipoint has no empty value"),
    ("constant", replace(at.BYTES, data_type="point"), {"value": "x"}, "does not fit point"),
]


@pytest.mark.parametrize(("name", "place", "options", "sentence"), REFUSED)
def test_a_rule_that_does_not_fit_is_refused(name: str, place: Place, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PolicyError) as refusal:
        mask(name, place, **options)
    assert sentence in str(refusal.value)
    assert f"users.{place.column}: " in str(refusal.value)


@pytest.mark.parametrize(
    ("place", "value", "stand_in"),
    [
        (at.SHORT, "x", b"x"),
        (at.SHORT, 5, b"5"),
        (at.TINY, -128, b"-128"),
        (at.TINY, True, b"1"),
        (at.EXACT, "1.5", b"1.5"),
        (at.DAY, "2000-01-31", b"2000-01-31"),
        (at.MOMENT, "2000-01-31 12:00:00", b"2000-01-31 12:00:00"),
        (at.CHOICE, "open", b"open"),
        (at.CHOICES, "new,open", b"new,open"),
        (at.DOCUMENT, {"a": 1}, b'{"a": 1}'),
        (at.DOCUMENT, True, b"true"),
        (replace(at.SHORT, data_type="time"), "12:00:00", b"12:00:00"),
    ],
)
def test_a_constant_that_fits(place: Place, value: object, stand_in: bytes) -> None:
    assert masked("constant", place, b"whatever", value=value) == stand_in


def test_nothing_is_null_or_empty_where_it_must_not_be() -> None:
    assert mask("null", at.LONG)(b"anna", b"") is None
    assert mask("null", unique(at.LONG))(b"anna", b"") is None
    for place, empty in ((at.LONG, b""), (at.BYTES, b""), (at.INTEGER, b"0")):
        assert mask("null", replace(place, nullable=False))(b"1", b"") == empty


def test_keep_keeps() -> None:
    for place in (at.LONG, at.BYTES, at.INTEGER, at.DAY, at.DOCUMENT, at.CHOICE):
        assert masked("keep", place, b"\x00 anything") == b"\x00 anything"


@pytest.mark.parametrize("name", MASKERS)
def test_every_rule_may_give_a_reason(name: str) -> None:
    place = next(one for one in (at.LONG, at.BIG, at.DAY) if one.kind in MASKERS[name].kinds)
    options = {"value": "x"} if name == "constant" else {}
    assert callable(mask(name, place, reason="because", unique=True, **options))
