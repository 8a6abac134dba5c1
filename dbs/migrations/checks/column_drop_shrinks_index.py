"""An index that vanished or lost a column because a column was dropped: nobody wrote that down."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.indexing import left, lost_indexes
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found
from dbs.migrations.checks.tracing import ran_by


def find(case: Case) -> Iterator[Finding]:
    """Indexes that no statement names, with what is left of each."""
    for lost in lost_indexes(case):
        if not lost.silently:
            continue
        gone = lost.gone
        ran = ran_by(case, "drop column", lost.table, gone[0])
        smaller = case.indexes_after.get((lost.table_now, lost.name))
        name = f"{lost.table}.{lost.name}"
        was = f"({', '.join(lost.parts.columns)})"
        with_it = f"with the column {gone[0]}" if len(gone) == 1 else f"with the columns {', '.join(gone)}"
        if smaller is None:
            sentence = f"Drops the index {name} {was} silently, {with_it}."
        else:
            sentence = f"Shrinks the index {name} silently from {was} to ({', '.join(smaller.columns)}), {with_it}."
        yield found(CHECK, ran, sentence, evidence=left(case, lost), advice=_ADVICE)


_ADVICE = (
    "Write down what shall become of the index: drop it in the same statement, or replace it. A unique one that lost a "
    "column may meet duplicates."
)

CHECK = Check("column-drop-shrinks-index", "warning", "docs/checks/column-drop-shrinks-index.md", find)
