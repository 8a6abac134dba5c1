"""What is done to each column of each table, in a form that can be sent to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dbs.masking.interface import KEEP, Place
from dbs.masking.maskers import MASKERS
from dbs.mysql.literals import Kind
from dbs.mysql.names import quote_name
from dbs.mysql.schema import Column


@dataclass(frozen=True)
class ColumnPlan:
    """One stored column: how it is written, and its rule. `by` is the place of the column that a shift goes by.

    `trusted` marks a column that somebody keeps for a reason: it may hold what other columns hide.
    """

    name: str
    kind: Kind
    mask: str = KEEP
    options: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = None
    by: int | None = None
    trusted: bool = False

    @property
    def hides(self) -> bool:
        """Whether none of its originals may be anywhere in the dump. Of a few choices each is, whatever is done."""
        few = self.place is not None and bool(self.place.choices)
        return MASKERS[self.mask].entropy == "high" and not few


@dataclass(frozen=True)
class TablePlan:
    """One table; `columns` in the order of the SELECT that reads it."""

    name: str
    columns: tuple[ColumnPlan, ...]

    @property
    def target(self) -> bytes:
        """``INSERT INTO `t` (`a`,`b`) VALUES``."""
        names = ",".join(quote_name(column.name) for column in self.columns)
        return f"INSERT INTO {quote_name(self.name)} ({names}) VALUES".encode()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> TablePlan:
        """The plan that was written with `to_json`."""
        columns = (ColumnPlan(**{**column, "place": _place(column["place"])}) for column in facts["columns"])
        return cls(facts["name"], tuple(columns))


def kind_of(column: Column) -> Kind:
    """How the values of a column are written in SQL."""
    if column.binary:
        return "binary"
    # A bare -0 would be a whole number and lose its sign.
    return "number" if column.number and column.data_type not in ("float", "double") else "text"


def _place(facts: Mapping[str, Any] | None) -> Place | None:
    return None if facts is None else Place(**{**facts, "choices": tuple(facts["choices"])})
