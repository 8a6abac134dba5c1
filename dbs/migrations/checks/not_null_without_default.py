"""A column that every INSERT has to name from now on."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.columns import shape
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import became, found
from dbs.migrations.checks.tracing import Place, columns, ran_by, surviving_columns, surviving_tables


def find(case: Case) -> Iterator[Finding]:
    """Columns of production's tables that are new, or that filled themselves until now."""
    before, where = columns(case.before), surviving_tables(case)
    was: dict[Place, Place] = {new: old for old, new in surviving_columns(case).items()}
    old_names = {new: old for old, new in where.items()}
    for place, column in sorted(columns(case.after).items()):
        if column.table not in old_names or shape(column.definition).fills_itself:
            continue
        old = was.get(place)
        if old is None or shape(before[old].definition).fills_itself:
            does = "Adds" if old is None else "Makes"
            name = f"{old_names[column.table]}.{column.name}"
            sentence = f"{does} the column {name} NOT NULL without a default."
            ran = ran_by(case, "set column", column.table, column.name)
            evidence = became(before[old] if old else None, column)
            yield found(CHECK, ran, sentence, evidence=evidence, advice=_ADVICE)


_ADVICE = (
    "An INSERT of code that does not know the column fails in strict mode, and rows that are there get 0 or an empty "
    "text. Give it a default, or let it take NULL until all code that runs fills it."
)

CHECK = Check("not-null-without-default", "warning", "docs/checks/not-null-without-default.md", find)
