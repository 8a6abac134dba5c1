"""What a review is about: changes of a schema, what vanishes with them, and what takes its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dbs.rehearsals import Rehearsal
from dbs.state import stamp

KIND = "change"
"""The kind of the question."""

APPROVE, REJECT, VOID = "approve", "reject", "void"
"""How it is settled; `void`: what was shown is not what would be merged any more."""

CONTEXT = "dbs / schema review"
"""The commit status, which a branch can require."""

OPEN_FOR = timedelta(days=7)
"""So long an approval is waited for; after that the evidence is too old to decide by."""

REMEMBERED = timedelta(days=90)
"""Questions that are older are nobody's business any more: no pull request waits so long."""

UNDEPLOYED = timedelta(days=35)
"""So long a merged change may be on its way to production; what it adds is missed there until it arrives."""

PASSED = ("passes", "passes with warnings")


@dataclass(frozen=True)
class SchemaChange:
    """One difference of the schema, by execution. `table` is the table that it is in, or that it is.

    `columns` are those of an index that was dropped, else those that it has now; empty for everything else.
    """

    kind: str
    table: str
    name: str
    how: str
    columns: tuple[str, ...] = ()
    unique: bool = False
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return self.name if self.name == self.table or not self.table else f"{self.table}.{self.name}"


@dataclass(frozen=True)
class Replacement:
    """An index that does what a dropped one did, added by a rehearsed change: the same one, or another."""

    dropped: SchemaChange
    added: SchemaChange
    by: Rehearsal


def named(one: Rehearsal) -> str:
    """How people call what was rehearsed: `acme/shop#12`, or the target of the job."""
    if one.number is not None:
        return f"{one.about.get('repository') or one.project}#{one.number}"
    return str(one.about.get("target") or one.project)


def digest_of(one: Rehearsal) -> str:
    """The digest of the migration files that were rehearsed; empty where there was no report."""
    return str((one.report or {}).get("digest") or one.about.get("digest") or "")


def is_proposal(one: Rehearsal) -> bool:
    """Whether somebody proposed it without a pull request."""
    return one.number is None and bool(one.about.get("proposal"))


def now_less(span: timedelta) -> str:
    """So long ago, as times are written in the state database."""
    return stamp(datetime.now(UTC) - span)
