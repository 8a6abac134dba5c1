"""An UPDATE or DELETE of every row."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found, lasting, many
from dbs.migrations.checks.tracing import belongs_to_run, done


def find(case: Case) -> Iterator[Finding]:
    """Statements that really changed rows of production's tables, without choosing among them."""
    for ran, act in done(case):
        if act.what not in _DOES or not act.certain or ran.rows_affected <= 0 or belongs_to_run(case, ran, act.table):
            continue
        sentence = f"{_DOES[act.what]} every row of {act.table}: {many(ran.rows_affected, 'row')}."
        yield found(CHECK, ran, sentence, evidence=f"It took {lasting(ran.seconds)}.", advice=_ADVICE)


_DOES = {"update all": "Changes", "delete all": "Deletes"}
_ADVICE = (
    "See that every row is meant. In one statement all of them stay locked until it ends: go through the table in "
    "parts, by ranges of the primary key."
)

CHECK = Check("dml-without-where", "warning", "docs/checks/dml-without-where.md", find)
