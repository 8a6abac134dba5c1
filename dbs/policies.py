"""What was said about masking policies: which were approved, which were rejected, by whom. Nothing is ever changed.

A policy is plain JSON here, and known by its digest; what it means is for `dbs.masking`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Row, insert, select

from dbs.state import now, reading, writing
from dbs.state.tables import masking_policy as table

APPROVED: Literal["approved"] = "approved"
REJECTED: Literal["rejected"] = "rejected"
SYSTEM = "system"
"""Stands for the person where nobody had to be asked; the name is that of whoever asked for the refresh."""


@dataclass(frozen=True)
class Verdict:
    """One policy and what was said of it. `summary` says what it changed; `policy` is empty for a rejected one."""

    id: int
    source: str
    digest: str
    policy: dict[str, Any] = field(repr=False)  # its canaries are to be known to nobody
    verdict: Literal["approved", "rejected"]
    by_id: str
    by_name: str
    at: str
    summary: str


_LAST = select(table.c.id, table.c.digest).order_by(table.c.id.desc()).limit(1)


class Policies:
    """Rows of `masking_policy`, in the order in which they were written. `clock` is as `dbs.state.now`."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def approved(self, source: str) -> Verdict | None:
        """The policy that was approved last, or None when none was."""
        return next(self.history(source), None)

    def history(self, source: str) -> Iterator[Verdict]:
        """All policies that were approved, newest first; each is read when it is asked for."""
        before = _approved(source)
        while True:
            with reading(self._engine) as connection:
                found = connection.execute(select(table).where(before).order_by(table.c.id.desc()).limit(1)).first()
            if found is None:
                return
            yield _verdict(found)
            before = _approved(source) & (table.c.id < found.id)

    def rejected(self, source: str, digest: str) -> Verdict | None:
        """The rejection of exactly this policy, unless it was approved since."""
        wanted = (table.c.source == source) & (table.c.digest == digest)
        with reading(self._engine) as connection:
            found = connection.execute(select(table).where(wanted).order_by(table.c.id.desc()).limit(1)).first()
        return _verdict(found) if found is not None and found.verdict == REJECTED else None

    def approve(
        self, source: str, digest: str, policy: Mapping[str, Any], *, by: tuple[str, str], summary: str, after: int
    ) -> bool:
        """Note that a policy was approved by somebody (id, name).

        `after` is the id of the approved one that it was compared with, 0 for none: when another one was approved
        meanwhile nothing is written and this is False, because what was approved was the difference. When it was
        this very one nothing is written either.
        """
        with writing(self._engine) as connection:
            last = connection.execute(_LAST.where(_approved(source))).first()
            if last is not None and last.digest == digest:
                return True
            if (last.id if last else 0) != after:
                return False
            connection.execute(insert(table), self._row(source, digest, policy, APPROVED, by, summary))
            return True

    def reject(self, source: str, digest: str, *, by: tuple[str, str], summary: str) -> None:
        """Note that a policy was rejected by somebody (id, name). Its text is not kept: nothing is held against it."""
        with writing(self._engine) as connection:
            connection.execute(insert(table), self._row(source, digest, {}, REJECTED, by, summary))

    def _row(
        self, source: str, digest: str, policy: Mapping[str, Any], verdict: str, by: tuple[str, str], summary: str
    ) -> dict[str, Any]:
        by_id, by_name = by
        said = {"verdict": verdict, "by_id": by_id, "by_name": by_name, "at": self._clock(), "summary": summary}
        return {"source": source, "digest": digest, "policy": json.dumps(dict(policy)), **said}


def _approved(source: str) -> ColumnElement[bool]:
    return (table.c.source == source) & (table.c.verdict == APPROVED)


def _verdict(row: Row[Any]) -> Verdict:
    return Verdict(**{**row._mapping, "policy": json.loads(row.policy)})
