"""Somebody drops a table and types `/dbs restore shared`: the whole way, on real parts, through both transports."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dbs.mysql.interface import DatabaseError
from playground import as_text
from playground.cast import OUTSIDER, REQUESTER
from tests.support.waiting import until
from tests.support.whole import CHANNEL, Whole, whole

pytestmark = pytest.mark.server
REPLAYS = 100


@pytest.fixture(scope="module", params=["socket", "http"])
def running(request: pytest.FixtureRequest, workplace: Path, mariadb: None) -> Iterator[Whole]:
    """A whole dbs for each transport."""
    place = workplace / f"whole-{request.param}"
    place.mkdir(mode=0o711)
    with whole(place / "home", place / "root", request.param) as dbs:
        yield dbs


def _drop(running: Whole) -> None:
    running.sql("DROP TABLE orders")
    with pytest.raises(DatabaseError):
        running.sql("SELECT COUNT(*) FROM orders")


def test_a_slash_command_brings_a_dropped_table_back(running: Whole) -> None:
    _drop(running)
    delivery = running.playground.slash(REQUESTER, CHANNEL, "restore shared")
    assert delivery.ok, delivery.error
    (job,) = running.services.job_rows.recent(1)
    assert running.ended(job.id).state == "done"
    assert running.sql("SELECT COUNT(*) FROM orders") == [(3,)]
    told = as_text(running.playground.ephemerals(REQUESTER)[-1])
    assert f"Queued as job {job.number}" in told


def test_the_channel_sees_one_message_and_its_thread(running: Whole) -> None:
    before = {message["ts"] for message in running.playground.messages(CHANNEL)}
    running.playground.slash(REQUESTER, CHANNEL, "restore shared")
    (job,) = running.services.job_rows.recent(1)
    running.ended(job.id)
    new = [message for message in running.playground.messages(CHANNEL) if message["ts"] not in before]
    parents = [message for message in new if message.get("thread_ts", message["ts"]) == message["ts"]]
    assert len(parents) == 1
    assert "shared is back to the data of" in as_text(parents[0])
    assert len(new) >= 2, "the details are in the thread"


def test_the_same_request_a_hundred_times_is_one_job(running: Whole) -> None:
    _drop(running)
    before = running.services.job_rows.recent(1)[0].number
    delivery = running.playground.slash(REQUESTER, CHANNEL, "restore shared")
    with ThreadPoolExecutor(8) as pool:
        repeated = list(pool.map(lambda _: running.playground.again(delivery), range(REPLAYS)))
    assert all(one.ok for one in repeated)
    newest = running.services.job_rows.recent(5)
    assert [job.number for job in newest if job.number > before] == [before + 1]
    running.ended(newest[0].id)
    assert running.sql("SELECT COUNT(*) FROM orders") == [(3,)]
    events = running.services.audit.find(newest[0].request_id or "")
    assert [event.outcome for event in events] == ["received", "done"]


def test_an_outsider_is_refused_alone_and_on_record(running: Whole) -> None:
    running.sql("INSERT INTO orders VALUES (4, 'four')")
    before = running.playground.messages(CHANNEL)
    running.playground.slash(OUTSIDER, CHANNEL, "restore shared")
    until(lambda: bool(running.playground.ephemerals(OUTSIDER)), "the outsider was told")
    assert "Nothing was done" in as_text(running.playground.ephemerals(OUTSIDER)[-1])
    assert running.playground.messages(CHANNEL) == before
    assert running.sql("SELECT COUNT(*) FROM orders") == [(4,)]
    (event, *_) = running.services.audit.history(words="otto", limit=1)
    assert event.outcome == "refused"


def test_the_audit_chain_verifies_and_nothing_is_left_open(running: Whole) -> None:
    assert running.services.audit.verify().ok
    assert running.services.audit.open_requests() == []
    assert running.services.job_rows.open() == []
