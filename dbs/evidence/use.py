"""Whether an index is in use, as far as counters can tell. Never "unused" where it is "unknown"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dbs.evidence.asking import listed
from dbs.evidence.counters import Counter, NodeCounters
from dbs.evidence.interface import CounterUse, IndexUse, Verdict
from dbs.evidence.ledger import Ledger, Watched
from dbs.evidence.topology import not_asked

ENOUGH = timedelta(days=7)
"""Counters that are younger say nothing: a week's work, weekend and all, has not passed."""
MONTH = timedelta(days=35)
"""So long covers an end of a month wherever it begins."""

SEARCHES = "Searches that found no row are not counted: an index of a check such as “already done?” can look unused."
ENFORCES = "Checks of foreign keys and of uniqueness may use an index without being counted."
ESTIMATES = "The optimizer may look into an index only to estimate rows; a plan that needs that changes without it."
OWN = "What dbs itself reads at night, and samples, is counted like everybody's reading."
EMPTIED = "Somebody may have emptied a counter (FLUSH, TRUNCATE): the servers do not tell when."
MONTHLY = "No end of a month lies in that time for certain: monthly work may need the index."
MATCHED = "userstat alone also leaves out every UPDATE, DELETE and look-up by a unique key that found nothing."


@dataclass(frozen=True)
class _Said:
    """What one counter of one server says, with what the ledger knows of it."""

    use: CounterUse
    counter: Counter
    watched: Watched | None

    @property
    def since(self) -> datetime | None:
        """The time from which on it tells: the ledger goes on over restarts, a counter does not."""
        times = (self.use.since, self.watched.since if self.watched else None)
        return min((at for at in times if at is not None), default=None)

    @property
    def reads(self) -> int:
        """All that were counted in that time."""
        return max(self.use.reads or 0, self.watched.reads if self.watched else 0)


def judge(
    table: str,
    index: str,
    nodes: Sequence[NodeCounters],
    ledger: Ledger | None = None,
    source: str = "",
    not_reached: Sequence[str] = (),
    now: datetime | None = None,
) -> IndexUse:
    """What the counters of all servers of a source say of one index.

    `ledger` adds what was seen before the last start of a server; `not_reached` has a sentence for each server that
    could not be asked.
    """
    at = now or datetime.now(UTC)
    said = [one for node in nodes for one in _said(node, table, index, ledger, source)]
    counting = [one for one in said if one.use.reads is not None]
    used = [one for one in said if one.reads]
    reasons = tuple(_reasons(nodes, said, not_reached, at))
    since = _since(used or counting)
    verdict: Verdict = "used" if used else "unknown" if reasons else "unused so far"
    last = max((one.watched.used_at for one in said if one.watched and one.watched.used_at), default=None)
    use = IndexUse(
        table=table,
        index=index,
        verdict=verdict,
        reads=_reads(nodes, said) if counting or used else None,
        since=since,
        last_used=last,
        counters=tuple(one.use for one in said),
        blind_spots=tuple(_blind_spots(said, since, at)),
        reasons=() if used else reasons,
        sentence="",
    )
    return _with_sentence(use, len(nodes), at)


def _said(node: NodeCounters, table: str, index: str, ledger: Ledger | None, source: str) -> Iterator[_Said]:
    for counter in node.counters:
        reads, problem = counter.reads.get((table, index)), counter.problem
        if counter.state == "on" and reads is None:
            problem = "There is no such index on this server."
        elif reads is not None and not reads and counter.trusted is not None and table not in counter.trusted:
            reads = None
        elif counter.since is not None:
            problem = ""
        use = CounterUse(node.where, counter.name, reads, None if reads is None else counter.since, problem)
        history = ledger.watched(source, node.node, counter.name) if ledger else {}
        yield _Said(use, counter, history.get((table, index)))


