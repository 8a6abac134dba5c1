"""The same request twice gets the first answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dbs.state import Seen, open_state, stamp


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_state(f"sqlite:///{tmp_path}/state.db")


def test_the_first_answer_stays(engine: Engine) -> None:
    seen = Seen(engine)
    assert seen.answer("k") is None
    assert seen.remember("k", "first") is True
    assert seen.remember("k", "second") is False
    assert seen.answer("k") == "first"
    assert seen.answer("other") is None


def test_a_key_can_be_taken_before_its_answer_is_known(engine: Engine) -> None:
    seen = Seen(engine)
    assert seen.once("k") is True
    assert seen.once("k") is False
    assert seen.answer("k") == ""
    assert seen.remember("k", "first") is True
    assert seen.once("k") is False
    assert seen.remember("k", "second") is False
    assert seen.answer("k") == "first"


def test_of_many_at_once_one_is_first(engine: Engine) -> None:
    seen = Seen(engine)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: seen.once("k"), range(40))) == 1


def test_old_keys_are_forgotten(engine: Engine) -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    times = iter([stamp(start), stamp(start + timedelta(seconds=50)), stamp(start + timedelta(seconds=61))])
    seen = Seen(engine, clock=lambda: next(times))
    seen.remember("old", "1")
    seen.remember("young", "2")
    assert seen.forget_older_than(60) == 1
    assert (seen.answer("old"), seen.answer("young")) == (None, "2")
