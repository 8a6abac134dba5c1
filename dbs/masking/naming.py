"""Names of tables and columns in sentences. They come from a database: untrusted text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_SHOWN = 64
"""Characters: the longest name a server takes (`dbs.mysql.names.LONGEST_NAME`); a policy file may hold longer ones."""


def shown(table: str, column: str = "") -> str:
    """`users.email`, without invisible characters and not endless."""
    return ".".join(plain(part) for part in (table, column) if part)


def plain(text: str) -> str:
    """A text from outside as it may stand in a sentence: one line, nothing invisible, at most 64 characters."""
    visible = "".join(character if character.isprintable() else "?" for character in text)
    return visible if len(visible) <= LONGEST_SHOWN else visible[: LONGEST_SHOWN - 1] + "…"


def listed(text: str) -> frozenset[str]:
    """The words of a table that is written as running text."""
    return frozenset(text.split())


def nearest(given: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the nearest valid one, or all that there are (at most twenty)."""
    valid = sorted(known)
    close = difflib.get_close_matches(given.lower(), valid, n=1, cutoff=0.5)
    if close:
        return f"did you mean {plain(close[0])}?"
    listed = ", ".join(map(plain, valid[:20])) + (", …" if len(valid) > 20 else "")
    return f"there are: {listed}." if valid else "there is none here."