def _reasons(
    nodes: Sequence[NodeCounters], said: Sequence[_Said], not_reached: Sequence[str], now: datetime
) -> Iterator[str]:
    """Why nothing can be concluded from a zero. Everything that could have been known and is not counts."""
    yield from not_reached
    yield from not_asked([node.topology for node in nodes])
    for node in nodes:
        here = [one for one in said if one.use.where == node.where]
        for one in here:
            if one.use.reads is None and one.counter.state in ("on", "denied"):
                yield f"{one.use.counter} of {node.where}: {one.use.problem}"
        counting = [one for one in here if one.use.reads is not None]
        if counting:
            yield from _too_young(node, counting, now)
        elif not any(one.counter.state in ("on", "denied") for one in here):
            off = " ".join(f"{one.use.counter}: {one.use.problem}" for one in here)
            yield f"Nothing counts on {node.where}. {off}"


def _too_young(node: NodeCounters, counting: Sequence[_Said], now: datetime) -> Iterator[str]:
    ages = [now - one.since - (one.watched.unseen if one.watched else timedelta()) for one in counting if one.since]
    if not ages:
        yield f"How long the counters of {node.where} have counted cannot be known. {counting[0].use.problem}"
    elif max(ages) < ENOUGH:
        age, least = span(max(ages)), span(ENOUGH)
        yield f"The counters of {node.where} are too young: {age}, and less than {least} say nothing."


def _since(said: Iterable[_Said]) -> datetime | None:
    """From when on every server tells; None when one of them does not say."""
    nodes: dict[str, list[datetime | None]] = {}
    for one in said:
        nodes.setdefault(one.use.where, []).append(one.since)
    times = [min((at for at in found if at is not None), default=None) for found in nodes.values()]
    known = [at for at in times if at is not None]
    return max(known) if known and len(known) == len(times) else None


def _reads(nodes: Sequence[NodeCounters], said: Sequence[_Said]) -> int:
    """Of each server the larger number, because both counters count the same reads in their own way."""
    return sum(max((one.reads for one in said if one.use.where == node.where), default=0) for node in nodes)


def _blind_spots(said: Sequence[_Said], since: datetime | None, now: datetime) -> Iterator[str]:
    counting = [one for one in said if one.use.reads is not None]
    if not counting:
        return
    yield from (SEARCHES, ENFORCES, ESTIMATES, EMPTIED)
    fine = {one.use.where for one in counting if one.use.counter == "performance_schema"}
    if any(one.use.where not in fine for one in counting):
        yield MATCHED
    if since is None or now - since < MONTH:
        yield MONTHLY
    lost = max((one.watched.unseen for one in counting if one.watched), default=timedelta())
    if lost:
        yield f"{span(lost)} of the time before a restart, or while a counter was off, were not seen."
    yield OWN


def _with_sentence(use: IndexUse, servers: int, now: datetime) -> IndexUse:
    sentence = {"used": _used, "unused so far": _unused, "unknown": _unknown}[use.verdict](use, servers, now)
    return replace(use, sentence=sentence)


def _used(use: IndexUse, servers: int, now: datetime) -> str:
    since = f" since {use.since:%Y-%m-%d}" if use.since else ""
    last = f", the last seen on {use.last_used:%Y-%m-%d}" if use.last_used else ""
    reads = "1 read was" if use.reads == 1 else f"{use.reads:,} reads were"
    return f"{use.index} is in use: {reads} counted{since}{last}."


def _unused(use: IndexUse, servers: int, now: datetime) -> str:
    names = listed(list(dict.fromkeys(one.counter for one in use.counters if one.reads is not None)))
    where = "the server" if servers == 1 else f"all {servers} servers"
    since = f" in {span(now - use.since)}, since {use.since:%Y-%m-%d}" if use.since else ""
    return f"{use.index} is unused so far: {names} of {where} counted no read of it{since}."


def _unknown(use: IndexUse, servers: int, now: datetime) -> str:
    counted = "" if use.reads is None else " No read was counted, but that proves nothing."
    more = f" ({len(use.reasons) - 1} more below.)" if len(use.reasons) > 1 else ""
    return f"Whether {use.index} is used is unknown.{counted} {use.reasons[0]}{more}"


def span(length: timedelta) -> str:
    """`41 days`, `3 h`, `12 min`."""
    if length >= timedelta(days=2):
        return f"{length.days} days"
    if length >= timedelta(hours=2):
        return f"{length // timedelta(hours=1)} h"
    return f"{max(0, length // timedelta(minutes=1))} min"
