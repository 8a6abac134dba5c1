"""The store of masked dumps: who may have which file, what goes and what stays."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dbs.dumps.interface import DumpError
from dbs.dumps.store import DumpStore
from tests.support.dumped import FIRST, link_target, manifest, publish


@pytest.fixture
def store(tmp_path: Path) -> DumpStore:
    """An empty one."""
    return DumpStore(tmp_path / "dumps", lambda: FIRST + timedelta(days=10))


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
