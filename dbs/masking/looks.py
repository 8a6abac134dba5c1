"""Does a column look personal: by its name, its type, its values?

Thresholds. One sampled e-mail address, IBAN or card number names the column; a card number counts only when at least
half of the numbers of that shape in the column have right check digits (one in ten has by accident). Telephone
numbers, IP addresses, first names and streets need three hits, and a fifth of the values that are not empty.
A column of free text is no refusal by its name alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dbs.masking import words
from dbs.masking.patterns import CHECKED, COUNTED, card_like, leaves, readings
from dbs.mysql.schema import Column, Table

LEAST_HITS = 3
LEAST_SHARE = 0.2
WHOLE_SHARE = 0.5
"""Of the values: above it the column *is* that, below it the values contain such things."""

LONGEST_WHOLE = 60
"""Characters of an IBAN, an address and the like, beyond which there is more than that in the value."""

WHAT = {
    "email": "e-mail addresses",
    "phone": "telephone numbers",
    "name": "names of persons",
    "login": "names of accounts",
    "address": "addresses",
    "ip": "IP addresses",
    "date": "dates of birth",
    "account": "bank accounts or cards",
    "identity": "numbers of passports, taxes or insurances",
    "secret": "passwords or tokens",
    "special": "special categories (GDPR, Article 9)",
    "amount": "salaries",
    "place": "places where somebody is",
    "text": "free text",
}
"""What a column may hold, as it stands in a sentence."""

_IPS = frozenset({"inet4", "inet6"})
# By name alone: the types that can hold it. Without the type `email_id INT` and `mobile TINYINT(1)` would be alarms.
_TEXTS = frozenset({"text", "binary"})
_SUITS: dict[str, frozenset[str]] = {
    "date": frozenset({"text", "date", "number"}),
    "phone": frozenset({"text", "number"}),
    "ip": frozenset({"text", "binary", "number"}),
    "account": frozenset({"text", "binary", "number"}),
    "identity": frozenset({"text", "binary", "number"}),
    "special": frozenset({"text", "number"}),
    "amount": frozenset({"number", "text"}),
    "place": frozenset({"number", "text", "binary"}),
}


@dataclass(frozen=True)
class Look:
    """What a column seems to hold (a key of `WHAT`) and how that shows, as the end of "it looks so by …".

    `refuses`: keeping it needs a reason. `whole`: its values are that, and not texts with such things inside.
    """

    what: str
    by: str
    refuses: bool = True
    whole: bool = True


def look(table: Table, column: Column, values: Sequence[str] = ()) -> Look | None:
    """What the column seems to hold, by the strongest sign. `values` are samples."""
    if column.data_type in _IPS:
        return Look("ip", f"its type {column.data_type.upper()}")
    named = by_name(table, column)
    checked, counted = by_values(values)
    if checked is not None and (checked.whole or named is None):
        return checked
    if named is not None and named.refuses:
        return named
    return checked or counted or named


def by_name(table: Table, column: Column) -> Look | None:
    """What the column's name says, if its type can hold that. Flags, ids and counts hold nothing personal."""
    if column.column_type.startswith(("tinyint(1)", "bit(1)")):
        return None
    what, kind = by_words(table.name, column.name), _kind(column)
    last = (words.tokens(column.name) or ("",))[-1]
    if what is None or (last == "id" and kind == "number") or kind not in _SUITS.get(what, _TEXTS):
        return _free_text(column) if what is None else None
    if kind == "number" and what == "address":
        return None
    return Look(what, "its name")


def by_words(table: str, column: str) -> str | None:
    """What the names alone say: a key of `WHAT`, or None."""
    spoken = words.tokens(column)
    if not spoken or spoken[0] in words.FIRST_HARMLESS or spoken[-1] in words.LAST_HARMLESS:
        return None
    if any(phrase in words.HARMLESS_PHRASES for phrase in _phrases(spoken)):
        return None
    tables = dict(words.PHRASES)
    if words.PERSONS & {*words.tokens(table), *spoken}:
        tables = {**words.OF_PERSONS, **tables}
    found = [phrase for phrase in _phrases(spoken) if phrase in tables]
    if found:
        return tables[max(reversed(found), key=len)]
    return next((what for ending, what in words.ENDINGS.items() if any(one.endswith(ending) for one in spoken)), None)


def by_values(values: Sequence[str]) -> tuple[Look | None, Look | None]:
    """What sampled values say: by what is no accident, and by what is counted."""
    filled = [value for value in values if value.strip()]
    whole, inside, cards = Counter[str](), Counter[str](), Counter[bool]()
    for value, times in Counter(filled).items():
        for what, all_of_it in _hits(value).items():
            inside[what] += times
            whole[what] += times * all_of_it
        for right in (right for reading in readings(value) for right in card_like(reading)):
            cards[right] += times
    if cards[True] and cards[True] >= cards[False]:
        inside["account"] += cards[True]
        whole["account"] += cards[True]
    checked = [_seen(what, inside[what], whole[what], filled) for what in CHECKED if inside[what]]
    enough = max(LEAST_HITS, LEAST_SHARE * len(filled))
    counted = [_seen(what, n, whole[what], filled) for what, n in inside.most_common() if n >= enough]
    return next(iter(checked), None), next(iter(counted), None)


def _seen(what: str, hits: int, whole: int, filled: Sequence[str]) -> Look:
    return Look(
        what, f"{min(hits, len(filled))} of {len(filled)} sampled values", whole=whole >= WHOLE_SHARE * len(filled)
    )


def _hits(value: str) -> dict[str, bool]:
    """What is in one value → whether it is all of the value."""
    found: dict[str, bool] = {}
    for reading in readings(value):
        parts = leaves(reading)
        for path, text in [("", reading)] if parts is None else parts:
            for what in _things(path, text):
                found[what] = found.get(what, False) or (not path and _fills(what, text))
    return found


def _fills(what: str, text: str) -> bool:
    """Whether a thing found in a text is all of it, as far as it shows."""
    return " " not in text.strip() if what == "email" else len(text) <= LONGEST_WHOLE


def _things(path: str, text: str) -> Iterator[str]:
    """What one text shows by itself and, inside JSON, by the name it stands under."""
    yield from (what for table in (CHECKED, COUNTED) for what, test in table.items() if test(text))
    if path and text.strip():
        named = by_words("", path.replace("[*]", "").rpartition(".")[2])
        if named is not None:
            yield named


def _free_text(column: Column) -> Look | None:
    spoken = words.tokens(column.name)
    harmless = not spoken or spoken[0] in words.FIRST_HARMLESS or spoken[-1] in words.LAST_HARMLESS
    if harmless or not words.FREE_TEXT & set(spoken) or _kind(column) not in _TEXTS:
        return None
    return Look("text", "its name", refuses=False)


def _phrases(spoken: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """All runs of one to four neighbouring words, in the order in which they begin."""
    for start in range(len(spoken)):
        for length in range(1, 5):
            if start + length <= len(spoken):
                yield tuple(spoken[start : start + length])


def _kind(column: Column) -> str:
    if column.number:
        return "number"
    if column.date:
        return "date"
    return "binary" if column.binary else "text"
