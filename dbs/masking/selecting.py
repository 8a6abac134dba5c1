"""What is read of each table: which columns, which rows, and nothing that would point to a row that is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from dbs.masking.interface import KEEP, Policy, PolicyError, Rule, TablePolicy
from dbs.masking.maskers import MASKERS
from dbs.masking.naming import plain
from dbs.masking.places import Places
from dbs.masking.plan import ColumnPlan, TablePlan, kind_of
from dbs.mysql.names import quote_name
from dbs.mysql.schema import Column, ForeignKey, Schema, Table

_NEVER = "FALSE"


@dataclass(frozen=True)
class Reading:
    """One table: what is done to its columns, and the SELECT that gives them; no SELECT when its rows are skipped."""

    plan: TablePlan
    select: str | None


def readings(policy: Policy, schema: Schema, skipped: Collection[str] = ()) -> list[Reading]:
    """What to read, table by table in the order of their names. `skipped` are tables without rows, beside the policy's.

    Raises `PolicyError` for a column without a rule, unless the policy says that those become NULL.
    """
    selection = _Selection(policy, schema, frozenset(skipped))
    places = Places.of_policy(schema, policy)
    return [
        Reading(plan_of(policy, table, places), selection.select(table)) for _, table in sorted(schema.tables.items())
    ]


def plan_of(policy: Policy, table: Table, places: Places) -> TablePlan:
    """What is done to the stored columns of one table. Raises `PolicyError` as `readings` does."""
    names = [column.name for column in table.stored]
    rules = policy.tables.get(table.name, TablePolicy())
    return TablePlan(table.name, tuple(_column(policy, rules, table, column, places, names) for column in table.stored))


def _column(
    policy: Policy, rules: TablePolicy, table: Table, column: Column, places: Places, names: list[str]
) -> ColumnPlan:
    rule = rules.columns.get(column.name)
    if rule is None and rules.skip_data:
        rule = Rule("null") if column.nullable else Rule(KEEP)  # nothing of it is read
    if rule is None and policy.unclassified == "null":
        rule = Rule("null")
    if rule is None:
        raise PolicyError(f"{table.name}.{column.name} is not in the policy; nothing is read before it is.")
    return ColumnPlan(
        name=column.name,
        kind=kind_of(column),
        mask=rule.mask,
        options=dict(rule.options),
        place=places.of(table.name, column.name),
        by=_by(rule, table, names),
        trusted=rule.mask == KEEP and bool(rule.options.get("reason")),
    )


def _by(rule: Rule, table: Table, names: list[str]) -> int | None:
    """The place of the column that a masker goes by: the rule's `by`, or the first of the primary key."""
    if not MASKERS[rule.mask].by_row:
        return None
    name = rule.options.get("by") or next(iter(table.primary_key), None)
    if name is not None and name not in names:
        raise PolicyError(f"{table.name}: by = {name!r} is no column with data of its own in that table.")
    return None if name is None else names.index(name)


class _Selection:
    """The rows of each table that are read, as SQL."""

    def __init__(self, policy: Policy, schema: Schema, skipped: frozenset[str]) -> None:
        self._policy = policy
        self._schema = schema
        self._skipped = skipped | {name for name, rules in policy.tables.items() if rules.skip_data}

    def select(self, table: Table) -> str | None:
        """The SELECT of one table."""
        if table.name in self._skipped:
            return None
        columns = ", ".join(self._expression(table, column) for column in table.stored)
        conditions = " AND ".join(self._conditions(table, "t", (table.name,)))
        where = f" WHERE {conditions}" if conditions else ""
        place = f"{quote_name(self._schema.database)}.{quote_name(table.name)}"
        return f"SELECT {columns} FROM {place} AS t{where}"  # noqa: S608 - names are quoted, conditions are the policy's

    def _expression(self, table: Table, column: Column) -> str:
        value = f"t.{quote_name(column.name)}"
        gone = [
            key
            for key in table.foreign_keys
            if column.name in key.columns and column.nullable and self._limited(key.table, (table.name,))
        ]
        for key in gone:
            # Nothing was seen yet: what it points to may itself have to point back into this table.
            value = f"CASE WHEN {self._exists(table, key, 't', ())} THEN {value} END"
        # A FLOAT is written with six digits, which is less than it has; as a DOUBLE it comes whole.
        return f"{value} * 1e0" if column.data_type == "float" else value

    def _conditions(self, table: Table, alias: str, seen: tuple[str, ...]) -> Iterator[str]:
        """What a row has to fulfil to be read, under that alias."""
        if table.name in self._skipped:
            yield _NEVER
            return
        rules = self._policy.tables.get(table.name, TablePolicy())
        if rules.where:
            yield f"({rules.where})"
        if rules.newest_days is not None and rules.newest_by is not None:
            column = f"{alias}.{quote_name(rules.newest_by)}"
            yield f"{column} >= UTC_TIMESTAMP() - INTERVAL {int(rules.newest_days)} DAY"
        for key in table.foreign_keys:
            if not self._required(table, key):
                continue
            if key.table in seen:
                self._refuse_circle(table, key)
            elif self._limited(key.table, seen):
                yield self._exists(table, key, alias, seen)

    def _refuse_circle(self, table: Table, key: ForeignKey) -> None:
        """A row would have to be read when all that follow it in a circle are, which one SELECT cannot say."""
        if self._limited(key.table, ()):
            raise PolicyError(
                f"Not all rows of {plain(key.table)} are read, and {plain(table.name)} points to it in a circle by "
                f"{', '.join(map(plain, key.columns))}, which takes no NULL: rows would point to nothing. Read all of "
                "it, or none (skip_data)."
            )

    def _exists(self, table: Table, key: ForeignKey, alias: str, seen: tuple[str, ...]) -> str:
        """Whether the row that a key points to is read too. A key with NULL in it points to none."""
        other = self._schema.tables[key.table]
        inner = f"{alias}{len(seen)}"
        ties = [
            f"{inner}.{quote_name(there)} = {alias}.{quote_name(here)}"
            for here, there in zip(key.columns, key.referenced, strict=True)
        ]
        conditions = " AND ".join([*ties, *self._conditions(other, inner, (*seen, key.table))])
        place = f"{quote_name(self._schema.database)}.{quote_name(key.table)}"
        return f"EXISTS (SELECT 1 FROM {place} AS {inner} WHERE {conditions})"  # noqa: S608 - as above

    def _limited(self, name: str, seen: tuple[str, ...]) -> bool:
        """Whether not all rows of a table are read, by its own rule or because of what it points to."""
        table = self._schema.tables.get(name)
        if table is None or name in seen[1:]:
            return False
        rules = self._policy.tables.get(name, TablePolicy())
        if name in self._skipped or rules.where or rules.newest_days is not None:
            return True
        return any(
            self._required(table, key) and key.table != name and self._limited(key.table, (*seen, name))
            for key in table.foreign_keys
        )

    @staticmethod
    def _required(table: Table, key: ForeignKey) -> bool:
        """Whether every row has to point somewhere: such a row is left out with what it points to."""
        return not any(table.by_name[column].nullable for column in key.columns)
