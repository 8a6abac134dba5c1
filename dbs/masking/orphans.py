"""Which tables are left out whole, so that no row points to one that is not there."""

from __future__ import annotations

from collections.abc import Collection

from dbs.masking.coverage import skipped
from dbs.masking.interface import Policy
from dbs.mysql.schema import Schema, Table


def left_out(policy: Policy, schema: Schema, patterns: Collection[str] = ()) -> frozenset[str]:
    """The tables without rows: those that are skipped, and those whose every row has to point into one of them."""
    found = {name for name in schema.tables if skipped(name, policy, patterns)}
    found |= {name for name, rules in policy.tables.items() if rules.skip_data}
    while True:
        more = {
            table.name
            for table in schema.tables.values()
            if table.name not in found
            for key in table.foreign_keys
            if key.table in found and not any(table.by_name[column].nullable for column in key.columns)
        }
        if not more:
            return frozenset(found)
        found |= more


def points_to(table: Table) -> frozenset[str]:
    """The tables that its foreign keys point to."""
    return frozenset(key.table for key in table.foreign_keys)
