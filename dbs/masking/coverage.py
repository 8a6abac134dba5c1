"""Does a policy fit a database? Whatever it does not cover is a problem, and a problem stops a refresh."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from dbs.masking.interface import KEEP, Place, Policy, PolicyError, Rule, TablePolicy
from dbs.masking.looks import WHAT, look
from dbs.masking.maskers import MASKERS
from dbs.masking.naming import nearest, plain, shown
from dbs.masking.patterns import leaves
from dbs.masking.places import Places, pairs
from dbs.masking.sampling import Samples
from dbs.mysql.schema import Schema, Table

ProblemKind = Literal["unlisted", "gone", "limit", "tie", "unfit", "generated", "personal", "unsampled", "emptied"]
"""`unlisted`: no rule; `gone`: a rule for nothing; `limit`: `where` or `newest` on missing columns; `tie`: the ends of
a foreign key are masked differently; `unfit`: the masker does not take the column; `generated`: it is computed;
`personal`: kept, and looks like a person's data; `unsampled`: kept, and could not be looked at; `emptied`: a note."""

_PROBE_KEY = b"probe key"
_QUOTED_NAME = re.compile(r"`((?:[^`]|``)+)`")


@dataclass(frozen=True)
class Problem:
    """What does not fit, with what to do in its sentence. `column` is empty for a whole table. No value is in it."""

    table: str
    column: str
    kind: ProblemKind
    sentence: str


def check(
    policy: Policy, schema: Schema, samples: Samples | None = None, skip_data: Iterable[str] = ()
) -> list[Problem]:
    """Everything that stops a refresh, in the order of tables and columns; empty when the policy covers the schema.

    `samples` are sampled values for the question whether kept columns look personal; without them names and types are
    asked alone. `skip_data` are the patterns of the source. See `emptied` for what is published as NULL.
    """
    patterns = tuple(skip_data)
    whole = filled(policy, schema)
    places = Places.of_policy(schema, policy)
    found = list(_gone(policy, schema))
    for name, table in schema.tables.items():
        rules = whole.tables.get(name, TablePolicy())
        if skipped(name, whole, patterns):
            continue
        found += _unlisted(table, rules, policy)
        found += _limits(table, rules)
        found += _unfit(table, rules, places)
        found += _personal(table, rules, places, samples)
    found += _ties(whole, schema, patterns)
    return sorted(found, key=lambda one: (one.table, one.column, one.kind))


def looked_at(policy: Policy, schema: Schema, skip_data: Iterable[str] = ()) -> dict[str, list[str]]:
    """The columns whose values `check` wants to see, by table: those of which something is kept. For `sample`."""
    patterns = tuple(skip_data)
    wanted = {
        name: [column for column, rule in rules.columns.items() if keeps(rule) and not rule.options.get("reason")]
        for name, rules in policy.tables.items()
        if name in schema.tables and not skipped(name, policy, patterns)
    }
    return {name: columns for name, columns in wanted.items() if columns}


def emptied(policy: Policy, schema: Schema, skip_data: Iterable[str] = ()) -> list[Problem]:
    """The columns that no rule names and that `unclassified = "null"` empties: to be said, no reason to stop."""
    patterns = tuple(skip_data)
    return [
        Problem(name, column, "emptied", f"{shown(name, column)} has no rule and is emptied (NULL in every row).")
        for name, rules in filled(policy, schema).tables.items()
        if not skipped(name, policy, patterns)
        for column in rules.columns
        if name not in policy.tables or column not in policy.tables[name].columns
    ]


def filled(policy: Policy, schema: Schema) -> Policy:
    """The policy that counts: with `unclassified = "null"`, columns without a rule that may be NULL are emptied."""
    if policy.unclassified != "null":
        return policy
    tables = dict(policy.tables)
    for name, table in schema.tables.items():
        rules = tables.get(name, TablePolicy())
        added = {one.name: Rule("null") for one in table.stored if one.name not in rules.columns and one.nullable}
        if added:
            tables[name] = replace(rules, columns={**rules.columns, **added})
    return replace(policy, tables=tables)


def skipped(table: str, policy: Policy, patterns: Iterable[str] = ()) -> bool:
    """Whether no row of the table is read: by the policy, or by a pattern of `[source.NAME] skip_data`."""
    rules = policy.tables.get(table)
    return (rules is not None and rules.skip_data) or any(fnmatchcase(table, pattern) for pattern in patterns)


def _gone(policy: Policy, schema: Schema) -> Iterator[Problem]:
    """Rules that match nothing: what they were for may be there under another name, and not covered."""
    for name, rules in policy.tables.items():
        table = schema.tables.get(name)
        if table is None:
            hint = nearest(name, schema.tables)
            yield Problem(name, "", "gone", f"The policy lists table {plain(name)}, which is not there; {hint}")
            continue
        for column in rules.columns:
            if column not in table.by_name:
                hint = nearest(column, table.by_name)
                sentence = f"The policy lists {shown(name, column)}, which is not there; {hint}"
                yield Problem(name, column, "gone", sentence)


def _unlisted(table: Table, rules: TablePolicy, policy: Policy) -> Iterator[Problem]:
    missing = [column for column in table.stored if column.name not in rules.columns]
    if table.name not in policy.tables and missing and not rules.columns:
        names = ", ".join(plain(one.name) for one in missing[:10]) + (", …" if len(missing) > 10 else "")
        sentence = (
            f"Table {plain(table.name)} is not in the policy; list its columns ({names}) or write skip_data = true."
        )
        yield Problem(table.name, "", "unlisted", sentence)
        return
    for column in missing:
        advice = "give it a rule, keep included"
        if policy.unclassified == "null":
            advice += '; it takes no NULL, so unclassified = "null" cannot empty it'
        yield Problem(table.name, column.name, "unlisted", f"{shown(table.name, column.name)} has no rule: {advice}.")


