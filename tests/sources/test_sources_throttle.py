"""Reading no faster than was asked for, by a clock that we turn ourselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbs.sources.interface import SourceError
from dbs.sources.throttle import LONGEST_SLEEP_SECONDS, Throttle, size_bytes


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sleeps: list[float] = []

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps.append(seconds)


@given(st.lists(st.integers(1, 16 * 2**20), min_size=1, max_size=30))
def test_never_more_than_the_rate_and_one_second_ahead(counts: list[int]) -> None:
    clock = Clock()
    throttle = Throttle("1M", clock=clock.read, sleep=clock.sleep)
    for count in counts:
        throttle.take(count)
    passed = clock.now - 100
    assert sum(counts) <= (passed + 1) * 2**20 + 1
    assert passed <= sum(counts) / 2**20 + 0.001  # and no longer than that takes
    assert all(seconds <= LONGEST_SLEEP_SECONDS for seconds in clock.sleeps)


def test_without_a_rate_nobody_waits_but_everybody_hears_that_it_is_over() -> None:
    clock = Clock()
    reasons: list[str] = []

    def check() -> None:
        if reasons:
            raise SourceError(reasons[0], transient=True)

    throttle = Throttle(None, check, clock.read, clock.sleep)
    throttle.take(2**40)
    assert clock.sleeps == []
    reasons.append("Enough.")
    with pytest.raises(SourceError, match="Enough"):
        throttle.take(1)


def test_a_long_wait_ends_when_the_reader_is_to_stop() -> None:
    clock = Clock()

    def check() -> None:
        if clock.now > 103:
            raise SourceError("Cancelled.", transient=False)

    with pytest.raises(SourceError, match="Cancelled"):
        Throttle("1K", check, clock.read, clock.sleep).take(2**30)
    assert clock.now < 104


@pytest.mark.parametrize(("size", "count"), [("1K", 1024), ("20M", 20 * 2**20), ("3G", 3 * 2**30)])
def test_sizes(size: str, count: int) -> None:
    assert size_bytes(size) == count
