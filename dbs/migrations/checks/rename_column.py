"""A column that has another name now, by CHANGE or RENAME COLUMN."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found
from dbs.migrations.checks.tracing import columns, ran_by, surviving_columns


def find(case: Case) -> Iterator[Finding]:
    """Columns that kept what was in them under another name; another case of letters is none."""
    before, after = columns(case.before), columns(case.after)
    for old, new in sorted(surviving_columns(case).items()):
        if old[1] != new[1]:
            table, name = before[old].table, before[old].name
            sentence = f"Renames the column {table}.{name} to {after[new].name}."
            yield found(CHECK, ran_by(case, "rename column", table, name), sentence, advice=_ADVICE)


_ADVICE = (
    "Code that runs while this is deployed cannot find the column. Add the new column, write both, move the values, "
    "read the new one, and drop the old one in a later release."
)

CHECK = Check("rename-column", "warning", "docs/checks/rename-column.md", find)
