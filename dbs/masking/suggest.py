"""A first policy, from the live schema and samples: something for every column, and why, for a person to go over.

Keys and codes are kept. What looks personal is masked as that. In doubt the stronger rule is written, with the comment
"please check". Columns that foreign keys tie together get one rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from dbs.masking import doubt
from dbs.masking.frameworks import MIGRATIONS, known, known_column
from dbs.masking.interface import KEEP, Policy, PolicyError, Rule, TablePolicy
from dbs.masking.looks import WHAT, Look, look
from dbs.masking.maskers import MASKERS
from dbs.masking.naming import plain, shown
from dbs.masking.places import Places, Where, key_column
from dbs.masking.sampling import Samples
from dbs.mysql.schema import Column, Schema, Table

PLEASE_CHECK = "please check"
_PROBE_KEY = b"probe key"

# What → maskers, the fitting one first; the first that takes the column is written.
MASKS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "token", "hash"),
    "phone": ("phone", "token", "number", "hash"),
    "name": ("name", "token", "hash"),
    "login": ("token", "hash"),
    "address": ("address", "token", "hash"),
    "ip": ("ip", "token", "hash"),
    "date": ("date",),
    "account": ("token", "phone", "hash"),
    "identity": ("token", "phone", "hash"),
    "secret": ("null", "hash", "token"),
    "special": ("hash", "null"),
    "amount": ("number",),
    "place": ("null", "number"),
    "text": (),
}
_LAST_RESORTS = ("text", "hash", "number", "null")


@dataclass(frozen=True)
class Suggestion:
    """A policy, and for its lines (table, column) why; (table, "") is why a whole table is as it is."""

    policy: Policy
    comments: Mapping[Where, str]


@dataclass(frozen=True)
class _Wish:
    """What one column should have: rules, the best one first, and why."""

    rules: tuple[Rule, ...]
    why: str

    @property
    def keeps(self) -> bool:
        return self.rules[0].mask == KEEP


def suggest(
    schema: Schema,
    samples: Samples,
    source_name: str,
    skip_data: Iterable[str] = (),
    existing: Policy | None = None,
) -> Suggestion:
    """A policy that `check` accepts on this schema. Rules of `existing` stand; only what it lacks is added."""
    writer = _Writer(schema, samples, tuple(skip_data), existing or Policy(source_name, {}))
    tables = {name: writer.table(table) for name, table in schema.tables.items()}
    kept = {**writer.existing.tables, **tables}
    return Suggestion(replace(writer.existing, source=source_name, tables=kept), writer.comments)


class _Writer:
    """The rules of one policy in the making."""

    def __init__(self, schema: Schema, samples: Samples, patterns: tuple[str, ...], existing: Policy) -> None:
        self.schema, self.samples, self.patterns, self.existing = schema, samples, patterns, existing
        self.places = Places.of_policy(schema, existing)
        self.comments: dict[Where, str] = {}
        self._chosen: dict[Where, tuple[Rule, str]] = {}

    def table(self, table: Table) -> TablePolicy:
        """The rules of a table: those that are there, and new ones for what they lack."""
        there = self.existing.tables.get(table.name)
        if there is not None and there.skip_data:
            return there
        skip = self._why_skip(table) if there is None else ""
        if skip:
            self.comments[table.name, ""] = skip
            return TablePolicy(skip_data=True)
        rules = dict(there.columns) if there is not None else {}
        for column in table.stored:
            if column.name not in rules:
                rules[column.name], why = self._choose(table, column)
                self.comments[table.name, column.name] = why
        return replace(there or TablePolicy(), columns=rules)

    def _why_skip(self, table: Table) -> str:
        if any(fnmatchcase(table.name, pattern) for pattern in self.patterns):
            return "skip_data of the source"
        found = known(table)
        if found is None or not found.skip:
            return ""
        why = f"{found.framework}: {found.what}"
        pointing = sorted({one.name for one in self.schema.tables.values() for key in one.foreign_keys
                           if key.table == table.name and one.name != table.name})  # fmt: skip
        return f"{why}; {PLEASE_CHECK}: rows of {plain(pointing[0])} point here" if pointing else why

    def _choose(self, table: Table, column: Column) -> tuple[Rule, str]:
        """One rule for all columns that are tied to this one."""
        where = (table.name, column.name)
        if where not in self._chosen:
            tied = sorted(self.places.tied(*where))
            chosen = self._of_tied(tied) if len(tied) > 1 else self._fitting(self._wish(*where), [where])
            self._chosen.update(dict.fromkeys(tied, chosen))
        return self._chosen[where]

    def _of_tied(self, tied: Sequence[Where]) -> tuple[Rule, str]:
        for table, column in tied:
            rules = self.existing.tables.get(table, TablePolicy()).columns
            if column in rules:
                return rules[column], f"as {shown(table, column)}, which is tied to it"
        wishes = {where: self._wish(*where) for where in tied}
        strong = [where for where, wish in wishes.items() if not wish.keeps]
        if not strong:
            return Rule(KEEP), "key"
        # NULL at the end that is pointed to would leave its rows without their partners, and a shift goes by the row.
        first = max(strong, key=lambda where: MASKERS[wishes[where].rules[0].mask].strength)
        usable = tuple(rule for rule in wishes[first].rules if rule.mask != "null" and not MASKERS[rule.mask].by_row)
        return self._fitting(_Wish(usable, f"{wishes[first].why} ({shown(*first)})"), tied)

    def _wish(self, table_name: str, column_name: str) -> _Wish:
        table = self.schema.tables[table_name]
        column = table.by_name[column_name]
        values = self.samples.of(table_name, column_name)
        seen = look(table, column, values)
        framework = known_column(table, column_name)
        if framework is not None and (framework[0].mask != "null" or column.nullable):
            return _Wish((framework[0], *_rules(seen, table)), framework[1])
        if doubt.is_json(column, values):
            paths = doubt.json_paths(values)
            options = {"paths": paths, "other": "text"} if paths else {"other": "text"}
            why = f"{WHAT[seen.what]} by {seen.by}" if seen else f"JSON; {PLEASE_CHECK}"
            return _Wish((Rule("json", options), Rule("json"), Rule("text")), why)
        if seen is not None and seen.refuses:
            return _Wish(_rules(seen, table), f"{WHAT[seen.what]} by {seen.by}")
        if table_name.lower() in MIGRATIONS:
            return _Wish((Rule(KEEP),), "book of the framework")
        return self._without_look(table, column, values, seen)

    def _without_look(self, table: Table, column: Column, values: Sequence[str], seen: Look | None) -> _Wish:
        if column.name in table.primary_key:
            return _Wish((Rule(KEEP),), "key")
        why = doubt.why_keep(column, values, free_text=seen is not None)
        if why is not None:
            return _Wish((Rule(KEEP),), why)
        masks = ("null", "text") if doubt.is_shape(column) else ("text", "hash")
        what = "free text by its name" if seen else "unknown"
        return _Wish(tuple(map(Rule, masks)), f"{what}; {PLEASE_CHECK}")

    def _fitting(self, wish: _Wish, places: Sequence[Where]) -> tuple[Rule, str]:
        """The first rule that every one of the columns takes; when none does, keep with a reason to read."""
        if wish.keeps:
            return wish.rules[0], wish.why
        last = [Rule(mask) for mask in _LAST_RESORTS if len(places) == 1 or mask != "null"]
        for rule in (*wish.rules, *last):
            if all(self._fits(rule, where) for where in places):
                return rule, wish.why
        why = wish.why if PLEASE_CHECK in wish.why else f"{wish.why}; {PLEASE_CHECK}"
        return Rule(KEEP, {"reason": "no masker takes this column"}), why

    def _fits(self, rule: Rule, where: Where) -> bool:
        try:
            MASKERS[rule.mask].make(self.places.of(*where), rule.options, _PROBE_KEY)
        except PolicyError:
            return False
        return True


def _rules(seen: Look | None, table: Table) -> tuple[Rule, ...]:
    """The maskers for what a column holds; for texts that only contain such things, the one for texts."""
    if seen is None:
        return ()
    if not seen.whole:
        return (Rule("text"), Rule("hash"))
    rules = tuple(map(Rule, MASKS[seen.what]))
    key = key_column(table)
    # A shift of its own for each person; without a key all dates move together.
    return (Rule("date", {"by": key}), *rules) if seen.what == "date" and key else rules
