"""The words of masking: rules, a policy, and what a masker is.

A *policy* lists every column of every table with its *rule*. A *masker* turns one value into its stand-in: the same
value has the same stand-in in every table and every night, as long as the key is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from dbs.errors import FailedError, RefusedError

KEEP = "keep"


class MaskingError(FailedError):
    """Masking could not be done or did not hold what it promises; nothing is published."""


class PolicyError(RefusedError):
    """The policy does not fit: the sentence names table and column, and says what to write."""


@dataclass(frozen=True)
class Rule:
    """What happens to a column. `mask` is the name of a masker; `options` are its own (`by`, `value`, `paths`, …)."""

    mask: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TablePolicy:
    """The rules of one table, by column.

    With `skip_data` the table is kept and no row is read. `where` (SQL) or `newest` (so many days of `newest_by`) limit
    the rows; rows elsewhere that point to a row left out are left out too.
    """

    columns: Mapping[str, Rule] = field(default_factory=dict)
    skip_data: bool = False
    where: str | None = None
    newest_days: int | None = None
    newest_by: str | None = None


@dataclass(frozen=True)
class Policy:
    """A whole policy. `canaries` are values planted in production which must never come through."""

    source: str
    tables: Mapping[str, TablePolicy]
    unclassified: Literal["refuse", "null"] = "refuse"
    canaries: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `policy.from_json` reads them again."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """sha256 over the meaning of the policy: comments and order do not count."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


Mask = Callable[[bytes, bytes], "bytes | None"]
"""(value, key of the row) → stand-in, or None for NULL. Never called with NULL: NULL stays NULL.

Values are bytes as the server writes them: text in UTF-8, numbers and dates in ASCII, binary columns as they are. The
key of the row is the value of the rule's `by` column for maskers that are `by_row`, else empty.
"""


@dataclass(frozen=True)
class Place:
    """The column that a masker is made for. Lengths are the most that fits.

    `kind` is `text`, `binary`, `number`, `date` or `json`. `injective` asks for different stand-ins for different
    values, because a unique index covers the column, or one that a foreign key ties to it. `exact` says that the column
    tells upper from lower case (a `_bin` collation, or binary). `characters` and `octets` are None without a limit;
    `least` and `most` bound a number's value (as in its type), `scale` are its decimals, `choices` those of ENUM, SET.
    """

    table: str
    column: str
    data_type: str
    kind: Literal["text", "binary", "number", "date", "json"]
    characters: int | None = None
    octets: int | None = None
    nullable: bool = True
    injective: bool = False
    exact: bool = False
    least: int | None = None
    most: int | None = None
    scale: int = 0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Masker:
    """One kind of masking, as it stands in the table `MASKERS`.

    `make(place, options, key)` gives the function for one column; it raises `PolicyError` when the rule does not fit
    the column. `entropy` decides how the result is verified: no original of a `high` one may be anywhere in the dump; a
    `low` one is compared row by row; `none` has nothing to compare. `strength` orders rules (0 = keep): a change to a
    smaller one weakens the policy.
    """

    name: str
    make: Callable[[Place, Mapping[str, Any], bytes], Mask]
    summary: str
    kinds: frozenset[str]
    entropy: Literal["high", "low", "none"]
    strength: int
    by_row: bool = False
