"""Stopping a job, and doing it once more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from commands.working import working
from dbs.jobs import JobRequest
from dbs.personal import Wish
from tests.support.office import ADA, BOB, DEV, DORA, EVE, Office
from tests.support.waiting import until


@pytest.fixture
def worker(office: Office) -> Iterator[None]:
    """A worker for this office."""
    with working(office.services):
        yield
        office.provider.gate.set()


def test_a_queued_job_is_cancelled_and_ends_once(office: Office) -> None:
    queued = office.say(ADA, "restore shared")
    done = office.say(ADA, "cancel 1")
    assert (done.outcome, done.sentence) == ("done", "Job 1 (restore shared) is cancelled; it never began.")
    (job,) = office.jobs()
    assert (job.state, job.cancel_requested_by, job.id) == ("cancelled", "Ada", queued.job_id)
    assert office.outcomes("restore") == ["cancelled"]
    again = office.say(ADA, "cancel 1")
    assert again.outcome == "refused"
    assert "has ended already, cancelled" in again.sentence
    with working(office.services):
        office.say(ADA, "restore shared")
        office.ended(office.jobs()[-1].id)
    assert office.provider.restores == [("shared", "shop-2")]


def test_who_asked_and_approvers_may_cancel(office: Office) -> None:
    for number, (who, outcome) in enumerate([(BOB, "refused"), (EVE, "refused"), (ADA, "done"), (DORA, "done")], 1):
        office.say(ADA, "restore shared")
        assert office.say(who, f"cancel {number}").outcome == outcome
    assert [job.state for job in office.jobs()] == ["queued", "queued", "cancelled", "cancelled"]


@pytest.mark.usefixtures("worker")
def test_a_restore_that_has_begun_goes_on(office: Office) -> None:
    office.provider.gate.clear()
    queued = office.say(ADA, "restore shared")
    until(lambda: office.provider.restores, "the restore has begun")
    refused = office.say(ADA, "cancel 1")
    assert refused.outcome == "refused"
    assert "past the point" in refused.sentence
    office.provider.gate.set()
    assert office.ended(queued.job_id).state == "done"
    assert "done" in office.say(ADA, "cancel 1").sentence


@pytest.mark.usefixtures("worker")
def test_a_restore_that_waits_for_its_instance_can_still_stop(office: Office) -> None:
    with office.services.instances.working_on("shared", "somebody else"):
        queued = office.say(ADA, "restore shared")
        until(lambda: office.jobs()[0].state == "running", "the job has begun")
        assert office.say(ADA, "cancel 1").outcome == "done"
    job = office.ended(queued.job_id)
    assert (job.state, office.provider.restores) == ("cancelled", [])
    assert job.sentence == "Ada cancelled restore shared; nothing was changed."
    assert office.outcomes("restore") == ["cancelled"]


@pytest.mark.parametrize("words", ["cancel 7", "retry 7", "cancel nonsense", "status 7"])
def test_a_job_that_is_not_there(office: Office, words: str) -> None:
    assert "There is no job" in office.say(ADA, words).sentence


@pytest.mark.usefixtures("worker")
def test_retries_get_ids_of_their_own_and_the_same_snapshot(office: Office) -> None:
    office.provider.failing = "The disk is full."
    first = office.say(ADA, "restore shared --snapshot shop-1")
    assert office.ended(first.job_id).state == "failed"
    second = office.say(BOB, "retry 1")
    assert second.job_id == f"{first.job_id}:2"
    assert office.ended(second.job_id).requester_id == BOB.id
    office.provider.failing = ""
    third = office.say(ADA, "retry 2")
    assert third.job_id == f"{first.job_id}:3"
    assert office.ended(third.job_id).state == "done"
    assert office.provider.restores == [("shared", "shop-1")] * 3
    refused = office.say(ADA, "retry 1")
    assert refused.outcome == "refused"
    assert "Job 3 has done it" in refused.sentence
    assert office.outcomes("restore") == ["failed"]
    assert sorted(office.outcomes("retry")) == ["done", "failed", "refused"]


def test_a_cancelled_job_can_be_retried_and_an_open_one_not(office: Office) -> None:
    office.say(ADA, "restore shared")
    assert "queued already" in office.say(ADA, "retry 1").sentence
    office.say(ADA, "cancel 1")
    assert office.say(EVE, "retry 1").outcome == "refused"
    assert office.say(ADA, "retry 1").outcome == "queued"
    assert "Job 2 is queued already" in office.say(BOB, "retry 1").sentence
    assert len(office.jobs()) == 2


def test_a_retry_asks_as_a_restore_does(office: Office) -> None:
    office.say(ADA, "restore shared --snapshot shop-1")
    office.say(ADA, "cancel 1")
    office.provider.sessions = (DEV,)
    asked = office.say(ADA, "retry 1")
    assert asked.outcome == "waiting"
    assert office.click(ADA, asked).outcome == "queued"
    last = office.jobs()[-1]
    assert last.id.endswith(":2")
    assert last.arguments["snapshot"] == "shop-1"


def test_a_retry_of_a_snapshot_that_is_gone_says_so(office: Office) -> None:
    office.say(ADA, "restore shared --snapshot shop-1")
    office.say(ADA, "cancel 1")
    office.provider.delete("shop-1")
    failed = office.say(ADA, "retry 1")
    assert failed.outcome == "failed"
    assert "There is no snapshot shop-1" in failed.sentence
    assert len(office.jobs()) == 1


@pytest.mark.usefixtures("worker")
def test_the_holder_is_told_when_it_has_happened(office: Office) -> None:
    office.say(BOB, "lease shared 2h load test")
    office.provider.failing = "The disk is full."
    asked = office.say(ADA, "restore shared")
    office.ended(office.click(ADA, asked).job_id)
    assert office.told(BOB.id) == [], "nothing was taken from them"
    office.provider.failing = ""
    done = office.click(ADA, office.say(ADA, "retry 1"))
    office.ended(done.job_id)
    assert office.told(BOB.id) == [
        "Ada restored shared, which you hold: what you had changed in it is gone.",
    ]
    office.ended(office.say(BOB, "restore shared").job_id)
    assert len(office.told(BOB.id)) == 1, "one's own restore is no news"


def test_an_undo_is_not_done_again_later(office: Office) -> None:
    services = office.services
    work = {"undo": True, "plan": {}}
    services.jobs.submit(JobRequest("restore:shared:u", "restore", "shared", work, ADA.id, ADA.name))
    office.say(ADA, "cancel 1")
    refused = office.say(ADA, "retry 1")
    assert refused.outcome == "refused"
    assert "type the command anew" in refused.sentence
    assert len(office.jobs()) == 1


def test_a_personal_instance_that_is_cancelled_leaves_its_name_and_port(office: Office) -> None:
    until_then = datetime.now(UTC) + timedelta(hours=1)
    wish = Wish("bug-1", ADA.id, ADA.name, "shop", "local", until_then, iter([33100, 33101]), 1)
    office.services.personal.take(wish)
    office.services.jobs.submit(JobRequest("new:bug-1:u", "new", "bug-1", {"snapshot": "shop-2"}, ADA.id, ADA.name))
    office.say(ADA, "cancel 1")
    assert office.services.personal.get("bug-1") is None
    assert "type the command anew" in office.say(ADA, "retry 1").sentence
