"""The statement that failed: which check tells of it, and what all of them say in the same way."""

from __future__ import annotations

from collections.abc import Mapping

from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found
from dbs.migrations.checks.words import words
from dbs.migrations.interface import Explanation, Kind, Ran

TOLD_BY: Mapping[Kind, str] = {
    "duplicates": "duplicates-for-unique",
    "nulls": "nulls-for-not-null",
    "orphans": "orphans-for-foreign-key",
    "truncation": "values-changed",
    "out of range": "values-changed",
    "wrong values": "values-changed",
}
"""Which check explains a failure. Whatever is not listed is `statement-fails`."""

_ABOUT_ROWS = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "WITH", "CALL", "SELECT"})
_BEGINNING = 500
"""Characters in which the first word of a statement comes, but for long comments."""


def explained(case: Case, check: Check) -> tuple[Ran, Explanation] | None:
    """The statement that failed and why, if this check is the one that tells of it."""
    failed, why = case.run.failed, case.explanation
    if failed is None or why is None or case.run.stopped_by is not None or TOLD_BY.get(why.kind) != check.name:
        return None
    return failed, why


def changes_schema(ran: Ran) -> bool:
    """Whether a statement is about the schema, rather than about rows."""
    return next((word.key for word in words(ran.text[:_BEGINNING]) if word.key != "("), "") not in _ABOUT_ROWS


def told(check: Check, ran: Ran, why: Explanation, sentence: str, advice: str) -> Finding:
    """A finding about the failure; the server's own words are its evidence. `advice` stands in for missing one."""
    return found(
        check, ran, sentence, evidence=evidence(ran, why.sentence), advice=why.advice or advice, query=why.query
    )


def evidence(ran: Ran, sentence: str = "") -> str:
    """What the server said, after what was found out about it."""
    said = f"The server said: {ran.error.rstrip('.')} (error {ran.error_code})." if ran.error else ""
    return " ".join(part for part in (sentence, said) if part)
