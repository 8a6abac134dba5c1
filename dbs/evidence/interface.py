"""What is touched, what depends on it, who uses it; and what of that could not be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dbs.errors import FailedError, UsageError

Kind = Literal[
    "foreign key",
    "view",
    "trigger",
    "routine",
    "event",
    "generated column",
    "check",
    "index",
    "partition",
    "auto increment",
]
Verdict = Literal["used", "unused so far", "unknown"]
CounterName = Literal["performance_schema", "userstat"]


class EvidenceError(FailedError):
    """Nothing can be said; the sentence says why."""


class NoSuchThingError(UsageError):
    """There is no such table, column or index; `known` are those that there are, to find the nearest."""

    def __init__(self, sentence: str, known: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.known = known


@dataclass(frozen=True)
class Touched:
    """What a change touches: a table, or with `column` or `index` one of it. `how` is a verb, such as `drop`."""

    table: str
    column: str | None = None
    index: str | None = None
    how: str = "drop"

    def __str__(self) -> str:
        part = self.index or self.column
        return f"{self.table}.{part}" if part else self.table


@dataclass(frozen=True)
class Dependency:
    """Something that depends on what is touched.

    `certain` is False where only a name was found in the text of a program, which may mean something else by it.
    `blocks` is True where the server itself refuses the drop, or where afterwards a constraint would be gone.
    """

    kind: Kind
    name: str
    sentence: str
    certain: bool = True
    blocks: bool = False


@dataclass(frozen=True)
class Dependencies:
    """Everything that was found, and a sentence with the GRANT for each thing that the account may not see."""

    found: tuple[Dependency, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True)
class CounterUse:
    """What one counter of one server says of an index. `reads` is None where it says nothing, and `problem` says why.

    `since` is when it began to count at the earliest (UTC), as far as that is known.
    """

    where: str
    counter: CounterName
    reads: int | None
    since: datetime | None
    problem: str = ""


@dataclass(frozen=True)
class IndexUse:
    """Who uses an index, as far as counters tell.

    `since` is the time from which on all counters that were asked tell of it; `reads` is the largest of their numbers
    (rows, or row operations: they count differently, and every server counts its own), added up over the servers.
    `last_used` is the day at whose look the number had grown last, known only from dbs's own ledger.
    `reasons` say why the verdict is `unknown`, with what would help.
    """

    table: str
    index: str
    verdict: Verdict
    reads: int | None
    since: datetime | None
    last_used: datetime | None
    counters: tuple[CounterUse, ...]
    blind_spots: tuple[str, ...]
    reasons: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """Everything about what a change touches; `sentence` is for the reviewer who reads one line."""

    touched: Touched
    sentence: str
    dependencies: Dependencies
    use: IndexUse | None = None
