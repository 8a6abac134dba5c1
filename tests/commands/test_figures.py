"""What a refresh took and made, as people see it, and which old snapshots go after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from commands.work import jobs
from commands.work.figures import seconds_of
from commands.work.retention import prune
from dbs.jobs import Ending, Job, JobRequest, Phase
from dbs.snapshots.interface import InstanceStatus, SnapshotError
from dbs.state import now, stamp
from tests.support.office import ADA, Office, manifest

HELD = InstanceStatus("shared", "running", "shop-2", None, "h:1")


def test_the_figures_of_a_refresh(office: Office) -> None:
    services = office.services
    office.provider.manifests.append(replace(manifest("shop-9"), rows={"item": 1000}))
    job = services.jobs.write_down(JobRequest("refresh:9", "refresh", "shop", {}, "U1", "Ada"))
    services.job_rows.begin(job.id)
    services.job_rows.report(job.id, "read and mask")
    made = replace(manifest("shop-5"), created_at=now(), rows={"item": 1032}, dump_bytes=3 * 2**20, text_bytes=2**30)
    office.provider.manifests.append(made)
    services.catalog.sync("local", office.provider)
    ending = Ending("done", "Done.", {"make": {"local": made.to_json()}})
    jobs.end(services, job, ending)
    services.job_rows.end(job.id, "done", "Done.")
    final = next(row.result for row in services.outbox.pending(100) if row.job_id == job.id and row.part == "final")
    assert final["facts"]["Rows"] == "1,032 (+3.2 %) in 1 tables"
    assert final["facts"]["Dump"].startswith("3.0 MB (") and final["facts"]["Dump"].endswith(", 1.0 GB of SQL")
    shown = office.say(ADA, f"status {job.number}")
    assert shown.facts["Rows"] == final["facts"]["Rows"]
    took = {row[0]: row[3] for row in shown.tables[0].rows}
    assert took["read and mask"].endswith(" s") and took["freeze"] == "-"


def test_each_phase_began_when_the_one_before_it_ended() -> None:
    began = datetime(2026, 11, 20, 1, tzinfo=UTC)

    def at(seconds: float) -> str:
        return stamp(began + timedelta(seconds=seconds))

    job = Job(1, "a", "refresh", "shop", {}, "running", "", "U1", "Ada", None, None, at(0), at(1), None)
    phases = [
        Phase("read", "done", "", at(11)),
        Phase("verify", "done", "", at(14)),
        Phase("import", "running", "", at(14)),
        Phase("freeze", "pending", "", at(1)),
    ]
    assert seconds_of(job, phases, began + timedelta(seconds=20)) == {"read": 10, "verify": 3, "import": 6}
    assert seconds_of(replace(job, started_at=None), phases) == {}


# -- what is kept ------------------------------------------------------------------------------------------------------


def _kept(office: Office) -> list[str]:
    office.provider.manifests = [manifest(f"shop-{number}") for number in range(1, 9)]
    prune(office.services, "shop")
    return [one.id for one in office.provider.manifests]


def test_retention_spares_what_an_instance_stands_on_or_can_go_back_to(office: Office) -> None:
    office.provider.standing["shared"] = replace(HELD, snapshot_id="shop-2", undo_snapshot="shop-1")
    office.provider.standing["other"] = replace(HELD, snapshot_id="shop-8")
    office.services.jobs.write_down(JobRequest("w", "restore", "shared", {"snapshot": "shop-4"}, "U1", "Ada"))
    assert _kept(office) == ["shop-1", "shop-2", "shop-4", "shop-6", "shop-7", "shop-8"]


def test_retention_deletes_nothing_when_an_instance_cannot_be_looked_at(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> InstanceStatus:
        raise SnapshotError("The supervisor is away.")

    monkeypatch.setattr(office.provider, "inspect", away)
    assert len(_kept(office)) == 8
