"""`json`: documents value by value: a masker for each path, `other` for all the rest; the order of keys stays.

What is not named is masked as `text`, numbers as `number`; true and false become false (another word for "masked": two
values cannot hide behind each other). Keys with an @ are masked as `email`; other keys stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import isfinite
from typing import Any

from dbs.masking.interface import Mask, Masker, Place
from dbs.masking.maskers.paths import Node, followed, parse
from dbs.masking.maskers.rules import Kind, Options, masker, refused
from dbs.masking.maskers.values import room

_OTHER = ("text", "keep", "null")
_SPACED, _COMPACT = (", ", ": "), (",", ":")
_SPACES = re.compile(rb'": |, ')
Leaves = Mapping[str, Masker]
Change = Callable[[Any, bytes], Any]
"""(string, number, true or false; key of the row) → what stands for it."""


@dataclass
class _Rule:
    """What happens at a path; `matched` counts where it was found."""

    path: str
    change: Change
    matched: int = 0


class JsonMask:
    """The mask of one column. It is a `Mask`, and knows which paths were never found."""

    def __init__(self, place: Place, rules: list[_Rule], other: Change, leaves: _Leaves) -> None:
        self._place, self._rules, self._other = place, rules, other
        self._room = room(place)
        self._tree: Node[_Rule] = Node()
        for rule in rules:
            self._tree.add(parse(rule.path), rule)
        self._text, self._key = leaves.masks["text"].make(replace(place, kind="text"), {}, leaves.key), leaves.email()

    def unmatched(self) -> tuple[str, ...]:
        """Paths that no document so far had: misspelt, or out of use."""
        return tuple(rule.path for rule in self._rules if not rule.matched)

    def __call__(self, value: bytes, row: bytes) -> bytes | None:
        if not value:
            return value
        try:
            document = json.loads(value, parse_constant=_no_constant, parse_float=_finite)
            masked = self._walked(document, (self._tree,), None, row)
            # A document that has become too long for its column is written without spaces.
            for separators in (_SPACED, _COMPACT) if _SPACES.search(value) else (_COMPACT,):
                # Kept texts are written as they were: in a character set that has them.
                written = json.dumps(masked, ensure_ascii=value.isascii(), separators=separators).encode()
                if len(written) <= self._room:
                    return written
        except (ValueError, RecursionError):
            pass  # no JSON, or nested deeper than any server takes
        return b"null" if self._place.kind == "json" else self._text(value, row)

    def _walked(self, value: Any, nodes: tuple[Node[_Rule], ...], above: _Rule | None, row: bytes) -> Any:
        rule = next((node.leaf for node in nodes if node.leaf is not None), above)
        if rule is not None and rule is not above:
            rule.matched += 1
        if isinstance(value, dict):
            return {
                self._masked_key(name, row): self._walked(one, followed(nodes, ("member", name)), rule, row)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [
                self._walked(one, followed(nodes, ("element", index)), rule, row) for index, one in enumerate(value)
            ]
        if value is None:
            return None
        return (self._other if rule is None else rule.change)(value, row)

    def _masked_key(self, name: str, row: bytes) -> str:
        return name if "@" not in name else (self._key(name.encode("utf-8", "surrogatepass"), row) or b"").decode()


@dataclass(frozen=True)
class _Leaves:
    """Makes the functions for the values within a document."""

    place: Place
    key: bytes
    masks: Leaves

    def strings(self, name: str, options: Options) -> Mask:
        """For strings; without a limit, because the document's own is checked at the end."""
        return self.masks[name].make(self._within("text"), options, self.key)

    def change(self, name: str, options: Options) -> Change:
        """For all values; a masker that is not for numbers leaves them to `number`."""
        if name == "keep":
            return lambda value, _row: value
        if name == "null":
            return lambda _value, _row: None
        if name == "constant":
            if "value" not in options:
                raise refused(self.place, "constant needs a value.")
            return lambda _value, _row: options["value"]
        chosen = self.masks[name]
        of_floats = self.masks["number"].make(self._within("number"), {}, self.key)
        if name == "number":
            of_floats = chosen.make(self._within("number"), options, self.key)
            return _changed(self.strings("text", {}), of_floats, of_floats)
        # `date` is for numbers that are years, which these are not.
        whole = "number" in chosen.kinds and name != "date"
        of_integers = chosen.make(self._within("number"), options, self.key) if whole else of_floats
        return _changed(self.strings(name, options), of_integers, of_floats)

    def email(self) -> Mask:
        """For keys."""
        return self.strings("email", {})

    def _within(self, kind: Any) -> Place:
        free = replace(self.place, kind=kind, data_type="json", characters=None, octets=None, injective=False)
        # JSON tells upper from lower case, but what is within agrees with columns that do not.
        return replace(free, exact=False, nullable=True, least=None, most=None, scale=0, choices=())


def _changed(of_strings: Mask, of_integers: Mask, of_floats: Mask) -> Change:
    def change(value: Any, row: bytes) -> Any:
        if isinstance(value, bool):
            return False
        if isinstance(value, str):
            return _decoded(of_strings(value.encode("utf-8", "surrogatepass"), row)) if value else value
        # A masker for whole numbers (phone, ip) has nothing to say about others.
        masked = (of_integers if isinstance(value, int) else of_floats)(repr(value).encode(), row)
        return None if masked is None else json.loads(masked)

    return change


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _finite(text: str) -> float:
    """Raises `ValueError` for a number that is too large for a double, and could not be written again."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{len(text)} digits make no number")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def json_masker(leaves: Leaves) -> Masker:
    """The masker, for paths with these other maskers."""

    def make(place: Place, options: Options, key: bytes) -> Mask:
        if place.injective:
            raise refused(place, "it is unique: json does not keep documents different. Write hash or token.")
        other = options.get("other", "text")
        if other not in _OTHER:
            raise refused(place, f"other is text, keep or null, and not {other}.")
        paths = options.get("paths", {})
        if not isinstance(paths, Mapping):
            raise refused(place, 'paths is a table, such as { "$.email" = "email" }.')
        within = _Leaves(place, key, leaves)
        rules = [_rule(place, path, rule, within) for path, rule in paths.items()]
        return JsonMask(place, rules, within.change(other, {}), within)

    kind = Kind(
        "json",
        "documents value by value, with a masker for each path",
        ("json", "text"),
        entropy="high",
        strength=50,
        options=("paths", "other", "by"),
        by_row=True,
    )
    # The main key: an e-mail address here gets the stand-in that it has in a column.
    return masker(kind, make, own_key=False)


def _rule(place: Place, path: str, rule: Any, within: _Leaves) -> _Rule:
    options = {"mask": rule} if isinstance(rule, str) else dict(rule) if isinstance(rule, Mapping) else {}
    name = options.pop("mask", None)
    if name not in within.masks:
        near = get_close_matches(str(name), within.masks, n=1)
        raise refused(place, f"{path}: there is no masker {name}." + (f" Do you mean {near[0]}?" if near else ""))
    if "by" in options:
        raise refused(place, f"{path}: write by beside paths, for the whole document.")
    try:
        parse(path)
    except ValueError as error:
        raise refused(place, f"the path {path} is wrong: {error}. Write such as $.addresses[*].phone.") from None
    return _Rule(path, within.change(name, options))
