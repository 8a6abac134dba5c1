"""The columns for which a policy lacks a rule, with what to choose from: for a window in which somebody classifies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from commands.services import Services
from dbs.jobs import Job
from dbs.masking.coverage import Problem
from dbs.masking.interface import KEEP, Policy, PolicyError, Rule, TablePolicy
from dbs.masking.looks import WHAT, look
from dbs.masking.maskers import MASKERS
from dbs.masking.naming import shown
from dbs.masking.places import Places, Where
from dbs.masking.sampling import sample
from dbs.masking.suggest import suggest
from dbs.mysql.interface import Connection
from dbs.mysql.schema import Schema

KIND = "classify"
"""Of the row in `decision` that keeps the gaps of a refresh that failed."""

MOST = 10
"""Columns in one window: more than that is work for an editor, and `dbs policy suggest --merge`."""

OPEN_SECONDS = 7 * 86_400.0
_CLASSIFIABLE = ("unlisted", "personal")
_PROBE_KEY = b"probe key"


def gaps(
    connection: Connection, policy: Policy, schema: Schema, problems: Sequence[Problem], skip_data: Iterable[str]
) -> dict[str, Any] | None:
    """What to classify, as plain JSON: for each column why, the rule that is suggested, and the maskers that fit.

    None when no rule would help. A few values of each column are read for the suggestion; none of them is in it.
    """
    wanted = list(_wanted(schema, problems))
    if not wanted:
        return None
    some = wanted[:MOST]
    only: dict[str, list[str]] = {}
    for table, column in some:
        only.setdefault(table, []).append(column)
    samples = sample(connection, schema, only)
    suggested = suggest(schema, samples, policy.source, tuple(skip_data), _without(policy, wanted))
    places = Places.of_policy(schema, policy)
    why = {(one.table, one.column): one.sentence for one in problems}
    columns = []
    for table, column in some:
        seen = look(schema.tables[table], schema.tables[table].by_name[column], samples.of(table, column))
        rule = suggested.policy.tables[table].columns[column]
        columns.append(
            {
                "table": table,
                "column": column,
                "name": shown(table, column),
                "why": why.get((table, column)) or why.get((table, ""), ""),
                "note": suggested.comments.get((table, column), ""),
                "rule": {"mask": rule.mask, **rule.options},
                "masks": _fitting(places, (table, column), rule),
                "personal": WHAT[seen.what] if seen is not None and seen.refuses else "",
            }
        )
    return {"file": policy.digest, "columns": columns, "left": len(wanted) - len(some)}


def offered(services: Services, job: Job, found: dict[str, Any] | None) -> tuple[dict[str, str], ...]:
    """The button under a refresh that failed for want of rules; may be asked for again after a crash."""
    if not found:
        return ()
    kept = services.decisions.ask(
        request_id=f"{KIND}:{job.id}",
        kind=KIND,
        target=job.target,
        work={**found, "thread": job.id},
        asked_id=job.requester_id,
        asked_name=job.requester_name,
        seconds=OPEN_SECONDS,
        once=True,
    )
    return ({"action": KIND, "decision": kept.id, "choice": KIND, "label": "Classify", "style": "primary"},)


def _wanted(schema: Schema, problems: Sequence[Problem]) -> Iterable[Where]:
    """The columns that a rule would help; all of a table that the policy does not know."""
    for one in problems:
        table = schema.tables.get(one.table)
        if one.kind not in _CLASSIFIABLE or table is None:
            continue
        if one.column:
            yield one.table, one.column
        else:
            yield from ((one.table, column.name) for column in table.stored)


def _without(policy: Policy, wanted: Sequence[Where]) -> Policy:
    """The policy without rules for these, so that new ones are suggested; tables are there, so that none is skipped."""
    tables = dict(policy.tables)
    for table, column in wanted:
        there = tables.get(table, TablePolicy())
        kept = {name: rule for name, rule in there.columns.items() if name != column}
        tables[table] = replace(there, columns=kept)
    return replace(policy, tables=tables)


def _fitting(places: Places, where: Where, suggested: Rule) -> list[str]:
    """The maskers that take the column without an option, the suggested one first; to keep it can always be chosen."""
    found = [suggested.mask]
    for name, masker in MASKERS.items():
        try:
            masker.make(places.of(*where), {}, _PROBE_KEY)
        except PolicyError:
            continue
        found.append(name)
    return list(dict.fromkeys([*found, KEEP]))
