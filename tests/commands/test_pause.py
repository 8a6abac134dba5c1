"""The kill switch: nothing new starts, what runs ends, and everybody can see why."""

from __future__ import annotations

import pytest

from commands.interface import Actor
from commands.working import working
from tests.support.office import ADA, BOB, DEV, DORA, EVE, ROOT, Office
from tests.support.waiting import until


@pytest.mark.parametrize(("who", "outcome"), [(ADA, "done"), (DORA, "done"), (ROOT, "done"), (EVE, "refused")])
def test_operators_and_approvers_may(office: Office, who: Actor, outcome: str) -> None:
    assert office.say(who, "pause").outcome == outcome
    office.say(ADA, "pause")
    assert office.say(who, "resume").outcome == outcome


@pytest.mark.parametrize("words", ["restore shared", "retry 1", "restore shared --snapshot shop-1"])
def test_new_work_is_refused_with_who_when_and_why(office: Office, words: str) -> None:
    office.say(ADA, "restore shared")
    office.say(ADA, "cancel 1")
    office.say(DORA, "pause the disk is filling up")
    office.provider.sessions = (DEV,)
    refused = office.say(ADA, words)
    assert (refused.outcome, refused.actions) == ("refused", ())
    assert "Dora paused dbs at 2" in refused.sentence
    assert "(the disk is filling up)" in refused.sentence
    assert len(office.jobs()) == 1


def test_a_refresh_is_refused_too(office: Office) -> None:
    office.say(ADA, "pause")
    refused = office.say(ROOT, "refresh shop --from-dump /nowhere/shop.sql --already-masked generated")
    assert refused.outcome == "refused"
    assert "Ada paused dbs" in refused.sentence


@pytest.mark.parametrize(
    "words", ["status", "history", "help", "connect shared", "lease shared 1h", "cancel 1", "status 1"]
)
def test_what_starts_no_work_still_works(office: Office, words: str) -> None:
    office.say(ADA, "restore shared")
    office.say(ADA, "pause")
    assert office.say(ADA, words).outcome == "done"


def test_status_says_it_first(office: Office) -> None:
    assert "paused" not in office.say(ADA, "status").sentence
    office.say(ADA, "restore shared")
    office.say(ADA, "pause disk full")
    assert office.say(EVE, "status").sentence.startswith("Ada paused dbs at 2")
    assert office.say(EVE, "status 1").facts["Waits because"].startswith("Ada paused dbs")
    office.say(ADA, "resume")
    assert "paused" not in office.say(ADA, "status").sentence


def test_the_first_one_stays_named(office: Office) -> None:
    office.say(ADA, "pause disk full")
    second = office.say(BOB, "pause me too")
    assert second.outcome == "refused"
    assert "Ada paused dbs" in second.sentence
    assert "(disk full)" in second.sentence
    assert office.say(BOB, "resume").outcome == "done"
    assert office.say(BOB, "resume").outcome == "refused"


def test_what_runs_ends_and_what_waits_goes_on_after_resume(office: Office) -> None:
    office.provider.gate.clear()
    with working(office.services):
        running = office.say(ADA, "restore shared")
        until(lambda: office.provider.restores, "the restore has begun")
        behind = office.say(BOB, "restore shared")
        paused = office.say(ADA, "pause")
        assert "1 began and will end, 1 wait" in paused.sentence
        office.provider.gate.set()
        assert office.ended(running.job_id).state == "done"
        assert [job.state for job in office.jobs()] == ["done", "queued"]
        assert "1 waiting job can go on" in office.say(ADA, "resume").sentence
        assert office.ended(behind.job_id).state == "done"
    assert office.provider.restores == [("shared", "shop-2")] * 2
    assert office.outcomes("restore") == ["done", "done"]
