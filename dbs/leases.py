"""Leases: somebody's hold on an instance until a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from dbs.errors import RefusedError
from dbs.state import now, reading, stamp, writing
from dbs.state.tables import lease

# Built once: nearly every command looks, and building a statement costs more than running it.
_IN_FORCE = select(lease).where(lease.c.instance == bindparam("wanted"), lease.c.until > bindparam("moment"))


@dataclass(frozen=True)
class Lease:
    """Who holds an instance. `until` is as `dbs.state.stamp` writes it."""

    instance: str
    holder_id: str
    holder_name: str
    until: str
    reason: str


class Leases:
    """At most one lease for each instance. `clock` gives the time as `dbs.state.now` does."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self._engine = engine
        self._clock = clock

    def holder(self, instance: str, at: str | None = None) -> Lease | None:
        """The lease that is in force at a time (ISO 8601 with a zone; default now), or None."""
        moment = self._clock() if at is None else _normal(at)
        with reading(self._engine) as connection:
            return _in_force(connection, instance, moment)

    def all(self, at: str | None = None) -> list[Lease]:
        """The leases that are in force at a time (default now), the one that ends first in front."""
        moment = self._clock() if at is None else _normal(at)
        query = select(lease).where(lease.c.until > moment).order_by(lease.c.until)
        with reading(self._engine) as connection:
            return [Lease(**row) for row in connection.execute(query).mappings()]

    def take(self, instance: str, holder_id: str, holder_name: str, until: str, reason: str) -> Lease:
        """Hold an instance until a time (ISO 8601 with a zone); whoever holds it already may move the end.

        Raises `RefusedError` when somebody else holds it or the end is past, `ValueError` for a text that is
        no time with a zone.
        """
        taken = Lease(instance, holder_id, holder_name, _normal(until), reason)
        moment = self._clock()
        if taken.until <= moment:
            raise RefusedError("A lease has to end in the future; nothing was done.")
        values = {"holder_id": holder_id, "holder_name": holder_name, "until": taken.until, "reason": reason}
        statement = insert(lease).values(instance=instance, **values)
        with writing(self._engine) as connection:
            _refuse_others(connection, instance, holder_id, moment)
            connection.execute(statement.on_conflict_do_update(index_elements=["instance"], set_=values))
        return taken

    def release(self, instance: str, holder_id: str) -> None:
        """End one's own lease. Raises `RefusedError` when somebody else or nobody holds the instance."""
        moment = self._clock()
        # First without waiting for one's turn to write: most of what is refused is refused here.
        with reading(self._engine) as connection:
            _refuse_release(connection, instance, holder_id, moment)
        with writing(self._engine) as connection:
            _refuse_release(connection, instance, holder_id, moment)
            connection.execute(delete(lease).where(lease.c.instance == instance))


def _in_force(connection: Connection, instance: str, moment: str) -> Lease | None:
    found = connection.execute(_IN_FORCE, {"wanted": instance, "moment": moment}).mappings().first()
    return Lease(**found) if found else None


def _refuse_release(connection: Connection, instance: str, holder_id: str, moment: str) -> None:
    held = _refuse_others(connection, instance, holder_id, moment)
    if held is None:
        raise RefusedError(f"Nobody holds {instance}; there is nothing to release.")


def _refuse_others(connection: Connection, instance: str, holder_id: str, moment: str) -> Lease | None:
    """One's own lease, if there is one."""
    held = _in_force(connection, instance, moment)
    if held is not None and held.holder_id != holder_id:
        until = datetime.fromisoformat(held.until).strftime("%Y-%m-%d %H:%M UTC")
        why = f" ({held.reason})" if held.reason else ""
        raise RefusedError(f"{held.holder_name} holds {instance} until {until}{why}; nothing was done.")
    return held


def _normal(time: str) -> str:
    return stamp(datetime.fromisoformat(time))
