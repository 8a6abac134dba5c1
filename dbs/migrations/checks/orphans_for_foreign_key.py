"""Rows whose parent is not there, where a foreign key demands one."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.failing import changes_schema, explained, told, where
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import many


def find(case: Case) -> Iterator[Finding]:
    """The statement that failed, if it met rows without a parent, or would have left some."""
    failure = explained(case, CHECK)
    if failure is not None:
        ran, why = failure
        rows = why.counts.get("rows")
        key = f"the foreign key {why.constraint}".rstrip()
        if changes_schema(ran):
            counted = "rows have no parent" if rows is None else f"{many(rows, 'row has', 'rows have')} no parent"
            yield told(CHECK, ran, why, f"Cannot add {key} on {where(ran, why)}: {counted}.", _CLEAN_UP)
        else:
            yield told(
                CHECK, ran, why, f"Would leave rows of {where(ran, why)} without a parent, against {key}.", _ADAPT
            )


_CLEAN_UP = "Remove the rows without a parent, or point them to one, in a migration before this one."
_ADAPT = "Write parents before their children, and remove children before their parents."

CHECK = Check("orphans-for-foreign-key", "error", "docs/checks/orphans-for-foreign-key.md", find)
