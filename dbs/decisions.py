"""Questions put to a person by buttons: each is settled once, whoever clicks how often."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from dbs.state import now, reading, stamp, writing
from dbs.state.tables import decision as table

ANSWER_SECONDS = 600.0
"""How long a question waits for its answer; what was shown is too old to be agreed to after that."""

EXPIRED = "expired"


@dataclass(frozen=True)
class Decision:
    """A question. `work` is plain JSON: what was shown and what will run; `choice` is None until it is settled."""

    id: str
    request_id: str
    kind: str
    target: str
    digest: str
    work: dict[str, Any]
    asked_id: str
    asked_name: str
    asked_at: str
    expires_at: str
    choice: str | None
    settled_by: str | None
    settled_at: str | None

    @property
    def intact(self) -> bool:
        """Whether what would run is what was shown, to the byte."""
        return self.digest == _digest(self.kind, self.target, self.work)


class Decisions:
    """Rows of `decision`. `clock` gives the time as `dbs.state.now` does."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def ask(
        self,
        *,
        request_id: str,
        kind: str,
        target: str,
        work: Mapping[str, Any],
        asked_id: str,
        asked_name: str,
        seconds: float = ANSWER_SECONDS,
        once: bool = False,
    ) -> Decision:
        """Write a question down, open for so many seconds. Its id is safe to hand out: nobody can guess it.

        With `once` the same question is not asked again while it is open: the one that is there is returned.
        """
        asked_at = self._clock()
        values = {
            "id": secrets.token_hex(12),
            "request_id": request_id,
            "kind": kind,
            "target": target,
            "digest": _digest(kind, target, work),
            "work": json.dumps(dict(work)),
            "asked_id": asked_id,
            "asked_name": asked_name,
            "asked_at": asked_at,
            "expires_at": stamp(datetime.fromisoformat(asked_at) + timedelta(seconds=seconds)),
        }
        same = self._open(kind, target) & (table.c.digest == values["digest"])
        with writing(self._engine) as connection:
            found = connection.execute(select(table).where(same)).first() if once else None
            if found is not None:
                return _decision(found)
            connection.execute(insert(table).values(values))
            return _decision(connection.execute(select(table).where(table.c.id == values["id"])).one())

    def settle(self, decision_id: str, choice: str, by: str) -> bool:
        """Answer a question. True for exactly one caller; False when it was settled before or has expired."""
        moment = self._clock()
        return self._settle(decision_id, choice, by, table.c.expires_at > moment)

    def expire(self, decision_id: str) -> bool:
        """Settle a question whose time is over as `expired`. True for exactly one caller."""
        return self._settle(decision_id, EXPIRED, "", table.c.expires_at <= self._clock())

    def get(self, decision_id: str) -> Decision | None:
        """A question by its id."""
        with reading(self._engine) as connection:
            found = connection.execute(select(table).where(table.c.id == decision_id)).one_or_none()
        return _decision(found) if found else None

    def of_request(self, request_id: str) -> Decision | None:
        """The newest question of a request, if it asked any."""
        newest = select(table).where(table.c.request_id == request_id).order_by(table.c.asked_at.desc())
        with reading(self._engine) as connection:
            found = connection.execute(newest).first()
        return _decision(found) if found else None

    def waiting(self, kind: str, target: str | None = None) -> list[Decision]:
        """The questions of a kind that can still be answered, oldest first; of one target, or of all."""
        wanted = select(table).where(self._open(kind, target)).order_by(table.c.asked_at)
        with reading(self._engine) as connection:
            return [_decision(row) for row in connection.execute(wanted)]

    def asked(self, kind: str, since: str, target: str | None = None) -> list[Decision]:
        """The questions of a kind asked after a time, settled or not, oldest first; of one target, or of all."""
        wanted = (table.c.kind == kind) & (table.c.asked_at > since)
        found = select(table).where(wanted if target is None else wanted & (table.c.target == target))
        with reading(self._engine) as connection:
            return [_decision(row) for row in connection.execute(found.order_by(table.c.asked_at))]

    def expired(self) -> list[Decision]:
        """The questions whose time is over and that nobody has settled, oldest first."""
        over = table.c.choice.is_(None) & (table.c.expires_at <= self._clock())
        with reading(self._engine) as connection:
            return [_decision(row) for row in connection.execute(select(table).where(over).order_by(table.c.asked_at))]

    def over(self, decision: Decision) -> bool:
        """Whether what was shown is too old to be acted upon, settled or not."""
        return decision.expires_at <= self._clock()

    def _open(self, kind: str, target: str | None) -> Any:
        wanted = (table.c.kind == kind) & table.c.choice.is_(None) & (table.c.expires_at > self._clock())
        return wanted if target is None else wanted & (table.c.target == target)

    def _settle(self, decision_id: str, choice: str, by: str, condition: Any) -> bool:
        still_open = (table.c.id == decision_id) & table.c.choice.is_(None) & condition
        settled = {"choice": choice, "settled_by": by, "settled_at": self._clock()}
        with writing(self._engine) as connection:
            return connection.execute(update(table).where(still_open).values(settled)).rowcount == 1


def _digest(kind: str, target: str, work: Mapping[str, Any]) -> str:
    whole = json.dumps([kind, target, dict(work)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()


def _decision(row: Row[Any]) -> Decision:
    return Decision(**{**row._mapping, "work": json.loads(row.work)})
