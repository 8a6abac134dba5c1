"""Masking the rows of one table, a block at a time and column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dbs.masking.interface import KEEP, Mask, Masker
from dbs.masking.leaks import shapes
from dbs.masking.maskers import MASKERS
from dbs.masking.maskers.json import JsonMask
from dbs.masking.observing import Values, Watch
from dbs.masking.originals import LEAST_BYTES, LEAST_DIGITS, Originals
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.mysql.literals import is_wide, rows_text, wide_statements
from dbs.mysql.packets import Fields

_LOOKED_AT = 20
"""Originals of a block whose shape is looked at."""
_OFTEN = 0.7
"""With fewer distinct values than this share of the block each is masked once only."""


class TableMasker:
    """The maskers of one table, and what they saw. `key` is the masking key; it stays in this process."""

    def __init__(self, plan: TablePlan, key: bytes, originals: Originals | None, canaries: frozenset[bytes]) -> None:
        """`originals` remembers what must not come through; None where nobody looks for it afterwards."""
        self.plan = plan
        self.rows = 0
        self.canaries_seen: set[bytes] = set()
        self.wanted: set[str] = {column.kind for column in plan.columns if column.hides}
        self._canaries = canaries
        self.watches = {at: Watch() for at, column in enumerate(plan.columns) if column.mask != KEEP}
        self._masks = {at: _mask(plan.columns[at], key) for at in self.watches}
        self._originals = originals
        self._kinds = [column.kind for column in plan.columns]

    def masked(self, fields: Fields) -> Iterator[tuple[bool, bytes]]:
        """The rows as SQL: (whether it is one too wide for a statement of its own, text). Changes `fields`.

        `fields` are those of all rows, row after row.
        """
        self.mask(fields)
        count = len(self._kinds)
        self.rows += len(fields) // count
        if not is_wide(fields):
            if fields:
                yield False, self._statement(fields)
            return
        for at in range(0, len(fields), count):
            row = fields[at : at + count]
            if is_wide(row):
                yield from ((True, statement) for statement in wide_statements(self.plan.target, row, self._kinds))
            else:
                yield False, self._statement(row)

    def mask(self, fields: Fields) -> None:
        """Put stand-ins into the rows, in place."""
        count = len(self._kinds)
        # All originals first: a column that another one goes by may be masked itself.
        keys = {at: self._keys(at, fields) for at in self._masks}
        for at, mask in self._masks.items():
            old = fields[at::count]
            fields[at::count] = new = _column(mask, old, keys[at])
            self.watches[at].add(old, new)
            self._remember(self.plan.columns[at], old)

    @property
    def unmatched(self) -> dict[int, tuple[str, ...]]:
        """Column → the paths of its rule that no document had; of columns masked as JSON."""
        masks = {at: mask for at, mask in self._masks.items() if isinstance(mask, JsonMask)}
        return {at: mask.unmatched() for at, mask in masks.items()}

    def _remember(self, column: ColumnPlan, values: Values) -> None:
        if self._originals is None or (not column.hides and not self._canaries):
            return
        # As `fold` does it, without a call for each value.
        folded = {value.strip().lower() for value in values if value is not None and len(value) >= LEAST_BYTES}
        self.canaries_seen |= folded & self._canaries
        if column.hides:
            self._originals.add(value for value in folded if not value.isdigit() or len(value) >= LEAST_DIGITS)
            self.wanted |= shapes(list(folded)[:_LOOKED_AT])

    def _keys(self, at: int, fields: Fields) -> list[bytes] | None:
        """The keys of the rows for a masker that goes by another column; None for all others."""
        by = self.plan.columns[at].by
        return None if by is None else [key or b"" for key in fields[by :: len(self._kinds)]]

    def _statement(self, fields: Fields) -> bytes:
        return self.plan.target + b"\n" + rows_text(fields, self._kinds) + b";\n"


def _column(mask: Mask, old: Fields, keys: list[bytes] | None) -> Fields:
    if keys is not None:
        return [None if value is None else mask(value, by) for value, by in zip(old, keys, strict=True)]
    different = set(old)
    if len(different) < _OFTEN * len(old):
        known = {value: None if value is None else mask(value, b"") for value in different}
        return [known[value] for value in old]
    return [None if value is None else mask(value, b"") for value in old]


def _mask(column: ColumnPlan, key: bytes) -> Mask:
    masker: Masker = MASKERS[column.mask]
    make: Callable[..., Mask] = masker.make
    if column.place is None:
        raise ValueError("a rule always comes with its place")
    options = {name: value for name, value in column.options.items() if name not in ("unique", "reason")}
    return make(column.place, options, key)
