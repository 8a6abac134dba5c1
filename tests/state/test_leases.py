"""One holder at a time, until the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dbs.errors import RefusedError
from dbs.leases import Lease, Leases
from dbs.state import open_state

NINE, TEN, ELEVEN = (f"2026-11-20T{hour:02}:00:00.000000+00:00" for hour in (9, 10, 11))


class Clock:
    time = NINE

    def __call__(self) -> str:
        return self.time


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_state(f"sqlite:///{tmp_path}/state.db")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(engine: Engine, clock: Clock) -> Leases:
    return Leases(engine, clock)


def test_a_lease_holds_until_its_end(leases: Leases, clock: Clock) -> None:
    assert leases.holder("shared") is None
    taken = leases.take("shared", "U1", "Ann", TEN, "index test")
    assert leases.holder("shared") == taken == Lease("shared", "U1", "Ann", TEN, "index test")
    assert leases.holder("experimental") is None
    assert leases.holder("shared", at="2026-11-20T09:59:59+00:00") == taken
    assert leases.holder("shared", at=TEN) is None
    clock.time = TEN
    assert leases.holder("shared") is None


def test_somebody_else_is_told_who_holds_it(leases: Leases, clock: Clock) -> None:
    leases.take("shared", "U1", "Ann", TEN, "index test")
    expected = r"Ann holds shared until 2026-11-20 10:00 UTC \(index test\); nothing was done\."
    with pytest.raises(RefusedError, match=expected):
        leases.take("shared", "U2", "Bob", ELEVEN, "")
    with pytest.raises(RefusedError, match=expected):
        leases.release("shared", "U2")
    assert (leases.holder("shared") or pytest.fail()).holder_id == "U1"
    clock.time = TEN
    assert leases.take("shared", "U2", "Bob", ELEVEN, "").holder_name == "Bob"


def test_the_holder_may_move_the_end(leases: Leases) -> None:
    leases.take("shared", "U1", "Ann", TEN, "")
    leases.take("shared", "U1", "Ann", "2026-11-20T13:00:00+02:00", "longer")
    assert leases.holder("shared") == Lease("shared", "U1", "Ann", ELEVEN, "longer")


def test_a_released_instance_is_free(leases: Leases) -> None:
    leases.take("shared", "U1", "Ann", TEN, "")
    leases.release("shared", "U1")
    assert leases.holder("shared") is None
    with pytest.raises(RefusedError, match="Nobody holds shared"):
        leases.release("shared", "U1")


@pytest.mark.parametrize("until", [NINE, "2026-11-20T09:30:00+01:00"])
def test_an_end_that_is_past_is_refused(leases: Leases, until: str) -> None:
    with pytest.raises(RefusedError, match="has to end in the future"):
        leases.take("shared", "U1", "Ann", until, "")
    assert leases.holder("shared") is None


@pytest.mark.parametrize("until", ["tomorrow", "2026-11-20T10:00:00"])
def test_a_time_without_a_zone_is_a_bug(leases: Leases, until: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid isoformat|no time zone"):
        leases.take("shared", "U1", "Ann", until, "")


def test_of_many_at_once_one_gets_it(leases: Leases) -> None:
    def take(number: int) -> bool:
        try:
            leases.take("shared", f"U{number}", "", TEN, "")
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(24))) == 1
