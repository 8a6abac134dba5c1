"""Did masking hold? The figures of a run, and what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dbs.masking.interface import KEEP
from dbs.masking.maskers import MASKERS
from dbs.masking.observing import Side, Watch
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.masking.pool import Figures

_MANY = 5.0
"""Standard deviations above chance that count as more than chance."""
_FEW = 3
"""So many equal rows are never taken for a failure: a value may be its own stand-in."""
_COMPARED = 20
"""Rows below which a column of one value cannot be told from one that is not masked."""


def facts(plans: Sequence[TablePlan], figures: Mapping[str, Figures]) -> dict[str, Any]:
    """Table → column → how it was before and after, as plain JSON without any value."""
    return {
        plan.name: {
            column.name: _column_facts(column, figures[plan.name].watches[column.name])
            for column in plan.columns
            if column.name in figures[plan.name].watches and figures[plan.name].rows
        }
        for plan in plans
    }


def problems(plans: Sequence[TablePlan], figures: Mapping[str, Figures]) -> list[str]:
    """A sentence for each column in which masking did not do what it promises."""
    found = []
    for plan in plans:
        for column in plan.columns:
            watch = figures[plan.name].watches.get(column.name)
            if watch is not None:
                found += [f"{plan.name}.{column.name}: {what}" for what in _column_problems(column, watch)]
                found += _paths(plan.name, column, figures[plan.name])
    return found


def _paths(table: str, column: ColumnPlan, figures: Figures) -> list[str]:
    """A path that nothing has is misspelt; where what is not named is masked as well, that does no harm."""
    if column.options.get("other") != KEEP or not figures.rows:
        return []
    return [f"{table}.{column.name}: no document has {path}" for path in sorted(figures.unmatched.get(column.name, ()))]


def _column_problems(column: ColumnPlan, watch: Watch) -> list[str]:
    entropy = MASKERS[column.mask].entropy
    found = []
    if entropy != "none" and _unchanged(watch):
        found.append(f"{watch.equal:,} of {watch.rows:,} rows still have their original (masked as {column.mask})")
    if column.mask not in ("null", "constant") and watch.after.nulls != watch.before.nulls:
        found.append(f"{watch.before.nulls:,} NULLs became {watch.after.nulls:,}")
    if _promised_unique(column) and _collided(watch):
        found.append(f"{watch.before.distinct:,} distinct values became {watch.after.distinct:,}")
    return found


def _unchanged(watch: Watch) -> bool:
    """Whether more rows kept their value than chance explains.

    Chance is measured in the same run: how often a stand-in equals the original of the row before.
    """
    there = watch.before.values - watch.before.nulls
    if there >= _COMPARED and watch.equal >= there:
        return True
    return watch.equal > watch.by_chance + _FEW + _MANY * math.sqrt(watch.by_chance + 1)


def _promised_unique(column: ColumnPlan) -> bool:
    """Whether different values must have different stand-ins, and can be told apart by their bytes.

    Where upper and lower case are the same value, the unique index says so when the dump is loaded.
    """
    return column.place is not None and column.place.injective and (column.place.exact or column.kind != "text")


def _collided(watch: Watch) -> bool:
    exact = not watch.before.depth and not watch.after.depth
    return exact and watch.before.distinct != watch.after.distinct


def _column_facts(column: ColumnPlan, watch: Watch) -> dict[str, Any]:
    return {"mask": column.mask, "equal": watch.equal, "by_chance": round(watch.by_chance)} | {
        name: [_side(watch.before)[name], _side(watch.after)[name]] for name in _side(watch.before)
    }


def _side(side: Side) -> dict[str, float]:
    there = side.values - side.nulls
    return {
        "null_share": round(side.nulls / side.values, 4) if side.values else 0.0,
        "distinct": side.distinct,
        "repeated_share": round(side.repeated_share, 4),
        "mean_bytes": round(side.bytes / there, 1) if there else 0.0,
    }
