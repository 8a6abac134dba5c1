"""Dataclasses of `interface.py` as plain JSON and back: a table of types instead of a pair of methods on each."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """A dataclass as dictionaries, lists, texts and numbers. Times are ISO 8601, bytes are base64."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple | list):
        return [to_json(each) for each in value]
    if isinstance(value, dict):
        return {key: to_json(each) for key, each in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def from_json(kind: type[T], value: Any) -> T:
    """The dataclass that `to_json` made this of. Fields that are missing take their defaults."""
    made: T = _make(kind, value)
    return made


def _make(kind: Any, value: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: _make(hints[name], each) for name, each in value.items() if name in hints})
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return None if value is None else _make(next(each for each in get_args(kind) if each is not type(None)), value)
    if origin is tuple:
        return tuple(_make(get_args(kind)[0], each) for each in value)
    if origin is dict:
        return {key: _make(get_args(kind)[1], each) for key, each in value.items()}
    if origin is Literal:
        return value
    return _LEAVES.get(kind, _same)(value)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _same(value: Any) -> Any:
    return value


_LEAVES: dict[Any, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    bytes: base64.b64decode,
    float: float,
}
