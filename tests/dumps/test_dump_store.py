"""The store of masked dumps: what is there is whole, whenever a process is killed and whatever the disk refuses."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
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
from tests.support.dumped import FIRST, manifest, publish

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


def link_target(root: Path) -> Path | None:
    """What `latest.sql.zst` leads to; None without one. Raises when it leads nowhere."""
    link = root / "shop" / "latest.sql.zst"
    return link.resolve(strict=True) if link.is_symlink() else None


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


@pytest.fixture
def store(tmp_path: Path) -> DumpStore:
    """An empty one."""
    return DumpStore(tmp_path / "dumps", lambda: FIRST + timedelta(days=10))


@pytest.mark.parametrize("fault", ["full", "before", "after"])
@pytest.mark.parametrize("call", range(14))
def test_a_fault_anywhere_in_publishing_leaves_the_old_one(store: DumpStore, call: int, fault: str) -> None:
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


def test_files_are_for_nobody_else(store: DumpStore) -> None:
    found = publish(store, b"x")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (store.root, store.root / "shop")} == {0o700}
    files = [path for path in (store.root / "shop").iterdir() if not path.is_symlink()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert os.readlink(store.root / "shop" / "latest.sql.zst") == found.file


def test_a_dump_in_the_making_is_not_there_and_is_nobody_elses(store: DumpStore) -> None:
    partial = store.begin("shop", "shop-1")
    partial.write_bytes(b"half")
    other = DumpStore(store.root)

    assert store.list("shop") == [] and store.latest("shop") is None
    assert other.sweep() == () and partial.exists()
    with pytest.raises(DumpError, match="written by somebody else"):
        other.begin("shop", "shop-1")
    with pytest.raises(DumpError, match="written by somebody else"):
        other.hold(partial)
    store.discard(partial)
    assert other.begin("shop", "shop-1").read_bytes() == b""


def test_what_a_dead_run_left_is_swept_unless_its_source_is_busy(store: DumpStore) -> None:
    partial = store.begin("shop", "shop-1")
    store._claims.pop(partial).release()

    assert store.sweep(busy={"shop"}) == () and partial.exists()
    assert store.sweep() == (partial.name,) and not partial.exists()
    with pytest.raises(DumpError, match="has to be made again"):
        store.hold(partial)


def test_a_size_that_is_not_the_manifests_is_refused(store: DumpStore) -> None:
    partial = store.begin("shop", "shop-1")
    partial.write_bytes(b"half")
    with pytest.raises(DumpError, match="has 4 bytes and should have 5"):
        store.publish(manifest(b"whole", dump_id="shop-1"), partial)
    assert store.list("shop") == []


def test_an_id_is_used_once(store: DumpStore) -> None:
    found = publish(store, b"x")
    with pytest.raises(DumpError, match="already"):
        store.begin("shop", found.id)
    with pytest.raises(DumpError, match="another dump"):
        store.publish(replace(found, sha256="1" * 64), store.root / "shop" / "x.part")


def test_a_damaged_dump_is_not_there(store: DumpStore) -> None:
    old, cut, garbled = (publish(store, b"content", day) for day in (1, 2, 3))
    store.path(cut).write_bytes(b"cont")
    store.path(garbled).with_suffix("").with_suffix(".json").write_text("{")

    assert store.list("shop") == [old] and store.find("shop", cut.id) is None


def test_the_newest_data_counts_not_the_newest_file(store: DumpStore) -> None:
    new, _ = publish(store, b"new", 5), publish(store, b"old", 4)
    assert store.latest("shop") == new
    assert link_target(store.root) == store.path(new)


def test_pruning_spares_the_newest_and_what_is_in_use(store: DumpStore) -> None:
    first, second, third = (publish(store, b"x", day) for day in (1, 2, 3))

    assert store.prune("shop", timedelta(days=30)) == ()
    assert store.prune("shop", timedelta(days=1), in_use={first.id}) == (second.id,)
    assert store.list("shop") == [third, first]
    assert store.prune("nowhere", timedelta(days=1)) == ()


def test_whoever_reads_reads_on(store: DumpStore) -> None:
    found = publish(store, b"content")
    with store.open(found) as file:
        store.delete("shop", found.id)
        assert file.read() == b"content"
    assert link_target(store.root) is None
    with pytest.raises(DumpError, match="no dump"):
        store.delete("shop", found.id)


STRANGE = ["", ".", "..", "latest", "../shop/x", "a/b", "a\0b", ".x", "x" * 200, "é", "a b", "a\n"]


@pytest.mark.parametrize("name", STRANGE)
def test_strange_names_are_not_there(store: DumpStore, name: str) -> None:
    publish(store, b"x")
    assert store.find("shop", name) is None
    assert name == "latest" or (store.list(name) == [] and store.latest(name) is None and store.find(name, "x") is None)
    with pytest.raises(ValueError, match="name no dump"):
        store.begin("shop", name)
