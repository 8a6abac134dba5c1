"""What every masker asks before it takes a column: does it fit there, and are its options known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from dbs.masking.interface import Mask, Masker, Place, PolicyError
from dbs.masking.keys import subkey

Options = Mapping[str, Any]
Make = Callable[[Place, Options, bytes], Mask]
"""(place, options, key of this masker) → the function for the column."""

ALL = ("text", "binary", "number", "date", "json")
_FOR_EVERY_RULE = ("reason", "unique")  # read by those who write and check policies
_ANYWHERE = frozenset({"constant", "keep", "null"})
_CHOOSING = _ANYWHERE | {"hash"}
FORMED = {
    **dict.fromkeys(("bit", "time"), _ANYWHERE),
    **dict.fromkeys(("geometry", "point", "linestring", "polygon", "geometrycollection", "geomcollection"), _ANYWHERE),
    **dict.fromkeys(("multipoint", "multilinestring", "multipolygon", "vector"), _ANYWHERE),
    **dict.fromkeys(("inet4", "inet6"), _ANYWHERE | {"ip"}),
    "uuid": _ANYWHERE | {"token"},
    "year": _ANYWHERE | {"date"},
}
"""Types whose values have a form of their own, which only these maskers keep."""


@dataclass(frozen=True)
class Kind:
    """What stands in the table about a masker, beside how it is made; the words are those of `Masker`."""

    name: str
    summary: str
    kinds: Iterable[str]
    entropy: Literal["high", "low", "none"]
    strength: int
    options: tuple[str, ...] = ()
    by_row: bool = False


def masker(kind: Kind, make: Make, *, own_key: bool = True) -> Masker:
    """The masker, with the questions asked first and a key of its own; without `own_key` it hands on the main one."""
    kinds = frozenset(kind.kinds)

    def checked(place: Place, options: Options, key: bytes) -> Mask:
        _check_place(kind, kinds, place)
        _check_options(kind, place, options)
        return make(place, options, subkey(key, kind.name) if own_key else key)

    return Masker(kind.name, checked, kind.summary, kinds, kind.entropy, kind.strength, kind.by_row)


def refused(place: Place, sentence: str) -> PolicyError:
    """The error for a rule that does not fit its column."""
    return PolicyError(f"{place.table}.{place.column}: {sentence}")


def _check_place(kind: Kind, kinds: frozenset[str], place: Place) -> None:
    if place.choices and kind.name not in _CHOOSING:
        raise refused(place, f"{kind.name} does not fit {place.data_type}. Write hash, constant, null or keep.")
    formed = FORMED.get(place.data_type)
    if formed is not None and kind.name not in formed:
        raise refused(place, f"{kind.name} does not fit {place.data_type}. Write {_either(formed)}.")
    if place.kind not in kinds:
        raise refused(place, f"{kind.name} is for {_either(kinds)}, and this is {place.kind} ({place.data_type}).")


def _check_options(kind: Kind, place: Place, options: Options) -> None:
    for name in options:
        if name in kind.options or name in _FOR_EVERY_RULE:
            continue
        near = get_close_matches(name, kind.options, n=1)
        hint = f" Do you mean {near[0]}?" if near else f" It has {_either(kind.options)}." if kind.options else ""
        raise refused(place, f"{kind.name} has no option {name}.{hint}")


def _either(names: Iterable[str]) -> str:
    *most, last = sorted(names)
    return f"{', '.join(most)} or {last}" if most else last
