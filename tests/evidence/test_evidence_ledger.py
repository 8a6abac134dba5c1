"""The ledger goes on over restarts, and knows what it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.evidence.counters import Counter, NodeCounters
from dbs.evidence.ledger import KEPT, Ledger, Watched, grown
from dbs.evidence.use import judge
from dbs.state import open_state

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = ("t", "k")


def look(day: float, value: int | None, up_since: float = 0, **more: int) -> NodeCounters:
    """The counters at noon of a day; None for a counter that is off."""
    at, started = START + day * DAY, START + up_since * DAY
    reads = {} if value is None else {KEY: value, **{("t", name): count for name, count in more.items()}}
    counter = Counter("userstat", "on" if value is not None else "off", reads, started)
    return NodeCounters("one", "the server", started, at, (counter,))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(open_state(f"sqlite:///{tmp_path}/state.db"))


def kept(ledger: Ledger, *looks: NodeCounters) -> Watched:
    """What is known of the one index after these looks."""
    for one in looks:
        ledger.record("shop", one)
    return ledger.watched("shop", "one", "userstat")[KEY]


def test_reads_add_up_over_a_restart_and_a_flush(ledger: Ledger) -> None:
    found = kept(ledger, look(1, 5), look(2, 8), look(3, 2, up_since=2.5), look(4, 0, up_since=2.5))
    assert (found.reads, found.value, found.breaks) == (10, 0, 2)
    assert found.since == START and found.used_at == START + 3 * DAY
    assert found.unseen == 0.5 * DAY + DAY  # until the restart; and all the time before the flush was noticed
    assert ledger.sampled_at("shop") == START + 4 * DAY and ledger.sampled_at("crm") is None


def test_a_clock_that_is_put_right_is_no_restart(ledger: Ledger) -> None:
    moved = look(2, 7, up_since=30 / 86400)
    assert kept(ledger, look(1, 5), moved).breaks == 0


def test_a_flush_shows_by_another_index_too(ledger: Ledger) -> None:
    found = kept(ledger, look(1, 0, other=9), look(2, 0, other=1))
    assert (found.breaks, found.unseen, found.reads) == (1, DAY, 0)


def test_time_without_a_counter_is_time_not_seen(ledger: Ledger) -> None:
    found = kept(ledger, look(1, 5), look(3, None), look(4, 5))
    assert (found.unseen, found.reads, found.breaks) == (2 * DAY, 5, 0)


def test_an_index_that_was_made_anew_begins_anew(ledger: Ledger) -> None:
    without = look(2, 0, up_since=0, other=3)
    reads = {key: value for key, value in without.counters[0].reads.items() if key != KEY}
    gone = NodeCounters("one", "", START, without.read_at, (Counter("userstat", "on", reads, START),))
    found = kept(ledger, look(1, 5, other=2), gone, look(3, 1, other=4))
    assert (found.reads, found.breaks) == (1, 0)


def test_what_is_gone_for_long_is_forgotten(ledger: Ledger) -> None:
    kept(ledger, look(1, 5))
    later = NodeCounters("two", "", START, START + KEPT + 2 * DAY, ())
    ledger.record("shop", later)
    assert ledger.watched("shop", "one", "userstat") == {}


def test_the_ledger_reaches_back_further_than_the_server(ledger: Ledger) -> None:
    """After a restart a server knows nothing; the ledger says "used" and when, or makes an age of many."""
    kept(ledger, look(0, 5), look(20, 0, up_since=19.5))
    fresh = look(20.2, 0, up_since=19.5)
    used = judge("t", "k", [fresh], ledger, "shop", now=fresh.read_at)
    assert (used.verdict, used.reads, used.last_used) == ("used", 5, START)
    assert used.sentence.endswith("5 reads were counted since 2026-11-01, the last seen on 2026-11-01.")
    assert judge("t", "k", [fresh], None, "shop", now=fresh.read_at).verdict == "unknown"


def test_unused_over_a_restart_names_the_time_that_was_not_seen(ledger: Ledger) -> None:
    kept(ledger, look(0, 0), look(19, 0), look(20, 0, up_since=19.5))
    fresh = look(20.2, 0, up_since=19.5)
    use = judge("t", "k", [fresh], ledger, "shop", now=fresh.read_at)
    assert use.verdict == "unused so far" and use.since == START
    assert "12 h of the time before a restart, or while a counter was off, were not seen." in use.blind_spots


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=12))
def test_no_read_that_a_look_saw_is_lost(steps: Sequence[tuple[int, bool]]) -> None:
    """Whatever restarts there are: the sum holds every read that was still on the counter at some look."""
    before: dict[tuple[str, str], Watched] = {}
    value, up_since, seen = 0, 0.0, 0
    for day, (more, restarts) in enumerate(steps, start=1):
        if restarts:
            value, up_since = 0, day - 0.5
        value, seen = value + more, seen + more
        node = look(day, value, up_since)
        before = grown(before, node.counters[0], node)
    assert before[KEY].reads == seen
    assert before[KEY].unseen <= (len(steps) - 1) * DAY
