"""Pieces of writing that wait share one transaction; one that fails takes back nothing but itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, func, insert, select

from dbs.state import combined, open_state, reading, writing
from dbs.state.tables import seen

PIECES = 30


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A fresh state database."""
    made = open_state(f"sqlite:///{tmp_path}/state.db")
    yield made
    made.dispose()


def _add(connection: Connection, key: str) -> str:
    connection.execute(insert(seen).values(key=key, at="", answer=""))
    if key == "bad":
        raise ValueError(key)
    return key


def test_a_writing_inside_a_piece_is_a_part_of_it(engine: Engine) -> None:
    def add(key: str) -> str:
        with writing(engine) as connection:
            _add(connection, key + "'s own")
            return _add(connection, key)

    assert combined(engine, lambda connection: add("good")) == "good"
    with pytest.raises(ValueError, match="bad"):
        combined(engine, lambda connection: add("bad"))
    assert _count(engine) == 2


def _count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(seen)).scalar_one()


def _crowd(engine: Engine, keys: list[str]) -> list[object]:
    """All pieces wait behind one transaction, so that they have to share the next; what came of each."""

    def piece(key: str) -> object:
        try:
            return combined(engine, lambda connection: _add(connection, key))
        except ValueError as error:
            return error

    begun = threading.Barrier(len(keys) + 1)

    def ask(key: str) -> object:
        begun.wait()
        return piece(key)

    with ThreadPoolExecutor(len(keys)) as pool:
        with writing(engine):
            asked = [pool.submit(ask, key) for key in keys]
            begun.wait()
        return [one.result() for one in asked]


def test_those_who_wait_share_transactions(engine: Engine) -> None:
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    keys = [f"k{number}" for number in range(PIECES)]
    assert _crowd(engine, keys) == keys
    assert _count(engine) == PIECES
    assert len(commits) < PIECES


def test_a_piece_that_fails_takes_back_nothing_but_itself(engine: Engine) -> None:
    keys = [f"k{number}" for number in range(PIECES)] + ["bad"]
    came = _crowd(engine, keys)
    assert isinstance(came[-1], ValueError)
    assert came[:-1] == keys[:-1]
    assert _count(engine) == PIECES


def test_inside_a_transaction_it_is_a_part_of_that(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine):
        combined(engine, lambda connection: _add(connection, "k"))
        raise ZeroDivisionError
    assert _count(engine) == 0
