"""A table of production that was emptied by TRUNCATE."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found, rows_of
from dbs.migrations.checks.tracing import belongs_to_run, done, tables


def find(case: Case) -> Iterator[Finding]:
    """Tables that held rows before the run."""
    before, after = tables(case.before), tables(case.after)
    told = set()
    for ran, act in done(case):
        table = before.get(act.table)
        if act.what != "truncate table" or table is None or act.table in told or belongs_to_run(case, ran, act.table):
            continue
        empty = act.table in after and after[act.table].rows == 0
        if (act.certain or empty) and not (table.rows == 0 and table.rows_exact):
            told.add(act.table)
            yield found(CHECK, ran, f"Empties the table {act.table} of {rows_of(table)}.", advice=_ADVICE)


_ADVICE = (
    "TRUNCATE commits at once and cannot be rolled back. Keep a dump of the table, or delete in parts what has to go."
)

CHECK = Check("truncate-table", "warning", "docs/checks/truncate-table.md", find)
