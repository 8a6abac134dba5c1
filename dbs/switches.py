"""What is switched for everybody. `pause` is the kill switch: no new work starts while it is on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from dbs.state import now, reading, writing
from dbs.state.tables import switch

_PAUSE = "pause"
# Built once: every restore looks, and building a statement costs more than running it.
_NAMED = select(switch).where(switch.c.name == bindparam("wanted"))


@dataclass(frozen=True)
class Pause:
    """Who stopped all new work, when (as `dbs.state.now` writes it), and why (may be empty)."""

    by: str
    at: str
    reason: str


class Switches:
    """Rows of `switch`. `clock` gives the time as `dbs.state.now` does."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def pause(self, by: str, reason: str) -> bool:
        """Stop new work. False when it was stopped already; then the first one's name and reason stay."""
        values = {"name": _PAUSE, "set_by": by, "set_at": self._clock(), "reason": reason}
        with writing(self._engine) as connection:
            return connection.execute(insert(switch).values(values).on_conflict_do_nothing()).rowcount == 1

    def resume(self) -> bool:
        """Let new work start again. False when it was not stopped."""
        with writing(self._engine) as connection:
            return connection.execute(delete(switch).where(switch.c.name == _PAUSE)).rowcount == 1

    def paused(self) -> Pause | None:
        """The pause that is in force, or None."""
        with reading(self._engine) as connection:
            found = connection.execute(_NAMED, {"wanted": _PAUSE}).one_or_none()
        return Pause(found.set_by, found.set_at, found.reason) if found else None

    def is_paused(self) -> bool:
        """Whether no new work may start."""
        return self.paused() is not None
