"""NULLs in a column that becomes NOT NULL, or that is."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.failing import changes_schema, explained, told, where
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import many


def find(case: Case) -> Iterator[Finding]:
    """The statement that failed, if it met NULLs."""
    failure = explained(case, CHECK)
    if failure is not None:
        ran, why = failure
        rows = why.counts.get("rows")
        if changes_schema(ran):
            counted = "it holds NULLs" if rows is None else f"it is NULL in {many(rows, 'row')}"
            yield told(CHECK, ran, why, f"Cannot make {where(ran, why)} NOT NULL: {counted}.", _FILL)
        else:
            yield told(CHECK, ran, why, f"Gives {where(ran, why)} no value, though it is NOT NULL.", _ADAPT)


_FILL = "Fill the column in a migration before this one, and see to it that no code writes NULL any more."
_ADAPT = "Give a value, or let the column take NULL."

CHECK = Check("nulls-for-not-null", "error", "docs/checks/nulls-for-not-null.md", find)
