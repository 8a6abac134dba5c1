"""A table that has another name now."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found
from dbs.migrations.checks.tracing import ran_by, renamed_tables, tables


def find(case: Case) -> Iterator[Finding]:
    """Tables of production whose rows are somewhere else after the run."""
    for old, new in sorted(renamed_tables(case).items()):
        ran = ran_by(case, "rename table", old)
        if old in tables(case.after):
            yield found(CHECK, ran, f"Renames the table {old} to {new}; another one takes its name.", advice=_SWAPPED)
        elif any(one.kind == "view" and one.name == old for one in case.after.objects):
            yield found(CHECK, ran, f"Renames the table {old} to {new}; a view takes its name.", advice=_VIEWED)
        else:
            yield found(CHECK, ran, f"Renames the table {old} to {new}.", advice=_ADVICE)


_ADVICE = (
    "Code that runs while this is deployed cannot find the table. Rename it and make a view of the old name, or make a "
    "new table and move over. Privileges on the table do not follow it."
)
_VIEWED = "See that code that is still running can write through the view, and has the privileges on it."
_SWAPPED = "See that what is written between the copy and the renaming is not lost, and that the new table is complete."

CHECK = Check("rename-table", "warning", "docs/checks/rename-table.md", find)
