"""An index that is gone: queries may become slow, and UNIQUE no longer keeps duplicates out."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.indexing import Lost, left, lost_indexes
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found
from dbs.migrations.checks.tracing import ran_by


def find(case: Case) -> Iterator[Finding]:
    """Indexes with no equal left. Those that go with a column are told by `column-drop-shrinks-index`."""
    for lost in lost_indexes(case):
        if not lost.silently:
            ran = ran_by(case, ("drop index", "add index"), lost.table, lost.name)
            columns = f"({', '.join(lost.parts.columns)})"
            sentence = f"Drops the {_kind(lost)} {lost.table}.{lost.name} {columns}{_instead(lost)}."
            advice = _UNIQUE if lost.parts.unique else _ADVICE
            yield found(CHECK, ran, sentence, evidence=left(case, lost), advice=advice)


def _kind(lost: Lost) -> str:
    if lost.name == "PRIMARY":
        return "primary key"
    return "unique index" if lost.parts.unique else "index"


def _instead(lost: Lost) -> str:
    if lost.successor is None:
        return ""
    name, parts = lost.successor
    columns = f"({', '.join(parts.columns)})"
    if not lost.parts.unique:
        return f"; {name} {columns} begins with the same columns"
    return f"; {name} {columns} serves the same queries but lets duplicates in"


_ADVICE = (
    "See in the thread whether it was in use, on replicas too. Make it IGNORED (MariaDB) or INVISIBLE (MySQL) for some "
    "days before you drop it; a replacement has to be there first."
)
_UNIQUE = "Without it nothing keeps duplicates out, and code that relies on that breaks. " + _ADVICE

CHECK = Check("drop-index", "warning", "docs/checks/drop-index.md", find)
