"""A table that is gone, or that was dropped and made anew under its name."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found, rows_of
from dbs.migrations.checks.tracing import done, ran_by, renamed_tables, tables


def find(case: Case) -> Iterator[Finding]:
    """Tables of production that the run has removed."""
    after, renamed = tables(case.after), renamed_tables(case)
    for name, table in sorted(tables(case.before).items()):
        if name in renamed:
            continue
        if name not in after:
            ran = ran_by(case, "drop table", name)
            yield found(CHECK, ran, f"Drops the table {name} with {rows_of(table)}.", advice=_ADVICE)
        elif _was_replaced(case, name):
            ran = ran_by(case, "drop table", name)
            sentence = f"Drops the table {name} with {rows_of(table)}; another one takes its name, with {{}}."
            yield found(CHECK, ran, sentence.format(rows_of(after[name])), advice=_ADVICE)


def _was_replaced(case: Case, name: str) -> bool:
    """Whether a statement dropped it though the name is there; a rebuilt table has another number as well."""
    before, after = tables(case.before)[name], tables(case.after)[name]
    if before.table_id is not None and before.table_id == after.table_id:
        return False
    return any(act.certain and act.what == "drop table" and act.table == name for _, act in done(case))


_ADVICE = (
    "See that no code of any version that is still running uses it. Rename it first, drop it some releases later, and "
    "keep a dump of it until then."
)

CHECK = Check("drop-table", "warning", "docs/checks/drop-table.md", find)
