"""Rows that a new unique index, or a row that was written, cannot live with."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.failing import changes_schema, explained, told, where
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import many
from dbs.migrations.interface import Explanation


def find(case: Case) -> Iterator[Finding]:
    """The statement that failed, if it met duplicates."""
    failure = explained(case, CHECK)
    if failure is not None:
        ran, why = failure
        if changes_schema(ran):
            yield told(CHECK, ran, why, f"Cannot make {where(ran, why)} unique: {_counted(why)}.", _CLEAN_UP)
        else:
            yield told(CHECK, ran, why, f"Writes what {where(ran, why)} may hold only once, and holds already.", _ADAPT)


def _counted(why: Explanation) -> str:
    groups, rows = why.counts.get("groups"), why.counts.get("rows")
    if groups is None or rows is None:
        return "some values occur more than once"
    return f"{many(groups, 'value')} {'occurs' if groups == 1 else 'occur'} {many(rows, 'time')}"


_CLEAN_UP = "Decide which of the rows stays, merge or remove the others in a migration before this one."
_ADAPT = "Let the statement pass over rows that are there, or change them: INSERT … ON DUPLICATE KEY UPDATE."

CHECK = Check("duplicates-for-unique", "error", "docs/checks/duplicates-for-unique.md", find)
