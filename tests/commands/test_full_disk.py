"""A disk that is too small for the next snapshot."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import workplace as places
from tests.support.installed import Installed, write_dump
from tests.support.waiting import until
from tests.support.workplace import FileSystem

pytestmark = pytest.mark.server
_SMALL_BYTES = 500 * 2**20


@pytest.fixture
def small(workplace: Path, mariadb: None) -> Iterator[tuple[FileSystem, Installed]]:
    """An installation on a file system that a few snapshots fill."""
    lack = places.lacking("ext4")
    if lack is not None:
        pytest.skip(lack)
    with places.mounted(workplace, "ext4", _SMALL_BYTES) as path:
        dbs = Installed(workplace / "small", path / "root")
        dbs.start("supervise")
        dbs.until_ready("supervise")
        try:
            yield FileSystem("ext4", path, "auto", "plain"), dbs
        finally:
            dbs.close()


def _filling_dump(path: Path, megabytes: int) -> Path:
    """A small text that makes the server write a lot: what a look at the text cannot foresee."""
    dump = write_dump(path, "big", 1)
    big = (
        "CREATE TABLE `big` (`id` int PRIMARY KEY, `text` longtext);\n"
        f"INSERT INTO `big` SELECT seq, REPEAT(MD5(seq), 32768) FROM seq_1_to_{megabytes};\n"
    )
    dump.write_text(dump.read_text().replace("CREATE VIEW", f"{big}CREATE VIEW"))
    return dump


def _leave_free(directory: Path, megabytes: int) -> Path:
    """Somebody else's file, so large that this much is left."""
    file = directory / "somebody-elses"
    with file.open("wb") as written:
        for _ in range((shutil.disk_usage(directory).free - megabytes * 2**20) // 2**20):
            written.write(b"\1" * 2**20)
    return file


@pytest.mark.root
def test_a_restore_does_not_fill_the_disk_of_a_running_server(small: tuple[FileSystem, Installed]) -> None:
    filesystem, dbs = small
    with dbs.services.jobs.worker():
        job = dbs.ended(dbs.refresh(write_dump(dbs.home / "first.sql", "first", 20)))
        assert job.state == "done", job.sentence
        dbs.tell("UPDATE note SET text = 'mine'")
        until(lambda: dbs.names("trash/*") == [], "the trash is emptied")
        spare = _leave_free(filesystem.path, 90)
        job = dbs.ended(dbs.dispatch("restore", "shared", "--yes"))
        assert (job.state, "a copy of the snapshot needs" in job.sentence) == ("failed", True), job.sentence
        assert dbs.ask("SELECT text FROM note") == [("mine",)]
        spare.unlink()
        job = dbs.ended(dbs.dispatch("restore", "shared", "--yes"))
        assert job.state == "done", job.sentence
        assert dbs.ask("SELECT text FROM note") == [("first",)]


@pytest.mark.root
def test_a_full_disk(small: tuple[FileSystem, Installed]) -> None:
    filesystem, dbs = small
    with dbs.services.jobs.worker():
        free = shutil.disk_usage(filesystem.path).free
        job = dbs.ended(dbs.refresh(_filling_dump(dbs.home / "big.sql", 400)))
        assert job.state == "failed"
        assert "ran full; the half-made snapshot was removed" in job.sentence, job.sentence
        assert dbs.servers() == {}
        assert dbs.names("building/*") == []
        # All of it, but for the few blocks of directories.
        until(lambda: shutil.disk_usage(filesystem.path).free >= free - 2**20, "the space comes back")
        _leave_free(filesystem.path, 250)
        job = dbs.ended(dbs.refresh(write_dump(dbs.home / "small.sql", "small", 10)))
        assert job.state == "failed"
        assert "MB free, and the snapshot needs about" in job.sentence, job.sentence
    told = [row.result["sentence"] for row in dbs.services.outbox.pending(100) if row.part == "final"]
    assert len(told) == 2
