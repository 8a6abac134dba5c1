"""From a dump to rows that people see, and back: a real worker, a real supervisor, real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import workplace as places
from tests.support.installed import Installed, write_dump
from tests.support.waiting import until
from tests.support.workplace import ONE

pytestmark = pytest.mark.server


@pytest.fixture(scope="module", params=[ONE], ids=[ONE[1]])
def filesystem(request: pytest.FixtureRequest, workplace: Path) -> Iterator[Path]:
    """A directory of these tests' own."""
    if request.param[0] == "own":
        path = workplace / "installed-own"
        path.mkdir(mode=0o711)
        yield path
        return
    with places.mounted(workplace, "btrfs", 2 * 2**30) as path:
        yield path


@pytest.fixture(scope="module")
def dbs(filesystem: Path, workplace: Path, mariadb: None) -> Iterator[Installed]:
    """An installation on a first snapshot of 120 items."""
    dbs = Installed(workplace / "installed", filesystem / "root")
    dbs.start("supervise")
    dbs.until_ready("supervise")
    try:
        with dbs.services.jobs.worker():
            job = dbs.ended(dbs.refresh(write_dump(dbs.home / "first.sql", "first", 120)))
            assert job.state == "done", job.sentence
            yield dbs
    finally:
        dbs.close()


def _snapshots(dbs: Installed) -> list[str]:
    return [one.id for one in dbs.provider.snapshots()]


def _told(dbs: Installed, job_id: str) -> dict[str, str]:
    rows = dbs.services.outbox.pending(1000)
    return {row.part: row.result["sentence"] for row in rows if row.job_id == job_id}


def test_a_dump_becomes_a_snapshot_and_the_instance_is_on_it(dbs: Installed) -> None:
    asked = dbs.refresh(write_dump(dbs.home / "second.sql", "second", 130))
    job = dbs.ended(asked)
    assert job.state == "done"
    assert "shop has a new snapshot with the data of 2026-11-19" in job.sentence
    assert "2 tables, 131 rows (+8.3 %), in " in job.sentence
    assert "On it now: shared." in job.sentence
    assert dbs.ask("SELECT (SELECT text FROM note), COUNT(*), (SELECT COUNT(*) FROM dear) FROM item") == [
        ("second", 130, 81)
    ]
    newest = dbs.provider.snapshots()[-1]
    assert newest.rows == {"item": 130, "note": 1}
    assert dbs.provider.inspect("shared").snapshot_id == newest.id
    told = _told(dbs, job.id)
    assert {"parent", "final"} <= set(told)
    assert told["final"] == job.sentence


def test_changes_in_an_instance_are_announced_and_come_back(dbs: Installed) -> None:
    dbs.tell("DELETE FROM item WHERE id <= 30")
    job = dbs.ended(dbs.refresh(write_dump(dbs.home / "third.sql", "third", 130)))
    assert "On it now: shared. shared had 30 changes since its last restore (" in job.sentence
    assert job.sentence.endswith("; undo within the hour with: /dbs restore shared --undo")
    shown = dbs.dispatch("status", str(job.number))
    assert [(row[0], row[1]) for row in shown.tables[0].rows if row[3].endswith("s")] == [
        (phase, "done") for phase in ("check the dump", "import", "freeze", "restore the instances")
    ]
    assert shown.facts["Rows"] == "131 (+0.0 %) in 2 tables"
    assert dbs.ended(dbs.dispatch("restore", "shared", "--undo", "--yes")).state == "done"
    assert dbs.ask("SELECT COUNT(*) FROM item") == [(100,)]
    assert dbs.ended(dbs.dispatch("restore", "shared", "--yes")).state == "done"


def test_a_dropped_table_comes_back(dbs: Installed) -> None:
    before = dbs.ask("SELECT COUNT(*) FROM item")
    dbs.tell("DROP TABLE item")
    asked = dbs.dispatch("restore", "shared", "--yes")
    assert "Connected now" in asked.facts
    job = dbs.ended(asked)
    assert (job.state, "shared is back to the data of 2026-11-19" in job.sentence) == ("done", True), job.sentence
    assert dbs.ask("SELECT COUNT(*) FROM item") == before
    assert {"parent", "final"} <= set(_told(dbs, job.id))


def test_every_request_ended_once_and_the_audit_table_is_whole(dbs: Installed) -> None:
    until(lambda: dbs.services.job_rows.open() == [], "all jobs have ended")
    events = dbs.services.audit.history(words=None, limit=1000)
    by_request: dict[str, list[str]] = {}
    for event in reversed(events):
        by_request.setdefault(event.request_id, []).append(event.outcome)
    assert by_request
    assert {tuple(outcomes) for outcomes in by_request.values()} <= {("received", "done"), ("received", "failed")}
    assert dbs.services.audit.verify().ok


@pytest.mark.parametrize("kind", ["cut off", "not there", "wrong statement", "other database"])
def test_a_bad_dump_changes_nothing_and_is_named(dbs: Installed, kind: str) -> None:
    before, served = _snapshots(dbs), dbs.provider.inspect("shared").snapshot_id
    rows = dbs.ask("SELECT COUNT(*) FROM item")
    dump = write_dump(dbs.home / f"{kind}.sql", kind, 50, whole=kind != "cut off")
    if kind == "not there":
        dump.unlink()
    elif kind != "cut off":
        statement = "INSERT INTO `nothing` VALUES (1);" if kind == "wrong statement" else "USE `mysql`;"
        dump.write_text(dump.read_text().replace("CREATE TABLE `item`", f"{statement}\nCREATE TABLE `item`"))
    job = dbs.ended(dbs.refresh(dump))
    assert job.state == "failed"
    named = dump.name if kind in ("cut off", "not there") else "line 8"
    assert named in job.sentence, job.sentence
    assert "inside dbs" not in job.sentence
    assert (_snapshots(dbs), dbs.provider.inspect("shared").snapshot_id) == (before, served)
    assert dbs.ask("SELECT COUNT(*) FROM item") == rows
    assert dbs.names("building/*") == []
    assert _told(dbs, job.id)["final"] == job.sentence
