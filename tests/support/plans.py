"""Tables to mask without a database: plans made by hand."""

from __future__ import annotations

from typing import Any

from dbs.masking.interface import KEEP
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.mysql.literals import Kind
from tests.support.maskers import BYTES, DAY, FREE, INTEGER, SHORT, unique

ID = ColumnPlan("id", "number", place=INTEGER)
EMAIL = ColumnPlan("email", "text", "email", place=unique(FREE))


def kept(name: str, kind: Kind = "text", **facts: Any) -> ColumnPlan:
    """A column that stays."""
    place = {"number": INTEGER, "text": FREE, "binary": BYTES}[kind]
    return ColumnPlan(name, kind, KEEP, place=place, **facts)


def users(*more: ColumnPlan) -> TablePlan:
    """A table of ids and addresses, with more columns."""
    return TablePlan("users", (ID, EMAIL, *more))


BORN = ColumnPlan("born", "text", "date", place=DAY, by=0)
NAME = ColumnPlan("name", "text", "name", place=SHORT)
