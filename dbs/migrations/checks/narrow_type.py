"""A column whose new type cannot hold every value that the old one could."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.columns import Type, shape
from dbs.migrations.checks.fitting import objection
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import became, found
from dbs.migrations.checks.tracing import columns, ran_by, surviving_columns


def find(case: Case) -> Iterator[Finding]:
    """By the types alone: whether rows of today were changed is told by `values-changed`, as far as the server says."""
    before, after = columns(case.before), columns(case.after)
    for old_place, new_place in sorted(surviving_columns(case).items()):
        column = before[old_place]
        old, new = shape(column.definition).type, shape(after[new_place].definition).type
        why = objection(old, new)
        if why:
            change = f"from {_written(old)} to {_written(new)}"
            sentence = f"Narrows the column {column.table}.{column.name} {change}: {why}."
            ran = ran_by(case, "set column", column.table, after[new_place].name)
            yield found(CHECK, ran, sentence, evidence=became(column, after[new_place]), advice=_ADVICE)


def _written(one: Type) -> str:
    sizes = f"({','.join(map(str, one.sizes))})" if one.sizes else ""
    return f"{one.name}{sizes}{' unsigned' if one.unsigned else ''}"


_ADVICE = (
    "Some narrowings are silent, such as parts of a second or digits of a number. Count the values that do not fit, on "
    "production too, before this runs there, and keep the old column until nobody needs it."
)

CHECK = Check("narrow-type", "warning", "docs/checks/narrow-type.md", find)
