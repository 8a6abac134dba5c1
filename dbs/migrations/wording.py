"""Messages of the server without the values of data that some of them quote."""

from __future__ import annotations

import re

_QUOTING = frozenset({1062, 1291, 1292, 1300, 1366, 1367, 1411, 1525, 1526, 1557, 1586, 1690, 1761})
"""Errors whose message holds a value. https://mariadb.com/kb/en/mariadb-error-codes/"""
_PLACE = re.compile(r"( for (?:key|column|function) )(?!.* for (?:key|column|function) )", re.DOTALL)
_BARE_VALUE = re.compile(r"(for value ).*", re.DOTALL)
LONGEST = 400


def without_values(code: int, message: str) -> str:
    """The message with `…` where it quotes data, and of reasonable length. What it says of names stays."""
    text = message
    if code in _QUOTING:
        parts = _PLACE.split(message, maxsplit=1)
        parts[0] = _BARE_VALUE.sub(r"\1…", _emptied(parts[0]))
        text = "".join(parts)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _emptied(text: str) -> str:
    """Everything from the first quote to the last one replaced."""
    first, last = text.find("'"), text.rfind("'")
    if first < 0:
        return text
    return f"{text[:first]}'…'{text[last + 1 :] if last > first else ''}"
