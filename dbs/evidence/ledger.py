"""dbs's own ledger of the counters, so that "last used" reaches back further than the last start of a server.

A counter only grows, until the server starts anew or somebody empties it. Each look adds what it has grown by since the
look before; what was counted after the last look before such a break is lost, and how long that time was is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection as StateConnection
from sqlalchemy import Engine, delete, func, insert, select

from dbs.evidence.counters import Counter, NodeCounters
from dbs.evidence.interface import CounterName
from dbs.state import reading, stamp, writing
from dbs.state.tables import index_usage

_SAME_START = timedelta(minutes=2)
"""The time of a start is worked out from the uptime; clocks that are put right move it a little."""
KEPT = timedelta(days=100)
"""An index that was not seen for so long is forgotten."""


@dataclass(frozen=True)
class Watched:
    """What the ledger knows of one index, one counter and one server. Times are UTC.

    `reads` were counted since `since`; `used_at` is the look at which the number had grown last. `unseen` is how much
    of that time was lost at `breaks` restarts or flushes.
    """

    since: datetime
    sampled_at: datetime
    started_at: datetime
    value: int
    reads: int
    used_at: datetime | None
    unseen: timedelta
    breaks: int


class Ledger:
    """The table `index_usage`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sampled_at(self, source: str) -> datetime | None:
        """When a source was looked at last."""
        query = select(func.max(index_usage.c.sampled_at)).where(index_usage.c.source == source)
        with reading(self._engine) as connection:
            found = connection.execute(query).scalar()
        return None if found is None else datetime.fromisoformat(found)

    def watched(self, source: str, node: str, counter: CounterName) -> dict[tuple[str, str], Watched]:
        """All indexes of a server by (table, index)."""
        with reading(self._engine) as connection:
            return _read(connection, source, node, counter)

    def record(self, source: str, node: NodeCounters) -> None:
        """Add one look. One that finds a counter off adds to the time not seen; one that may not look adds nothing."""
        with writing(self._engine) as connection:
            for counter in node.counters:
                before = _read(connection, source, node.node, counter.name)
                if counter.state == "on":
                    _write(connection, source, node.node, counter, grown(before, counter, node))
                elif counter.state == "off":
                    _write(connection, source, node.node, counter, _missed(before, node))
            old = stamp(node.read_at - KEPT)
            connection.execute(
                delete(index_usage).where(index_usage.c.source == source, index_usage.c.sampled_at < old)
            )


def grown(
    before: Mapping[tuple[str, str], Watched], counter: Counter, node: NodeCounters
) -> dict[tuple[str, str], Watched]:
    """The rows after one more look at a counter."""
    looked = max((one.sampled_at for one in before.values()), default=None)
    broken = looked is not None and _broken(before, counter, node)
    found: dict[tuple[str, str], Watched] = {}
    for key, value in counter.reads.items():
        was = before.get(key)
        if counter.trusted is not None and key[0] not in counter.trusted:
            found |= _missed({key: was}, node) if was else {}
            continue
        # An index that the last look did not see was made since, or made anew under an old name.
        fresh = was is None or was.sampled_at != looked
        found[key] = _first(value, counter, node) if was is None or fresh else _next(was, value, node, broken=broken)
    return found


def _broken(before: Mapping[tuple[str, str], Watched], counter: Counter, node: NodeCounters) -> bool:
    """Whether the counter began anew: the server did, or any of its numbers fell."""
    restarted = any(abs(one.started_at - node.started_at) > _SAME_START for one in before.values())
    return restarted or any(counter.reads[key] < one.value for key, one in before.items() if key in counter.reads)


def _first(value: int, counter: Counter, node: NodeCounters) -> Watched:
    since = counter.since or node.read_at
    used = node.read_at if value else None
    return Watched(since, node.read_at, node.started_at, value, value, used, timedelta(), 0)


def _next(was: Watched, value: int, node: NodeCounters, *, broken: bool) -> Watched:
    more = value if broken else value - was.value
    restarted = abs(was.started_at - node.started_at) > _SAME_START
    lost = (node.started_at if restarted else node.read_at) - was.sampled_at if broken else timedelta()
    return Watched(
        since=was.since,
        sampled_at=node.read_at,
        started_at=node.started_at,
        value=value,
        reads=was.reads + more,
        used_at=node.read_at if more else was.used_at,
        unseen=was.unseen + max(lost, timedelta()),
        breaks=was.breaks + broken,
    )


def _missed(before: Mapping[tuple[str, str], Watched], node: NodeCounters) -> dict[tuple[str, str], Watched]:
    """The rows after a look that found the counter off: all the time since the one before was not seen."""
    return {
        key: replace(
            was,
            sampled_at=node.read_at,
            started_at=node.started_at,
            unseen=was.unseen + (node.read_at - was.sampled_at),
        )
        for key, was in before.items()
    }


def _read(connection: StateConnection, source: str, node: str, counter: str) -> dict[tuple[str, str], Watched]:
    table = index_usage.c
    query = select(index_usage).where(table.source == source, table.node == node, table.counter == counter)
    return {
        (row.table_name, row.index_name): Watched(
            since=datetime.fromisoformat(row.since),
            sampled_at=datetime.fromisoformat(row.sampled_at),
            started_at=datetime.fromisoformat(row.started_at),
            value=row.value,
            reads=row.reads,
            used_at=None if row.used_at is None else datetime.fromisoformat(row.used_at),
            unseen=timedelta(seconds=row.unseen_seconds),
            breaks=row.breaks,
        )
        for row in connection.execute(query)
    }


def _write(
    connection: StateConnection, source: str, node: str, counter: Counter, found: Mapping[tuple[str, str], Watched]
) -> None:
    """Replace the rows of these indexes."""
    table = index_usage.c
    for (name, index), one in found.items():
        key = {"source": source, "node": node, "table_name": name, "index_name": index, "counter": counter.name}
        connection.execute(delete(index_usage).where(*(table[column] == value for column, value in key.items())))
        values = {
            "since": stamp(one.since),
            "sampled_at": stamp(one.sampled_at),
            "started_at": stamp(one.started_at),
            "value": one.value,
            "reads": one.reads,
            "used_at": None if one.used_at is None else stamp(one.used_at),
            "unseen_seconds": int(one.unseen.total_seconds()),
            "breaks": one.breaks,
        }
        connection.execute(insert(index_usage).values(**key, **values))
