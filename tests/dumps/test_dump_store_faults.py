"""The store of masked dumps, killed and refused room at every step: what is there is whole, and the old one stays."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dbs.dumps.interface import DumpError
from dbs.dumps.store import DumpStore
from tests.support.dumped import FIRST, link_target, manifest, publish

CALLS = ("fsync", "replace", "rename", "unlink", "symlink", "ftruncate")
"""What the store does to the disk; a program may be killed before and after each of these."""


class Killed(BaseException):
    """Stands for a kill: nothing tidies up behind it but the kernel."""


@contextmanager
def disturbed(call: int, fault: str) -> Iterator[None]:
    """Let the n-th of `CALLS` (from 0) fail with a full disk, or kill the program `before` or `after` it."""
    number = iter(range(10_000))

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **named: Any) -> Any:
            mine = next(number) == call
            if mine and fault == "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if mine and fault == "before":
                raise Killed
            answer = real(*args, **named)
            if mine and fault == "after":
                raise Killed
            return answer

        return act

    # `full` strikes once: what undoes a failed step is a step too, and has its turn with another number.
    with ExitStack() as stack:
        for name in CALLS:
            stack.enter_context(mock.patch.object(os, name, wrapped(getattr(os, name))))
        yield


class StoreMachine(RuleBasedStateMachine):
    """Publish, prune, delete and sweep in any order with faults anywhere, against a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="dbs-dumps-"))
        self.day = 0
        self.dumps: dict[str, bytes] = {}
        self.store = DumpStore(self.root / "dumps", self.now)

    def teardown(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.root)

    def now(self) -> datetime:
        """An hour after the newest dump."""
        return FIRST + timedelta(days=self.day, hours=1)

    def restart(self) -> None:
        """A new process; the kernel has dropped the locks of the old one."""
        for claim in self.store._claims.values():
            claim.release()
        self.store = DumpStore(self.root / "dumps", self.now)

    def attempt(self, act: Callable[[], object], call: int, fault: str) -> str:
        """`done`, `failed` with a sentence, or `killed`."""
        try:
            with disturbed(call, fault):
                act()
        except DumpError:
            return "failed"
        except Killed:
            self.restart()
            return "killed"
        return "done"

    @rule(size=st.integers(0, 5), call=st.integers(0, 14), fault=st.sampled_from(["none", "full", "before", "after"]))
    def publish(self, size: int, call: int, fault: str) -> None:
        """One more dump, of the next day."""
        self.day += 1
        content = f"{self.day}".encode() * size
        wanted = manifest(content, self.day)
        try:
            partial = self.store.begin("shop", wanted.id)
            partial.write_bytes(content)
            outcome = self.attempt(lambda: self.store.publish(wanted, partial), call, fault)
        except DumpError:
            return
        there = wanted.id in {one.id for one in self.store.list("shop")}
        # Killed, it may be there or not; else it is there exactly when nobody was told that it failed.
        assert outcome == "killed" or there == (outcome == "done")
        if there:
            self.dumps[wanted.id] = content
        elif outcome == "failed":
            self.store.publish(wanted, partial)  # the file was not lost with the attempt
            self.dumps[wanted.id] = content

    @rule(call=st.integers(0, 14), fault=st.sampled_from(["none", "full", "before", "after"]), days=st.integers(1, 4))
    def prune(self, call: int, fault: str, days: int) -> None:
        """Old ones go, never the newest."""
        before = self.store.list("shop")
        self.attempt(lambda: self.store.prune("shop", timedelta(days=days)), call, fault)
        left = {one.id for one in self.store.list("shop")}
        for one in before[:1]:
            assert one.id in left
        for one in before:
            if one.id not in left:
                assert datetime.fromisoformat(one.created_at) < self.now() - timedelta(days=days)
                del self.dumps[one.id]

    @rule(call=st.integers(0, 14), fault=st.sampled_from(["none", "full", "before", "after"]), which=st.integers(0, 9))
    def delete(self, call: int, fault: str, which: int) -> None:
        """Any one, be it the newest."""
        if self.dumps:
            dump_id = sorted(self.dumps)[which % len(self.dumps)]
            outcome = self.attempt(lambda: self.store.delete("shop", dump_id), call, fault)
            there = self.store.find("shop", dump_id) is not None
            assert not (outcome == "done" and there)
            if not there:
                del self.dumps[dump_id]

    @rule(call=st.integers(0, 14), fault=st.sampled_from(["none", "full", "before", "after"]))
    def sweep(self, call: int, fault: str) -> None:
        """Nothing of a dead run is left, and nothing else is gone."""
        if self.attempt(self.store.sweep, call, fault) == "done" and (self.root / "dumps" / "shop").exists():
            wanted = {f"{one}.{ending}" for one in self.dumps for ending in ("sql.zst", "json")} | {".lock"}
            wanted |= {"latest.sql.zst"} if self.dumps else set()
            assert set(os.listdir(self.root / "dumps" / "shop")) == wanted
            newest = self.store.latest("shop")
            assert link_target(self.root / "dumps") == (self.store.path(newest) if newest else None)

    @invariant()
    def what_is_there_is_whole(self) -> None:
        """Every dump that was published and not deleted, and no other."""
        found = self.store.list("shop")
        assert [one.id for one in found] == sorted(self.dumps, reverse=True)
        for one in found:
            assert self.store.path(one).read_bytes() == self.dumps[one.id]
            assert hashlib.sha256(self.dumps[one.id]).hexdigest() == one.sha256

    @invariant()
    def the_link_leads_to_a_whole_dump(self) -> None:
        """Perhaps not yet to the newest one."""
        target = link_target(self.root / "dumps")
        assert target is None or target in {self.store.path(one) for one in self.store.list("shop")}


StoreMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)
TestStoreMachine = StoreMachine.TestCase


@pytest.mark.parametrize("fault", ["full", "before", "after"])
@pytest.mark.parametrize("call", range(14))
def test_a_fault_anywhere_in_publishing_leaves_the_old_one(tmp_path: Path, call: int, fault: str) -> None:
    store = DumpStore(tmp_path / "dumps")
    old = publish(store, b"old", 1)
    wanted = manifest(b"new", 2)
    partial = store.begin("shop", wanted.id)
    partial.write_bytes(b"new")
    with disturbed(call, fault), suppress(Killed, DumpError):
        store.publish(wanted, partial)

    found = store.latest("shop")
    assert found is not None and found.id in (old.id, wanted.id)
    assert store.path(found).read_bytes() == (b"old" if found.id == old.id else b"new")
    target = link_target(store.root)
    assert target in (store.path(old), store.path(wanted))
    # The run is resumed by another process, which ends what this one began.
    for claim in store._claims.values():
        claim.release()
    resumed = DumpStore(store.root)
    resumed.publish(wanted, partial)
    resumed.publish(wanted, partial)
    assert [one.id for one in resumed.list("shop")] == [wanted.id, old.id]
    resumed.sweep()
    assert link_target(store.root) == store.path(wanted)
