"""`constant`: the same value in every row."""

from __future__ import annotations

import json
import re
import socket
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from dbs.masking.interface import Mask, Place
from dbs.masking.maskers.rules import ALL, FORMED, Kind, Options, masker, refused
from dbs.masking.maskers.values import room

_TIME = re.compile(r"-?\d{1,3}:\d\d:\d\d(\.\d{1,6})?")


def _make(place: Place, options: Options, key: bytes) -> Mask:
    if "value" not in options:
        raise refused(place, 'constant needs a value, such as { mask = "constant", value = "x" }.')
    if place.injective:
        raise refused(place, "it is unique: one value in every row would not load. Write token, hash or number.")
    text = _written(options["value"], place.kind)
    if not text.isascii():
        raise refused(place, "the value of constant must be ASCII, so that it fits every character set.")
    if place.choices:
        fits = not set(text.split(",") if place.data_type == "set" else [text]) - set(place.choices)
    else:
        fits = _FORMED.get(place.data_type, _FITS[place.kind])(text, place)
    if not fits:
        raise refused(place, f"the value of constant does not fit {place.data_type}.")
    value = text.encode()
    return lambda _value, _row: value


def _written(value: object, kind: str) -> str:
    if isinstance(value, bool):
        return ("true" if value else "false") if kind == "json" else str(int(value))
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float | date) else json.dumps(value)


def _text(text: str, place: Place) -> bool:
    return len(text) <= room(place)


def _number(text: str, place: Place) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    if not number.is_finite():
        return False
    exponent = number.as_tuple().exponent
    if place.data_type not in {"float", "double"} and isinstance(exponent, int) and -exponent > place.scale:
        return False
    above = place.least is None or number > place.least - 1
    below = place.most is None or number < place.most + 1
    return above and below


def _date(text: str, place: Place) -> bool:
    return _parses(date.fromisoformat if place.data_type == "date" else datetime.fromisoformat, text)


def _json(text: str, place: Place) -> bool:
    return _parses(json.loads, text)


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except (ValueError, OSError):
        return False
    return True


_Fits = Callable[[str, Place], bool]
_FITS: Mapping[str, _Fits] = {"text": _text, "binary": _text, "number": _number, "date": _date, "json": _json}
_FORMED: Mapping[str, _Fits] = {
    # The bytes of a shape or of bits have a form that a text in a policy cannot have.
    **dict.fromkeys(FORMED, lambda _text, _place: False),
    "uuid": lambda text, _: _parses(uuid.UUID, text),
    "inet4": lambda text, _: _parses(lambda one: socket.inet_pton(socket.AF_INET, one), text),
    "inet6": lambda text, _: _parses(lambda one: socket.inet_pton(socket.AF_INET6, one), text),
    "time": lambda text, _: _TIME.fullmatch(text) is not None,
    "year": _number,
}

MASKER = masker(Kind("constant", "the same value in every row", ALL, "none", 100, options=("value",)), _make)
