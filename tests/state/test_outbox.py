"""Messages are put once, come in order, and are sent or given up once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dbs.outbox import MessageRef, Outbox
from dbs.state import open_state


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(open_state(f"sqlite:///{tmp_path}/state.db"))


def test_a_part_of_a_job_is_put_once(outbox: Outbox) -> None:
    assert outbox.put("j1", "parent", {"channel": "C1"}, {"sentence": "Müller's shop is back."}) is True
    assert outbox.put("j1", "parent", {"channel": "C2"}, {"sentence": "again"}) is False
    (row,) = outbox.pending()
    assert (row.job_id, row.part, row.destination) == ("j1", "parent", {"channel": "C1"})
    assert row.result == {"sentence": "Müller's shop is back."}


def test_a_part_that_was_sent_is_not_put_again(outbox: Outbox) -> None:
    outbox.put("j1", "parent", {}, {})
    outbox.sent(outbox.pending()[0].id)
    assert outbox.put("j1", "parent", {}, {}) is False
    assert outbox.pending() == []


def test_what_is_open_comes_in_order(outbox: Outbox) -> None:
    for job, part in (("j2", "parent"), ("j1", "parent"), ("j2", "end"), ("j3", "parent")):
        outbox.put(job, part, {}, {})
    first, second, *_ = outbox.pending()
    assert outbox.sent(first.id) is True
    assert outbox.failed(second.id, "channel_not_found") is True
    assert [(row.job_id, row.part) for row in outbox.pending()] == [("j2", "end"), ("j3", "parent")]
    assert [row.job_id for row in outbox.pending(limit=1)] == ["j2"]


def test_a_message_ends_once(outbox: Outbox) -> None:
    outbox.put("j1", "parent", {}, {})
    (row,) = outbox.pending()
    assert [outbox.sent(row.id), outbox.sent(row.id), outbox.failed(row.id, "late")] == [True, False, False]
    assert outbox.sent(999) is False


def test_of_many_at_once_one_puts(outbox: Outbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: outbox.put("j1", "parent", {}, {}), range(24))) == 1
    assert len(outbox.pending()) == 1


def test_the_parent_message_is_remembered(outbox: Outbox) -> None:
    assert outbox.message("j1") is None
    outbox.remember("j1", "C1", "1.1")
    outbox.remember("j1", "C1", "2.2")
    assert outbox.message("j1") == MessageRef("C1", "2.2")
    assert outbox.message("j2") is None