def _limits(table: Table, rules: TablePolicy) -> Iterator[Problem]:
    """Of `where` only names in back-ticks are checked here; `sampling.check_limits` asks the server for the rest."""
    named = [found.replace("``", "`") for found in _QUOTED_NAME.findall(rules.where or "")]
    for column in named:
        if column not in table.by_name and column != table.name:
            sentence = f"{plain(table.name)}: where names {plain(column)}, which is not there; "
            yield Problem(table.name, "", "limit", sentence + nearest(column, table.by_name))
    by = rules.newest_by
    if by is None:
        return
    if by not in table.by_name:
        sentence = f"{plain(table.name)}: newest_by names {plain(by)}, which is not there; {nearest(by, table.by_name)}"
        yield Problem(table.name, by, "limit", sentence)
    elif not table.by_name[by].date:
        yield Problem(table.name, by, "limit", f"{shown(table.name, by)} is no date, so newest cannot go by it.")


def _unfit(table: Table, rules: TablePolicy, places: Places) -> Iterator[Problem]:
    for name, rule in rules.columns.items():
        column = table.by_name.get(name)
        if column is None:
            continue
        if column.generated:
            if rule.mask != KEEP:
                sentence = f"{shown(table.name, name)} is computed from other columns: mask those, and take it out."
                yield Problem(table.name, name, "generated", sentence)
            continue
        by = rule.options.get("by")
        if isinstance(by, str) and by not in table.by_name:
            sentence = (
                f"{shown(table.name, name)} goes by {plain(by)}, which is not there; {nearest(by, table.by_name)}"
            )
            yield Problem(table.name, name, "gone", sentence)
        try:
            MASKERS[rule.mask].make(places.of(table.name, name), rule.options, _PROBE_KEY)
        except PolicyError as error:
            yield Problem(table.name, name, "unfit", str(error))


def _ties(policy: Policy, schema: Schema, patterns: tuple[str, ...]) -> Iterator[Problem]:
    """Both ends of a foreign key have to get the same stand-ins, or rows point to nothing."""
    for (table, column), (other, referenced) in pairs(schema):
        if skipped(table, policy, patterns) or skipped(other, policy, patterns):
            continue
        ends = (_rule(policy, table, column), _rule(policy, other, referenced))
        if None in ends or schema.tables[table].by_name[column].generated:
            continue
        own, theirs = ends
        if own is not None and theirs is not None and own.mask != "null" and _meaning(own) != _meaning(theirs):
            sentence = (
                f"{shown(table, column)} points to {shown(other, referenced)} and is masked otherwise ({own.mask}, "
                f"{theirs.mask}): rows would point to nothing. Give both the same rule."
            )
            yield Problem(table, column, "tie", sentence)


def _rule(policy: Policy, table: str, column: str) -> Rule | None:
    rules = policy.tables.get(table)
    return None if rules is None else rules.columns.get(column)


def _meaning(rule: Rule) -> tuple[str, dict[str, object]]:
    """What decides the stand-in; `unique` counts for both ends wherever it stands."""
    return rule.mask, {name: value for name, value in rule.options.items() if name not in ("reason", "unique")}


def _personal(table: Table, rules: TablePolicy, places: Places, samples: Samples | None) -> Iterator[Problem]:
    """Kept columns, and JSON of which something is kept, that look personal; a reason answers for them."""
    for name, rule in rules.columns.items():
        column = table.by_name.get(name)
        if column is None or column.generated or not keeps(rule) or rule.options.get("reason"):
            continue
        values = samples.of(table.name, name) if samples else ()
        if rule.mask != KEEP:
            values = _kept_parts(values, rule, places.of(table.name, name))
        seen = look(table, column, values)
        if seen is not None and seen.refuses:
            sentence = (
                f"{shown(table.name, name)} is kept and looks like {WHAT[seen.what]} by {seen.by}. Mask it, or say why "
                f'not: {{ mask = "{rule.mask}", reason = "…" }}.'
            )
            yield Problem(table.name, name, "personal", sentence)
        elif samples and table.name in samples.failed:
            sentence = f"{shown(table.name, name)} is kept and could not be looked at: {samples.failed[table.name]}"
            yield Problem(table.name, name, "unsampled", sentence)


def _kept_parts(values: Sequence[str], rule: Rule, place: Place) -> list[str]:
    """What a rule for JSON leaves as it is, by masking the samples; each value under its own name, as JSON again.

    A document that cannot be read, such as one that was cut, counts as a whole.
    """
    try:
        mask = MASKERS[rule.mask].make(place, rule.options, _PROBE_KEY)
    except PolicyError:
        return list(values)  # the rule does not fit, which is said already
    parts = []
    for value in values:
        before, after = leaves(value), leaves((mask(value.encode(), b"") or b"").decode())
        if before is None or after is None:
            parts.append(value)
            continue
        there = set(after)
        parts.append(json.dumps([{path.rpartition(".")[2]: text} for path, text in before if (path, text) in there]))
    return parts


def keeps(rule: Rule) -> bool:
    """Whether something of a value comes through: `keep`, and `json` with `other = "keep"` or such a path."""
    if rule.mask == KEEP:
        return True
    paths = rule.options.get("paths", {})
    kept = [one for one in paths.values() if one == KEEP or (isinstance(one, dict) and one.get("mask") == KEEP)]
    return rule.mask == "json" and (rule.options.get("other") == KEEP or bool(kept))
