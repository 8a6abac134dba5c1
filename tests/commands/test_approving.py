"""A policy that lets more through waits for the word of a privacy person, about exactly what they were shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from commands.decisions import expire
from commands.interface import Actor, Result
from commands.nightly import refresh_due
from commands.refreshing import start
from commands.working import end_abandoned
from dbs.decisions import Decision
from dbs.errors import RefusedError
from dbs.state import now, stamp
from tests.support.office import ADA, BOB, CARL, DORA, EVE, PIA, ROOT
from tests.support.policing import POLICY, SOURCE, STRONGER, WEAKER, Policed


@pytest.fixture
def office(tmp_path: Path) -> Policed:
    """The first policy was read by once, and so approved."""
    made = Policed(tmp_path)
    made.read_by_it()
    return made


@pytest.fixture
def weaker(office: Policed) -> Policed:
    """Somebody wrote `keep` for a column of e-mail addresses."""
    office.write(WEAKER)
    return office


def asked(office: Policed, actor: Actor = ADA, request_id: str = "asking") -> Result:
    """Ada asks for a refresh; the question as the channel sees it."""
    result = office.say(actor, "refresh shop", request_id)
    assert result.outcome == "waiting" and result.actions == (), result
    return office.posted("parent")[-1]


def question(office: Policed) -> Decision:
    found = office.services.decisions.of_request("asking")
    assert found is not None
    return found


def real_jobs(office: Policed) -> list[str]:
    return [job.id for job in office.jobs() if not job.id.startswith("made-up")]


def test_the_first_policy_is_taken_said_and_recorded(tmp_path: Path) -> None:
    office = Policed(tmp_path)
    queued = office.say(ADA, "refresh shop")
    assert queued.outcome == "queued"
    assert queued.facts["Policy"] == "first policy of shop, 4 columns, 1 of them kept as they are"
    assert office.services.policies.approved("shop") is None, "it has not been read by yet"
    digest = office.read_by_it()
    verdict = office.services.policies.approved("shop")
    assert verdict is not None and (verdict.digest, verdict.by_id, verdict.by_name) == (digest, "system", "Ada")
    assert office.outcomes("policy") == ["done"]
    assert office.say(ADA, "refresh shop").facts["Policy"] == "4 columns, 1 of them kept as they are"


def test_a_stronger_policy_is_taken_without_asking_and_said(office: Policed) -> None:
    office.write(STRONGER)
    queued = office.say(ADA, "refresh shop")
    assert queued.outcome == "queued" and queued.facts["Policy"].startswith("1 change since ")
    assert queued.facts["Policy"].endswith("none of them weaker")
    office.read_by_it()
    verdict = office.services.policies.approved("shop")
    assert verdict is not None and "users.notes: text becomes null." in verdict.summary


def test_a_weaker_one_is_held_and_asked_about_in_the_channel(weaker: Policed) -> None:
    result = weaker.say(ADA, "refresh shop", "asking")
    assert (result.outcome, result.actions) == ("waiting", ()), "whoever asked cannot answer"
    assert "waits for S0PRIVACY" in result.sentence and real_jobs(weaker) == []
    (shown,) = weaker.posted("parent")
    assert "Ada asked to refresh shop, whose policy lets more through than what Ada approved" in shown.sentence
    assert [action["label"] for action in shown.actions] == ["Approve", "Reject"]
    assert shown.tables[0].rows == (("users.email", "users.email: email becomes keep.", "weaker"),)
    (row,) = [row for row in weaker.services.outbox.pending() if row.part == "parent"]
    assert row.destination["calls"] == ["S0PRIVACY"] and "S0PRIVACY" in row.result["sentence"]
    assert weaker.say(ADA, "refresh shop", "asking").outcome == "waiting", "the same request again"
    assert len(weaker.posted("parent")) == 1
    assert weaker.outcomes("refresh") == [], "the request goes on"


@pytest.mark.parametrize("who", [ADA, BOB, DORA, EVE, ROOT], ids=lambda actor: actor.name)
def test_the_wrong_person_changes_nothing_and_is_recorded(weaker: Policed, who: Actor) -> None:
    shown = asked(weaker)
    refused = weaker.click(who, shown, "approve")
    assert refused.outcome == "refused" and "S0PRIVACY" in refused.sentence
    assert question(weaker).choice is None and real_jobs(weaker) == []
    assert weaker.outcomes("decide") == ["refused"]


def test_whoever_asked_may_not_approve_it_themselves(weaker: Policed) -> None:
    shown = asked(weaker, PIA)
    assert "somebody else" in weaker.click(PIA, shown, "approve").sentence
    assert weaker.click(CARL, shown, "approve").outcome == "queued"


def test_approved_it_is_recorded_and_the_refresh_of_the_request_is_queued(weaker: Policed) -> None:
    queued = weaker.click(PIA, asked(weaker), "approve")
    (job,) = [job for job in weaker.jobs() if job.request_id == "asking"]
    assert (queued.outcome, queued.job_id, job.requester_id) == ("queued", job.id, ADA.id)
    verdict = weaker.services.policies.approved("shop")
    assert verdict is not None and (verdict.by_id, verdict.policy["tables"]["users"]["columns"]["email"]["mask"]) == (
        PIA.id,
        "keep",
    )
    assert weaker.outcomes("decide") == ["done"]
    (end,) = weaker.posted("end")
    assert "Approved by Pia. Queued as job" in end.sentence and end.actions == ()
    weaker.read_by_it()
    assert weaker.say(BOB, "refresh shop").outcome == "queued", "it is asked about once"
    assert weaker.services.audit.verify().ok


def test_rejected_it_is_not_asked_about_by_the_schedule_again(weaker: Policed) -> None:
    rejected = weaker.click(PIA, asked(weaker), "reject")
    assert rejected.outcome == "refused" and "Rejected by Pia" in rejected.sentence
    assert weaker.outcomes("refresh") == ["refused"] and real_jobs(weaker) == []
    assert any("Rejected by Pia" in told for told in weaker.told(ADA.id))
    nightly = Actor("schedule", "schedule", "schedule")
    with pytest.raises(RefusedError, match=r"rejected by Pia at .*looked at again by hand"):
        start(weaker.services, "shop", nightly, "refresh:shop:2026-11-20", "refresh:shop:2026-11-20")
    assert weaker.say(BOB, "refresh shop").outcome == "waiting", "by hand it is asked about again"
    assert len(weaker.posted("parent")) == 2


def test_nobody_is_asked_twice_while_the_question_is_open(weaker: Policed) -> None:
    asked(weaker)
    second = weaker.say(BOB, "refresh shop")
    assert second.outcome == "refused" and "waits for S0PRIVACY" in second.sentence
    assert len(weaker.posted("parent")) == 1


def test_two_who_approve_at_once_make_one_job(weaker: Policed) -> None:
    shown, barrier = asked(weaker), Barrier(2)

    def click(actor: Actor) -> Result:
        barrier.wait()
        return weaker.click(actor, shown, "approve")

    with ThreadPoolExecutor(2) as both:
        results = list(both.map(click, (PIA, CARL)))
    assert sorted(result.outcome for result in results) == ["queued", "refused"]
    assert len(real_jobs(weaker)) == 1
    assert [one.verdict for one in weaker.services.policies.history("shop")] == ["approved", "approved"]
    assert "was approved already" in next(one.sentence for one in results if one.outcome == "refused")


def test_an_approval_is_for_what_was_shown(weaker: Policed) -> None:
    shown = asked(weaker)
    weaker.write(WEAKER.replace('name = "name"', 'name = "keep"'))
    stale = weaker.click(PIA, shown, "approve")
    assert stale.outcome == "refused" and "not any more what was shown" in stale.sentence
    assert real_jobs(weaker) == [] and weaker.outcomes("refresh") == ["refused"]
    assert [one.by_id for one in weaker.services.policies.history("shop")] == ["system"]
    (end,) = weaker.posted("end")
    assert end.actions == ()


def test_and_for_the_difference_that_was_shown(weaker: Policed) -> None:
    shown = asked(weaker)
    weaker.write(STRONGER)
    weaker.read_by_it()
    weaker.write(WEAKER)
    assert "not any more what was shown" in weaker.click(PIA, shown, "approve").sentence


def test_without_a_privacy_person_it_is_refused_with_what_to_configure(tmp_path: Path) -> None:
    office = Policed(tmp_path, slack="")
    office.read_by_it()
    office.write(WEAKER)
    refused = office.say(ADA, "refresh shop")
    assert refused.outcome == "refused" and '[slack] privacy = ["S0SECURITY"]' in refused.sentence
    assert office.posted("parent") == []


def test_a_refresh_that_is_queued_already_is_held_against_the_approved_one_again(weaker: Policed) -> None:
    with pytest.raises(RefusedError, match="was changed since this refresh was queued"):
        weaker.read_by_it()


def test_a_rule_that_is_taken_out_and_put_back_is_compared_with_what_it_was(office: Policed) -> None:
    office.write(POLICY.replace('notes = "text"\n', ""))
    office.read_by_it()
    office.write(POLICY.replace('notes = "text"', 'notes = "keep"'))
    assert office.say(ADA, "refresh shop").outcome == "waiting"
    assert "users.notes: text becomes keep." in str(office.posted("parent")[0].tables)


def test_nobody_answers_for_a_week(weaker: Policed) -> None:
    shown = asked(weaker)
    weaker.time = stamp(datetime.fromisoformat(now()) + timedelta(days=6))
    assert expire(weaker.services) == 0 and end_abandoned(weaker.services) == 0
    weaker.time = stamp(datetime.fromisoformat(now()) + timedelta(days=8))
    assert expire(weaker.services) == 1
    assert weaker.outcomes("refresh") == ["expired"]
    assert "Nobody approved the policy of shop within 7 days" in weaker.posted("end")[0].sentence
    assert weaker.click(PIA, shown, "approve").outcome == "refused"


def test_while_dbs_is_paused_nothing_is_approved_and_the_question_stays(weaker: Policed) -> None:
    shown = asked(weaker)
    weaker.say(DORA, "pause")
    assert "paused dbs" in weaker.click(PIA, shown, "approve").sentence
    weaker.say(DORA, "resume")
    assert weaker.click(PIA, shown, "approve").outcome == "queued"


def test_more_changes_than_fit_are_in_the_thread(office: Policed) -> None:
    columns = "\n".join(f'more_{number:02} = "text"' for number in range(15))
    office.write(POLICY + columns)
    office.read_by_it()
    office.write(POLICY + columns.replace('"text"', '"keep"'))
    shown = asked(office)
    assert len(shown.tables[0].rows) == 10
    (rest,) = office.posted("rest")
    assert len(rest.tables[0].rows) == 5


def told_in_the_channel(office: Policed) -> list[str]:
    return [row.result["sentence"] for row in office.services.outbox.pending(1000) if row.part == "alert"]


@pytest.fixture
def night(tmp_path: Path) -> Policed:
    """Every night at one; the policy was weakened since the first."""
    made = Policed(tmp_path, source=SOURCE + '\n[schedule]\nrefresh = "0 1 * * *"')
    made.read_by_it()
    made.write(WEAKER)
    return made


ONE = datetime.now(UTC).replace(hour=1, minute=0, second=1) + timedelta(days=1)


def test_the_schedule_asks_once_and_waits_quietly(night: Policed) -> None:
    for later in (timedelta(0), timedelta(minutes=5), timedelta(hours=2), timedelta(days=1), timedelta(days=2)):
        refresh_due(night.services, ONE + later)
    (shown,) = night.posted("parent")
    assert shown.sentence.startswith("schedule asked to refresh shop") and told_in_the_channel(night) == []
    assert night.outcomes("refresh") == ["refused", "refused"], "the nights after the first"
    night.click(CARL, shown, "approve")
    assert real_jobs(night) == [f"refresh:shop:{ONE:%Y-%m-%d}"]


def test_the_schedule_says_every_night_who_rejected_it(night: Policed) -> None:
    refresh_due(night.services, ONE)
    night.click(PIA, night.posted("parent")[0], "reject")
    for days in (1, 2):
        refresh_due(night.services, ONE + timedelta(days=days))
    assert len(night.posted("parent")) == 1
    said = told_in_the_channel(night)
    assert len(said) == 2 and all("was not begun. Its policy was rejected by Pia at" in one for one in said)
    night.write(STRONGER)
    refresh_due(night.services, ONE + timedelta(days=3))
    assert len(real_jobs(night)) == 1
