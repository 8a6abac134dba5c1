"""A snapshot that is filled early only saves time: whatever goes wrong with it, the refresh goes on without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commands.work.early import EarlySnapshot
from commands.work.taking import nobody_follows
from dbs.dumps.following import Growing
from dbs.jobs import JobCancelledError
from dbs.snapshots.interface import Address, Manifest, SnapshotError
from tests.support.office import StubProvider, manifest

DRAFT = manifest("shop-3")


class EarlyProvider(StubProvider):
    """Makes a snapshot of whatever the loading gives; `error` is raised instead."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.asked = 0

    def create_early(self, draft: Manifest, load: Callable[[Address], Manifest]) -> Manifest:
        """See `Early`."""
        self.asked += 1
        if self.error is not None:
            raise self.error
        made = load(Address("nobody"))
        self.manifests.append(made)
        return made


@pytest.fixture(autouse=True)
def loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is loaded; one row is counted."""
    monkeypatch.setattr("commands.work.early.import_growing", lambda *_: {"item": 1})


def _early(provider: StubProvider) -> EarlySnapshot:
    return EarlySnapshot("local", provider, lambda _: DRAFT)


def _published(early: EarlySnapshot) -> None:
    growing = Growing({}, ())
    early.of(DRAFT)(Path("/nowhere"), growing)
    growing.whole()
    growing._manifest = object()  # type: ignore[assignment]  # not looked into here


def test_it_is_frozen_when_the_dump_is_published() -> None:
    provider, told = EarlyProvider(), list[str]()
    with _early(provider) as early:
        _published(early)
        early.finish(told.append)
    assert told == ["freeze"]
    assert provider.manifests[-1].id == DRAFT.id
    assert provider.manifests[-1].rows == {"item": 1}


@pytest.mark.parametrize("error", [SnapshotError("The disk is full."), ZeroDivisionError()])
def test_a_failure_of_it_is_none_of_the_refresh(error: Exception) -> None:
    provider, told = EarlyProvider(error), list[str]()
    with _early(provider) as early:
        _published(early)
        early.finish(told.append)
    assert (provider.asked, told, len(provider.manifests)) == (1, [], 2)


def test_who_cancels_in_front_of_the_freeze_gets_no_snapshot() -> None:
    provider = EarlyProvider()

    def cancel(_: str) -> None:
        raise JobCancelledError("The job was cancelled.")

    with pytest.raises(JobCancelledError), _early(provider) as early:
        _published(early)
        early.finish(cancel)
    assert len(provider.manifests) == 2


def test_a_dump_that_fails_leaves_no_snapshot() -> None:
    provider = EarlyProvider()
    with pytest.raises(SnapshotError), _early(provider) as early:
        _published(early)
        raise SnapshotError("The source is gone.")
    assert len(provider.manifests) == 2


def test_a_provider_that_cannot_do_it_is_not_asked() -> None:
    with _early(StubProvider()) as early:
        assert early.of(DRAFT) is nobody_follows
        early.finish(lambda _: pytest.fail("there is nothing to freeze"))
