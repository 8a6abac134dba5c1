"""What a masked column was like before and after: figures that show that it is masked, and still like production."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SAMPLE = 4096
"""So many distinct values are counted exactly; beyond it a random share of them (by hash) stands for all."""

Values = Sequence["bytes | None"]


@dataclass
class Side:
    """One side of a column. `lengths` counts values by the bit length of their length in bytes.

    `sample` counts how often each of the values occurs whose hash ends in `depth` zero bits (adaptive sampling, Wegman;
    Flajolet, "On adaptive sampling", Computing 43, 1990).
    """

    values: int = 0
    nulls: int = 0
    bytes: int = 0
    lengths: Counter[int] = field(default_factory=Counter)
    sample: Counter[int] = field(default_factory=Counter)
    depth: int = 0

    def add(self, values: Values) -> None:
        """Take in a block of values."""
        there = [value for value in values if value is not None]
        self.values += len(values)
        self.nulls += len(values) - len(there)
        sizes = list(map(len, there))
        self.bytes += sum(sizes)
        self.lengths.update([size.bit_length() for size in sizes])
        mask = (1 << self.depth) - 1
        self.sample.update([one for one in map(hash, there) if not one & mask])
        self._thin()

    def merge(self, other: Side) -> None:
        """Take in what another process saw of the same column."""
        self.values, self.nulls, self.bytes = (
            self.values + other.values,
            self.nulls + other.nulls,
            self.bytes + other.bytes,
        )
        self.lengths.update(other.lengths)
        self.depth = max(self.depth, other.depth)
        self.sample.update(other.sample)
        self._drop()
        self._thin()

    def _thin(self) -> None:
        while len(self.sample) > SAMPLE:
            self.depth += 1
            self._drop()

    def _drop(self) -> None:
        mask = (1 << self.depth) - 1
        self.sample = Counter({one: count for one, count in self.sample.items() if not one & mask})

    @property
    def distinct(self) -> int:
        """Distinct values: exact up to `SAMPLE`, else an estimate (standard error about 1.2 / sqrt(SAMPLE), 2 %)."""
        return len(self.sample) << self.depth

    @property
    def repeated_share(self) -> float:
        """The share of the distinct values (of the sample) that occur more than once."""
        return sum(1 for count in self.sample.values() if count > 1) / len(self.sample) if self.sample else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values. Hashes are no values: nobody gets a value back from them without the run's seed."""
        return {
            "values": self.values,
            "nulls": self.nulls,
            "bytes": self.bytes,
            "lengths": list(self.lengths.items()),
            "sample": list(self.sample.items()),
            "depth": self.depth,
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Side:
        """What was written with `to_json`."""
        pairs = {name: Counter(dict(facts[name])) for name in ("lengths", "sample")}
        return cls(facts["values"], facts["nulls"], facts["bytes"], pairs["lengths"], pairs["sample"], facts["depth"])


ALL_BLOCKS, ONE_IN = 32, 8
"""The first blocks of a process are looked at whole, of later ones one in so many: the figures change no more."""


@dataclass
class Watch:
    """A masked column, both sides. `equal` counts, among all `rows`, those whose stand-in is the original itself.

    The rest is of the blocks that are looked at: the two sides, and `chance`, which counts rows whose stand-in is the
    original of the row before. So often they are equal by chance.
    """

    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    rows: int = 0
    equal: int = 0
    chance: int = 0
    blocks: int = 0

    def add(self, old: Values, new: Values) -> None:
        """Take in a block, row by row in the same order."""
        self.rows += len(old)
        self.equal += sum(map(operator.eq, old, new)) - _both_null(old, new)
        self.blocks += 1
        if self.blocks <= ALL_BLOCKS or self.blocks % ONE_IN == 0:
            self.before.add(old)
            self.after.add(new)
            self.chance += sum(map(operator.eq, old[:-1], new[1:])) - _both_null(old[:-1], new[1:])

    @property
    def by_chance(self) -> float:
        """So many of all rows are equal by chance."""
        return self.chance * self.rows / self.before.values if self.before.values else 0.0

    def merge(self, other: Watch) -> None:
        """Take in what another process saw."""
        self.before.merge(other.before)
        self.after.merge(other.after)
        self.rows += other.rows
        self.equal += other.equal
        self.chance += other.chance
        self.blocks += other.blocks

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            **{name: getattr(self, name) for name in ("rows", "equal", "chance", "blocks")},
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Watch:
        """What was written with `to_json`."""
        counts = {name: int(facts[name]) for name in ("rows", "equal", "chance", "blocks")}
        return cls(Side.from_json(facts["before"]), Side.from_json(facts["after"]), **counts)


def _both_null(old: Values, new: Values) -> int:
    return sum(1 for one, other in zip(old, new, strict=True) if one is None and other is None) if None in old else 0
