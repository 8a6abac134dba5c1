"""Instances move onto a new snapshot by themselves when they are free, and what was in them is announced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands.lagging import lag
from commands.rolling import follow
from commands.targets import find_instance
from commands.work import jobs, rolls
from dbs.jobs import Job, JobRequest
from dbs.snapshots.interface import InstanceStatus, Restored
from dbs.state import now, stamp
from tests.support.office import ADA, BOB, DEV, IDLE, OPEN, Office, manifest

LATER = "2099-01-01T00:00:00.000000+00:00"
NEWEST = replace(manifest("shop-30"), created_at=LATER, rows={"item": 1032})
_HELD = InstanceStatus("shared", "running", "shop-2", "2026-11-19T14:02:00.000000+00:00", "h:1", written=0)


@pytest.fixture
def behind(office: Office) -> Office:
    """`other` stands on the newest snapshot, `shared` on the one before."""
    office.provider.manifests.append(NEWEST)
    office.provider.standing["other"] = replace(_HELD, name="other", snapshot_id=NEWEST.id)
    office.provider.standing["shared"] = _HELD
    office.services.catalog.sync("local", office.provider)
    return office


def _queued(office: Office) -> list[str]:
    return [job.id for job in office.jobs()]


def _reason(office: Office) -> str | None:
    found = lag(office.services, find_instance(office.services, "shared"))
    return found.reason if found else None


def _until(office: Office, **span: float) -> str:
    return stamp(datetime.fromisoformat(office.clock()) + timedelta(**span))


def _work(office: Office, job: Job) -> dict[str, Any]:
    ((_, put_back),) = jobs.kinds(office.services)["restore"].steps
    return put_back(job, {}, lambda _: None)


def _rolling(office: Office) -> Job:
    """The restore of `shared` that belongs to a refresh, as it begins."""
    common = {"requester_id": "schedule", "requester_name": "schedule"}
    parent = office.services.jobs.write_down(JobRequest("refresh:1", "refresh", "shop", {}, **common))
    requests = rolls.rolling(office.services, parent, {"local": NEWEST.to_json()})
    assert [request.target for request in requests] == ["shared", "other"]
    return office.services.jobs.write_down(requests[0])


def _said(office: Office, job: Job, facts: dict[str, Any]) -> str:
    return jobs.kinds(office.services)["restore"].sentence(job, {"restore": facts})


def _told(office: Office, job: Job, facts: dict[str, Any]) -> str:
    """What the refresh says when this is all that it did."""
    child = {"outcome": "done", "target": "shared", "facts": {"restore": facts}}
    return rolls.told(office.services, replace(job, target="shop"), {job.id: child})


# -- following ---------------------------------------------------------------------------------------------------------


def test_a_free_instance_follows_once(behind: Office) -> None:
    assert (follow(behind.services), follow(behind.services)) == (1, 0)
    assert _queued(behind) == ["roll:shared:shop-30"]
    job = behind.jobs()[0]
    assert (job.arguments["snapshot"], job.arguments["roll"], job.requester_name) == ("shop-30", True, "schedule")
    assert behind.services.outbox.holds(job.id, "parent"), "it is announced"


def test_a_leased_one_follows_when_its_lease_is_released(behind: Office) -> None:
    behind.say(ADA, "lease shared 2h load test")
    assert follow(behind.services) == 0
    assert str(_reason(behind)).startswith("Ada holds it until ")
    behind.say(ADA, "release shared")
    assert follow(behind.services) == 1


def test_a_leased_one_follows_when_its_lease_has_ended(behind: Office) -> None:
    behind.time = now()
    behind.services.leases.take("shared", ADA.id, "Ada", _until(behind, hours=1), "")
    assert follow(behind.services) == 0
    behind.time = _until(behind, hours=1)
    assert follow(behind.services) == 1


@pytest.mark.parametrize("session", [DEV, OPEN], ids=["a statement", "a transaction"])
def test_it_waits_for_whoever_works_in_it(behind: Office, session: Any) -> None:
    behind.provider.standing["shared"] = replace(_HELD, sessions=(session, IDLE))
    assert (follow(behind.services), _reason(behind)) == (0, "somebody works in it")
    behind.provider.standing["shared"] = replace(_HELD, sessions=(IDLE,))
    assert follow(behind.services) == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (replace(_HELD, state="stopped"), "it is stopped"),
        (replace(_HELD, detail="no answer"), "who works in it cannot be looked up"),
        (replace(_HELD, snapshot_id=NEWEST.id), None),
        (replace(_HELD, snapshot_id=None), None),
    ],
    ids=["stopped", "no answer", "on the newest", "empty"],
)
def test_what_does_not_follow(behind: Office, status: InstanceStatus, reason: str | None) -> None:
    behind.provider.standing["shared"] = status
    assert (follow(behind.services), _reason(behind)) == (0, reason)


def test_a_seeded_child_of_the_newest_is_the_newest(behind: Office) -> None:
    behind.provider.manifests.append(replace(NEWEST, id="shop-30.0a0b0c0d", parent="shop-30"))
    behind.provider.standing["shared"] = replace(_HELD, snapshot_id="shop-30.0a0b0c0d")
    assert follow(behind.services) == 0
    assert _reason(behind) is None


def test_an_older_snapshot_that_somebody_chose_stays(behind: Office) -> None:
    behind.provider.manifests[-1] = replace(NEWEST, id="shop-4", created_at=stamp(datetime.now(UTC)))
    behind.services.catalog.sync("local", behind.provider)
    with behind.services.instances.working_on("shared", "job"):
        behind.services.instances.restored("shared", "shop-2", "Bob")
    follow(behind.services)
    assert _queued(behind) == ["roll:other:shop-4"]
    assert str(_reason(behind)).startswith("Bob chose that one at ")


@pytest.mark.parametrize(("kind", "target"), [("refresh", "shop"), ("restore", "shared")])
def test_what_is_being_worked_on_is_left_to_that(behind: Office, kind: str, target: str) -> None:
    behind.services.jobs.write_down(JobRequest("work", kind, target, {}, "U1", "Ada"))
    assert follow(behind.services) == 0


def test_nothing_follows_while_dbs_is_paused(behind: Office) -> None:
    behind.say(ADA, "pause")
    assert follow(behind.services) == 0
    behind.say(ADA, "resume")
    assert follow(behind.services) == 1


def test_one_that_failed_waits_for_a_person_and_one_that_stayed_is_tried_again(behind: Office) -> None:
    follow(behind.services)
    behind.services.job_rows.end("roll:shared:shop-30", "done", "shared stays as it is: …")
    assert follow(behind.services) == 1
    behind.services.job_rows.end("roll:shared:shop-30:2", "failed", "The disk is full.")
    assert (follow(behind.services), _reason(behind)) == (0, "its restore failed: /dbs retry 2")


def test_a_provider_that_does_not_answer_is_left_alone(behind: Office) -> None:
    behind.provider.unreachable = "The supervisor is away."
    assert follow(behind.services) == 0


# -- what is announced -------------------------------------------------------------------------------------------------


def test_changes_are_announced_with_the_way_back(behind: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with behind.services.instances.working_on("shared", "job"):
        behind.services.instances.restored("shared", "shop-2", "Bob")
    behind.provider.standing["shared"] = replace(_HELD, written=1240)
    job = _rolling(behind)
    until = "2026-11-20T03:00:00.000000+00:00"
    restored = Restored("shared", "shop-30", {"total": 0.2}, "stub", until)
    monkeypatch.setattr(behind.provider, "restore", lambda *_: restored)
    facts = _work(behind, job)
    said = _said(behind, job, facts)
    assert "shared had 1,240 changes since its last restore (Bob, " in said
    assert said.endswith("; undo within the hour with: /dbs restore shared --undo")
    told = _told(behind, job, facts)
    assert told.startswith("On it now: shared. shared had 1,240 changes since")


@pytest.mark.parametrize(
    ("written", "said"), [(0, ""), (1, "shared had 1 change since"), (None, "Whether shared had changes since")]
)
def test_what_is_said_of_changes(behind: Office, written: int | None, said: str) -> None:
    behind.provider.standing["shared"] = replace(_HELD, written=written)
    job = _rolling(behind)
    sentence = _said(behind, job, _work(behind, job))
    assert said in sentence
    assert ("they are gone" in sentence) == bool(said), "the stub keeps nothing for an undo"


def test_after_a_crash_nobody_claims_that_there_were_no_changes(behind: Office) -> None:
    job = _rolling(behind)
    _work(behind, job)
    assert _work(behind, job)["written"] is None


def test_a_restore_that_somebody_asked_for_announces_nothing(behind: Office) -> None:
    behind.provider.standing["shared"] = replace(_HELD, written=1240)
    job = behind.services.jobs.write_down(
        JobRequest("restore:1", "restore", "shared", {"snapshot": "shop-30", "data_state_at": LATER}, "U1", "Ada")
    )
    assert "changes" not in _said(behind, job, _work(behind, job))


def test_a_lease_that_is_taken_meanwhile_keeps_the_instance(behind: Office) -> None:
    job = _rolling(behind)
    behind.say(BOB, "lease shared 2h")
    facts = _work(behind, job)
    assert behind.provider.restores == []
    assert _said(behind, job, facts).startswith("shared stays as it is: Bob holds it until ")
    told = _told(behind, job, facts)
    assert "On it now" not in told and "shared follows when it is free (Bob holds it until " in told


def test_a_child_that_had_ended_before_tells_nothing_of_itself(behind: Office) -> None:
    parent = _rolling(behind)
    told = rolls.told(
        behind.services,
        replace(parent, target="shop"),
        {
            "a": {"outcome": "done", "target": "shared", "sentence": "…"},
            "b": {"outcome": "failed", "target": "other", "sentence": "The disk is full."},
        },
    )
    assert told == "On it now: shared. other failed (The disk is full.)"


# -- what people see ---------------------------------------------------------------------------------------------------


def test_status_says_how_far_behind_and_why(behind: Office) -> None:
    behind.say(ADA, "lease shared 2h")
    behind.provider.standing["shared"] = replace(_HELD, written=1240)
    shared, other = behind.say(ADA, "status").tables[0].rows
    assert shared[2].startswith("2026-11-02 01:00 UTC (")
    assert ", not the newest: Ada holds it until " in shared[2]
    assert shared[2].endswith("; 1,240 changes since its restore")
    assert other[2].startswith("2026-11-30 01:00 UTC (") and "newest" not in other[2]
