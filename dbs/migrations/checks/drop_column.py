"""A column that is gone, with what was in it."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.columns import shape
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import became, found, rows_of
from dbs.migrations.checks.tracing import columns, ran_by, surviving_columns, surviving_tables, tables


def find(case: Case) -> Iterator[Finding]:
    """Columns of tables that are still there; generated ones hold nothing of their own."""
    where, kept, before = surviving_tables(case), surviving_columns(case), tables(case.before)
    for place, column in sorted(columns(case.before).items()):
        if column.table in where and place not in kept and not shape(column.definition).generated:
            sentence = f"Drops the column {column.table}.{column.name}, in a table of {rows_of(before[column.table])}."
            ran = ran_by(case, "drop column", column.table, column.name)
            yield found(CHECK, ran, sentence, evidence=became(column, None), advice=_ADVICE)


_ADVICE = (
    "See that no code of any version that is still running reads or writes it: deploy that first, drop the column in a "
    "later release. What is in it comes back only from a backup."
)

CHECK = Check("drop-column", "warning", "docs/checks/drop-column.md", find)
