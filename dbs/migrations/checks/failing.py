"""The statement that failed: which check tells of it, and what all of them say in the same way."""

from __future__ import annotations

from collections.abc import Mapping

from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found, place
from dbs.migrations.checks.words import Cursor, words
from dbs.migrations.interface import Explanation, Kind, Ran

_TOLD_BY: Mapping[Kind, str] = {
    "duplicates": "duplicates-for-unique",
    "nulls": "nulls-for-not-null",
    "orphans": "orphans-for-foreign-key",
    "truncation": "values-changed",
    "out of range": "values-changed",
    "wrong values": "values-changed",
}
OTHERS = "statement-fails"
"""Tells of every failure that no other check explains."""
TELLERS = frozenset({*_TOLD_BY.values(), OTHERS})

_ABOUT_ROWS = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "WITH", "CALL", "SELECT"})
_BEFORE_TABLE = frozenset({"INTO", "UPDATE", "TABLE", "FROM"})
_BETWEEN = ("TABLE", "IGNORE", "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK")
_BEGINNING = 500
"""Characters in which a statement says what it is about, but for long comments."""


def teller(case: Case) -> str:
    """The name of the check that tells why the statement failed."""
    why = case.explanation
    # A value that a CHECK does not let in is none that a column cannot hold.
    if why is None or (why.kind == "wrong values" and not why.columns):
        return OTHERS
    return _TOLD_BY.get(why.kind, OTHERS)


def explained(case: Case, check: Check) -> tuple[Ran, Explanation] | None:
    """The statement that failed and why, if this check is the one that tells of it."""
    failed, why = case.run.failed, case.explanation
    if failed is None or why is None or case.run.stopped_by is not None or teller(case) != check.name:
        return None
    return failed, why


def changes_schema(ran: Ran) -> bool:
    """Whether a statement is about the schema, rather than about rows."""
    return next((word.key for word in words(ran.text[:_BEGINNING]) if word.key != "("), "") not in _ABOUT_ROWS


def where(ran: Ran, why: Explanation) -> str:
    """The columns that a failure is about; the key, or the table, where the server names no column."""
    table = why.table or ("" if changes_schema(ran) else _written_table(ran))
    if why.columns:
        return place(table, why.columns)
    key = f"the key {why.constraint}" if why.constraint else ""
    return " of ".join(part for part in (key, table) if part) or "a column"


def _written_table(ran: Ran) -> str:
    """The table that a statement about rows begins with; empty where that is not plain to see."""
    here = Cursor(words(ran.text[:_BEGINNING]))
    while here.at < len(here.words):
        before = here.key
        here.at += 1
        if before in _BEFORE_TABLE:
            here.skip(*_BETWEEN)
            return here.name()
    return ""


def told(check: Check, ran: Ran, why: Explanation, sentence: str, advice: str) -> Finding:
    """A finding about the failure; the server's own words are its evidence. `advice` stands in for missing one."""
    known = evidence(ran, why.sentence)
    return found(check, ran, sentence, evidence=known, advice=why.advice or advice, query=why.query)


def evidence(ran: Ran, sentence: str = "") -> str:
    """What was found out, and what the server said where that does not say it already."""
    error = ran.error.rstrip(". ")
    if not error or error in sentence:
        return sentence
    return f"{sentence} The server said: {error} (error {ran.error_code}).".strip()
