"""A question is settled once: by the right person, in time, and to what was shown."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import text

from commands.decisions import decide, expire
from commands.interface import Actor, Result
from commands.working import end_abandoned
from dbs.decisions import Decision
from dbs.state import now, stamp
from tests.support.office import ADA, BOB, DEV, EVE, OPEN, Office


@pytest.fixture
def asked(office: Office) -> Result:
    """A question to Ada: a statement runs in `shared`."""
    office.provider.sessions = (DEV,)
    return office.say(ADA, "restore shared", "asking")


def question_of(office: Office) -> Decision:
    found = office.services.decisions.of_request("asking")
    assert found is not None
    return found


def later(seconds: float) -> str:
    return stamp(datetime.fromisoformat(now()) + timedelta(seconds=seconds))


def test_confirmed_it_is_queued_for_the_request_that_asked(office: Office, asked: Result) -> None:
    queued = office.click(ADA, asked)
    (job,) = office.jobs()
    assert (queued.outcome, queued.job_id) == ("queued", job.id)
    assert (job.request_id, job.requester_id, job.arguments["snapshot"]) == ("asking", ADA.id, "shop-2")
    assert office.outcomes("decide") == ["done"]
    assert office.outcomes("restore") == [], "the request that asked ends with its job"


def test_cancelled_it_ends_and_nothing_runs(office: Office, asked: Result) -> None:
    assert office.click(ADA, asked, "cancel").outcome == "cancelled"
    assert office.jobs() == []
    assert office.outcomes("restore") == ["cancelled"]
    assert office.click(ADA, asked, "confirm").outcome == "refused"
    assert office.jobs() == []


def test_a_job_that_cannot_be_written_down_takes_nothing_with_it(
    office: Office, asked: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(*arguments: object) -> bool:
        raise RuntimeError("a bug")

    monkeypatch.setattr(office.services.outbox, "put", put)
    assert office.click(ADA, asked).outcome == "failed"
    assert office.jobs() == [], "the job's row went back with the answer"
    assert office.outcomes("restore") == ["failed"]
    monkeypatch.undo()
    assert office.click(ADA, asked).outcome == "refused", "it is settled all the same"
    assert office.jobs() == [] and office.outcomes("restore") == ["failed"]


def _click_either(office: Office, asked: Result, index: int) -> Result:
    return office.click(ADA, asked, ("confirm", "cancel")[index])


def at_once(number: int, act: Callable[[int], Result]) -> list[Result]:
    barrier = Barrier(number)

    def together(index: int) -> Result:
        barrier.wait()
        return act(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(together, range(number)))


def test_two_clicks_in_the_same_millisecond_a_hundred_times(office: Office) -> None:
    office.provider.sessions = (DEV,)
    for _ in range(100):
        asked = office.say(ADA, "restore shared")
        results = at_once(2, partial(_click_either, office, asked))
        outcomes = sorted(result.outcome for result in results)
        assert outcomes in (["queued", "refused"], ["cancelled", "refused"])
    cancelled = office.outcomes("restore")
    assert set(cancelled) <= {"cancelled"}
    assert len(office.jobs()) + len(cancelled) == 100


def test_the_same_click_twenty_times_is_one_job(office: Office, asked: Result) -> None:
    results = at_once(20, lambda _: office.click(ADA, asked, request_id="click"))
    assert [result.outcome for result in results].count("queued") == 1
    assert len(office.jobs()) == 1
    assert office.outcomes("decide") == ["done"]
    repeated = office.click(ADA, asked, request_id="click")
    assert (repeated.outcome, repeated.job_id) == ("done", office.jobs()[0].id)


def test_twenty_clicks_are_one_job_and_nineteen_refusals(office: Office, asked: Result) -> None:
    results = at_once(20, lambda _: office.click(ADA, asked))
    assert sorted(result.outcome for result in results) == ["queued"] + ["refused"] * 19
    assert len(office.jobs()) == 1
    assert sorted(office.outcomes("decide")) == ["done"] + ["refused"] * 19


@pytest.mark.parametrize("choice", ["confirm", "cancel"])
@pytest.mark.parametrize("who", [BOB, EVE], ids=["operator", "member"])
def test_somebody_else_may_not_answer(office: Office, asked: Result, who: Actor, choice: str) -> None:
    assert office.click(who, asked, choice).outcome == "refused"
    assert question_of(office).choice is None
    assert office.jobs() == []
    assert office.outcomes("decide") == ["refused"]
    assert office.click(ADA, asked).outcome == "queued"


def test_the_right_to_confirm_is_looked_up_afresh(
    office: Office, asked: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbs.access.REMEMBER_SECONDS", 0.0)
    office.workspace.down = True
    refused = office.click(ADA, asked)
    assert refused.outcome == "refused"
    assert "cannot check" in refused.sentence
    office.workspace.down = False
    office.workspace.groups["S0OPS"] = {BOB.id}
    assert office.click(ADA, asked).outcome == "refused"
    assert office.jobs() == []
    assert office.click(ADA, asked, "cancel").outcome == "cancelled", "who asked may always take it back"


def test_after_ten_minutes_nothing_runs(office: Office, asked: Result) -> None:
    office.time = later(601)
    refused = office.click(ADA, asked)
    assert refused.outcome == "refused"
    assert "expired" in refused.sentence
    assert office.jobs() == []
    assert office.outcomes("restore") == ["expired"]
    assert expire(office.services) == 0


def test_the_sweep_ends_what_nobody_answered(office: Office, asked: Result) -> None:
    office.time = later(599)
    assert expire(office.services) == 0
    assert office.outcomes("restore") == []
    office.time = later(601)
    assert expire(office.services) == 1
    assert expire(office.services) == 0
    assert office.outcomes("restore") == ["expired"]
    assert office.click(ADA, asked).outcome == "refused"
    assert office.jobs() == []


def test_an_expiry_and_a_click_settle_one_of_them(office: Office, asked: Result) -> None:
    office.click(ADA, asked)
    office.time = later(601)
    assert expire(office.services) == 0
    assert office.outcomes("restore") == []


def test_a_question_that_waits_is_not_cut_off(office: Office, asked: Result) -> None:
    assert end_abandoned(office.services, datetime.fromisoformat(later(300))) == 0
    assert office.click(ADA, asked).outcome == "queued"


def test_got_worse_so_it_asks_again(office: Office, asked: Result) -> None:
    office.provider.sessions = (DEV, OPEN)
    again = office.click(ADA, asked)
    assert again.outcome == "waiting"
    assert "Meanwhile more would be lost" in again.sentence
    assert "dev@10.0.0.9" in again.sentence
    assert again.actions[0]["decision"] != asked.actions[0]["decision"]
    assert office.click(ADA, asked).outcome == "refused", "the old button is stale"
    assert office.jobs() == []
    assert office.click(ADA, again).outcome == "queued"
    assert [job.request_id for job in office.jobs()] == ["asking"]


def test_a_lease_that_came_meanwhile_asks_again(office: Office) -> None:
    office.provider.detail = "The server does not answer."
    asked = office.say(ADA, "restore shared")
    office.say(BOB, "lease shared 1h")
    again = office.click(ADA, asked)
    assert again.outcome == "waiting"
    assert "Bob holds it" in again.sentence


def test_got_better_so_it_runs(office: Office, asked: Result) -> None:
    office.provider.sessions = ()
    assert office.click(ADA, asked).outcome == "queued"


def test_one_changed_byte_of_what_would_run_blocks_it(office: Office, asked: Result) -> None:
    with office.engine.begin() as connection:
        connection.execute(text("UPDATE decision SET work = replace(work, 'shop-2', 'shop-1')"))
    refused = office.click(ADA, asked)
    assert refused.outcome == "refused"
    assert "not what you were shown" in refused.sentence
    assert office.jobs() == []


@pytest.mark.parametrize("choice", ["confirm", "again", "expired", ""])
def test_an_unknown_question_or_answer_changes_nothing(office: Office, asked: Result, choice: str) -> None:
    unknown = "0" * 24 if choice == "confirm" else asked.actions[0]["decision"]
    assert decide(office.services, unknown, choice, ADA, request_id="click").outcome == "refused"
    assert question_of(office).choice is None


def test_settled_by_a_process_that_died_it_is_carried_out(office: Office, asked: Result) -> None:
    office.services.decisions.settle(asked.actions[0]["decision"], "confirm", ADA.id)
    assert office.jobs() == []
    assert expire(office.services) == 1
    assert [job.request_id for job in office.jobs()] == ["asking"]
    assert expire(office.services) == 0


def test_confirmed_long_before_dbs_came_back_it_does_not_run(office: Office, asked: Result) -> None:
    office.services.decisions.settle(asked.actions[0]["decision"], "confirm", ADA.id)
    office.time = later(601)
    assert expire(office.services) == 1
    assert expire(office.services) == 0
    assert office.jobs() == []
    assert office.outcomes("restore") == ["expired"]


def test_paused_meanwhile_it_waits_for_a_later_click(office: Office, asked: Result) -> None:
    office.say(ADA, "pause")
    refused = office.click(ADA, asked)
    assert refused.outcome == "refused"
    assert "Ada paused dbs" in refused.sentence
    assert question_of(office).choice is None
    office.say(ADA, "resume")
    assert office.click(ADA, asked).outcome == "queued"
