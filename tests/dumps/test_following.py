"""Loading a dump while it is still written: the same in the end, and nothing before the dump is published."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dbs.dumps.fast_load import Stopped, local_infile_allowed
from dbs.dumps.following import Growing, load_growing
from dbs.dumps.interface import DumpError, DumpManifest
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute, rows
from tests.dumps.private_server import PrivateServer
from tests.support import hard_source, written
from tests.support.waiting import until

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Source:
    """The hard source on a server, and a dump of it."""

    server: PrivateServer
    path: Path
    manifest: DumpManifest
    fingerprint: hard_source.Fingerprint

    def growing(self) -> Growing:
        """The dump before its first frame; the indexes of all its tables come late."""
        return Growing(self.manifest.columns, list(self.manifest.columns))


@pytest.fixture(scope="module", params=["server", "mysql_server"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Source:
    server: PrivateServer = request.getfixturevalue(request.param)
    path = tmp_path_factory.mktemp("followed") / "hard.sql.zst"
    _fresh(server, "hard", "latin1")
    with server.connect("hard") as connection:
        hard_source.create(connection, large=False)
    with server.connect("hard") as connection:
        found = hard_source.fingerprint(connection, "hard")
        manifest, _ = written.write(connection, "hard", path)
    return Source(server, path, manifest, found)


def _fresh(server: PrivateServer, database: str, charset: str = "utf8mb4") -> None:
    with server.connect() as connection:
        execute(connection, f"DROP DATABASE IF EXISTS `{database}`")
        execute(connection, f"CREATE DATABASE `{database}` CHARACTER SET {charset}")


Load = Callable[[Growing], "Future[dict[str, int]]"]


@pytest.fixture
def load(source: Source) -> Iterator[Load]:
    """Begins to load into the database `copy`, beside the test."""
    _fresh(source.server, "copy")
    with source.server.connect() as admin, local_infile_allowed(admin), ThreadPoolExecutor(1) as pool:
        begun: list[Growing] = []

        def begin(growing: Growing) -> Future[dict[str, int]]:
            begun.append(growing)
            connector = lambda: connect(source.server, "copy", local_infile=True)  # noqa: E731 - short
            return pool.submit(load_growing, source.path, growing, connector, "copy")

        yield begin
        for growing in begun:
            growing.set()  # whatever became of the test, nobody waits for frames for ever


def test_everything_is_the_same_when_it_is_loaded_while_it_is_written(source: Source, load: Load) -> None:
    growing = source.growing()
    loading = load(growing)
    for frame in source.manifest.frames:
        growing.add(frame)
        threading.Event().wait(0.002)
    growing.whole()
    growing.publish(source.manifest)
    assert loading.result(60) == source.manifest.rows
    with source.server.connect() as connection:
        assert hard_source.fingerprint(connection, "copy") == source.fingerprint


def test_it_ends_only_when_the_dump_is_published(source: Source, load: Load) -> None:
    growing = source.growing()
    loading = load(growing)
    for frame in source.manifest.frames:
        growing.add(frame)
    growing.whole()
    users = source.manifest.rows["users"]
    with source.server.connect() as connection:
        until(lambda: _rows(connection, "users") == users, "the rows are there", 60)
    assert not loading.done()
    growing.set()
    with pytest.raises(Stopped):
        loading.result(60)


def test_a_dump_that_is_given_up_ends_the_load_in_the_middle_of_a_table(source: Source, load: Load) -> None:
    growing = source.growing()
    loading = load(growing)
    last = max(at for at, frame in enumerate(source.manifest.frames) if frame.table)
    for frame in source.manifest.frames[: last + 1]:
        growing.add(frame)
    assert not loading.done()
    growing.set()
    with pytest.raises(Stopped):
        loading.result(60)


def test_a_dump_that_is_given_up_waits_for_no_index(
    source: Source, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = threading.Event()

    def put_back(connection: Connection, _: object) -> None:
        endless.set()
        execute(connection, "DO SLEEP(300)")

    monkeypatch.setattr("dbs.dumps.late_indexes.put_back", put_back)
    growing = source.growing()
    loading = load(growing)
    for frame in source.manifest.frames:
        growing.add(frame)
    growing.whole()
    assert endless.wait(60)
    growing.set()
    with pytest.raises(Stopped):
        loading.result(60)


def test_what_cannot_be_loaded_is_told_and_stops_only_the_load(source: Source, load: Load) -> None:
    growing = source.growing()
    loading = load(growing)
    for frame in source.manifest.frames:
        growing.add(replace(frame, offset=frame.offset + 1) if frame.table == "users" else frame)
    with pytest.raises(DumpError, match="damaged"):
        loading.result(60)
    growing.add(source.manifest.frames[-1])
    growing.whole()
    growing.publish(source.manifest)


def test_other_rows_than_the_manifest_says_are_noticed(source: Source, load: Load) -> None:
    growing = source.growing()
    loading = load(growing)
    for frame in source.manifest.frames:
        growing.add(frame)
    growing.whole()
    growing.publish(replace(source.manifest, rows={**source.manifest.rows, "users": 41}))
    with pytest.raises(DumpError, match="rows when loaded, and 41 in the manifest"):
        loading.result(60)


def _rows(connection: Connection, table: str) -> int:
    try:
        return int(rows(connection, f"SELECT COUNT(*) FROM copy.`{table}`")[0][0])
    except DatabaseError:  # it is not there yet
        return -1
