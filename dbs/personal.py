"""Instances that people made for themselves: whose they are, on which port, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.engine import Connection

from dbs.errors import RefusedError, UsageError
from dbs.state import now, reading, stamp, writing
from dbs.state.tables import personal_instance as table

_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")


@dataclass(frozen=True)
class PersonalInstance:
    """One of them. Times are ISO 8601 UTC."""

    name: str
    owner_id: str
    owner_name: str
    source: str
    provider: str
    port: int
    created_at: str
    expires_at: str
    warned_at: str | None


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a name, until when, and out of which ports. `quota` is how many one person may have."""

    name: str
    owner_id: str
    owner_name: str
    source: str
    provider: str
    expires_at: datetime
    ports: Iterable[int]
    quota: int


class PersonalInstances:
    """Rows of `personal_instance`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, wish: Wish) -> tuple[PersonalInstance, bool]:
        """Write a new one down, or extend one's own; the second value is True when it is new.

        Raises `UsageError` for a name that cannot be one, `RefusedError` when the name is somebody else's, the quota
        is used up, or no port is free.
        """
        if not _NAME.fullmatch(wish.name):
            raise UsageError(
                f"{wish.name[:40]!r} cannot be a name: 2 to 31 of a to z, 0 to 9 and -, beginning with a letter."
            )
        with writing(self._engine) as connection:
            known = _get(connection, wish.name)
            if known is not None:
                return _extended(connection, known, wish), False
            values: dict[str, Any] = {
                "name": wish.name,
                "owner_id": wish.owner_id,
                "owner_name": wish.owner_name,
                "source": wish.source,
                "provider": wish.provider,
                "port": _free_port(connection, wish),
                "created_at": now(),
                "expires_at": stamp(wish.expires_at),
            }
            connection.execute(insert(table).values(values))
            return PersonalInstance(**values, warned_at=None), True

    def get(self, name: str) -> PersonalInstance | None:
        """The one of that name."""
        with reading(self._engine) as connection:
            return _get(connection, name)

    def all(self) -> list[PersonalInstance]:
        """All of them, the one that expires first at the front."""
        with reading(self._engine) as connection:
            found = connection.execute(select(table).order_by(table.c.expires_at))
            return [PersonalInstance(**row._mapping) for row in found]

    def ending(self, within: timedelta, at: datetime) -> list[PersonalInstance]:
        """Those that expire within that time and whose owner has not been warned yet."""
        return [one for one in self.all() if one.warned_at is None and one.expires_at <= stamp(at + within)]

    def warned(self, name: str) -> None:
        """Note that the owner has been warned."""
        with writing(self._engine) as connection:
            connection.execute(update(table).where(table.c.name == name).values(warned_at=now()))

    def forget(self, name: str) -> None:
        """Delete the row: the instance is gone."""
        with writing(self._engine) as connection:
            connection.execute(delete(table).where(table.c.name == name))


def _get(connection: Connection, name: str) -> PersonalInstance | None:
    row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
    return PersonalInstance(**row._mapping) if row else None


def _extended(connection: Connection, known: PersonalInstance, wish: Wish) -> PersonalInstance:
    if known.owner_id != wish.owner_id:
        raise RefusedError(f"{known.name} belongs to {known.owner_name}; choose another name.")
    changed = {"expires_at": stamp(wish.expires_at), "warned_at": None}
    connection.execute(update(table).where(table.c.name == known.name).values(changed))
    return PersonalInstance(**{**known.__dict__, **changed})


def _free_port(connection: Connection, wish: Wish) -> int:
    rows = connection.execute(select(table.c.name, table.c.owner_id, table.c.port)).all()
    mine = sorted(row.name for row in rows if row.owner_id == wish.owner_id)
    if len(mine) >= wish.quota:
        raise RefusedError(f"You have {', '.join(mine)} already, and {wish.quota} is the most. Release one first.")
    taken = {row.port for row in rows}
    for port in wish.ports:
        if port not in taken:
            return port
    raise RefusedError("All ports for personal instances are taken. Ask the others to release theirs.")
