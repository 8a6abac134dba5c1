"""Who approves what: not the author, no outsider, only this commit, once, and with a reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from commands import reviewing
from commands.decisions import expire
from commands.interface import Actor, Result
from commands.working import end_abandoned
from dbs.rehearsals import Rehearsal
from dbs.state import now, stamp
from tests.support.office import ADA, BOB, CARL, DORA, EVE, ROOT
from tests.support.reviewed import DROP, FILES, REPOSITORY, Reviewed, column

pytestmark = pytest.mark.server

NOTE = column("note")
"""A change that nothing stands in the way of."""


def test_approved_it_says_what_was_approved_and_github_knows(review: Reviewed) -> None:
    row = review.pull()
    one = review.rehearsed(row, DROP)
    assert review.status(row) == ("pending", "waits for an approver, asked in Slack in #databases")
    result = review.approve(DORA, one)
    digest = review.question(one).work["digest"][:12]
    bound = f"Approved by Dora: acme/shop#1 at {row.head_sha[:10]}, migrations {digest}."
    assert result.outcome == "done" and result.sentence.startswith(bound)
    assert "dbs runs nothing on production. What to do next: merge it." in result.sentence
    (end,) = review.ends()
    assert end.actions == () and bound in end.sentence
    assert end.facts["Reason"] == "Nobody searches by mail any more."
    assert review.status(row) == ("success", "approved by Dora")
    assert (review.outcomes("decide"), review.outcomes("review")) == (["done"], ["done"])
    assert any("Approved by Dora" in told for told in review.told(ADA.id)), "its author hears of it"
    assert review.services.audit.verify().ok and not review.services.audit.open_requests()


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (ADA, "It is your own change, so somebody else"),
        (BOB, "only the members of S0DBA may do this"),
        (EVE, "only the members of S0DBA may do this"),
        (ROOT, "This is decided in Slack"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_wrong_person_changes_nothing_and_is_recorded(review: Reviewed, who: Actor, why: str) -> None:
    one = review.rehearsed(review.pull(), NOTE)
    refused = review.approve(who, one)
    assert refused.outcome == "refused" and why in refused.sentence
    assert review.question(one).choice is None and review.ends() == []
    assert review.outcomes("decide") == ["refused"] and review.outcomes("review") == []
    assert review.approve(CARL, one).outcome == "done"


def test_whoever_is_no_member_any_more_may_not(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(), NOTE)
    review.workspace.groups["S0DBA"].discard(DORA.id)
    assert "only the members of S0DBA" in review.approve(DORA, one).sentence


def test_when_slack_does_not_say_who_is_who_nobody_may(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(), NOTE)
    review.workspace.down = True
    assert "cannot check who may do this" in review.approve(DORA, one).sentence
    assert review.question(one).choice is None


def test_an_author_whom_nobody_knows_in_slack(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(author="Mallory"), NOTE)
    refused = review.approve(DORA, one)
    assert refused.outcome == "refused" and '[github] people = { "Mallory" = "U…" }' in refused.sentence
    assert review.question(one).choice is None


def test_the_author_is_found_whatever_the_case_of_the_login(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(author="RITA"), NOTE)
    assert "your own change" in review.approve(ADA, one).sentence
    assert review.approve(DORA, one).outcome == "done"


def test_a_click_after_a_push_that_nobody_told_of(review: Reviewed) -> None:
    row = review.pull()
    one, before = review.rehearsed(row, NOTE), row.head_sha
    review.github.push(REPOSITORY, 1, FILES)
    late = review.approve(DORA, one)
    assert late.outcome == "expired" and f"acme/shop#1 stands at {row.head_sha[:10]} by now" in late.sentence
    assert review.question(one).choice == reviewing.VOID and review.ends()[0].actions == ()
    assert review.outcomes("review") == ["expired"]
    assert "is over" in review.approve(CARL, one).sentence
    assert review.status(before)[0] == "error"


def test_a_push_makes_an_open_question_void(review: Reviewed) -> None:
    row = review.pull()
    one, before = review.rehearsed(row, NOTE), row.head_sha
    after = review.github.push(REPOSITORY, 1, FILES)
    for _ in range(2):
        reviewing.void(review.services, "shop", 1, after)
    assert "Void: acme/shop#1 stands at" in review.ends()[0].sentence
    assert review.status(before) == ("error", "void: this is not what would be merged any more")
    assert review.approve(DORA, one).outcome == "refused"
    again = review.rehearsed(row, NOTE)
    assert review.status(after)[0] == "pending"
    assert review.approve(DORA, again).outcome == "done" and review.status(after)[0] == "success"
    assert review.status(before)[0] == "error"


def test_a_push_takes_an_approval_back(review: Reviewed) -> None:
    row = review.pull()
    one, before = review.rehearsed(row, NOTE), row.head_sha
    review.approve(DORA, one)
    assert review.status(before)[0] == "success"
    reviewing.void(review.services, "shop", 1, before)
    assert review.status(before)[0] == "success", "the same commit"
    after = review.github.push(REPOSITORY, 1, FILES)
    for _ in range(2):
        reviewing.void(review.services, "shop", 1, after)
    assert review.status(before)[0] == "error"
    (taken,) = review.ends("void")
    assert "the approval does not count any more: acme/shop#1 stands at" in taken.sentence
    assert review.outcomes("review") == ["done", "expired"], "one request for the approval, one for its end"


def test_when_it_is_closed_the_question_is_over_and_a_merged_commit_stays_approved(review: Reviewed) -> None:
    closed, merged = review.pull(title="This one"), review.pull(title="That one")
    first, second = review.rehearsed(closed, NOTE), review.rehearsed(merged, NOTE)
    review.approve(DORA, second)
    assert review.status(merged)[0] == "success"
    review.github.close(REPOSITORY, 1)
    assert "is closed" in review.approve(DORA, first).sentence
    review.github.merge(REPOSITORY, 2)
    for number in (1, 2):
        review.services.rehearsals.close("shop", number)
        reviewing.void(review.services, "shop", number, None)
    assert review.status(closed)[0] == "error" and review.status(merged)[0] == "success"


def test_a_rehearsal_that_ends_after_the_next_push_asks_nobody(review: Reviewed) -> None:
    row, rows = review.pull(), review.services.rehearsals
    rows.begin(Rehearsal("late", "shop", 1, row.head_sha, {"repository": REPOSITORY}))
    review.github.push(REPOSITORY, 1, FILES)
    newer = review.rehearsed(row, NOTE)
    rows.end("late", "passes", {"digest": "0" * 64, "changes": [NOTE]})
    late = rows.get("late")
    assert late is not None
    reviewing.begin(review.services, late)
    assert review.services.decisions.of_request("review:late") is None and review.thread(late) == []
    assert review.question(newer).choice is None and review.approve(DORA, newer).outcome == "done"


def test_rehearsed_again_the_same_commit_is_asked_about_once(review: Reviewed) -> None:
    row = review.pull()
    one = review.rehearsed(row, NOTE)
    review.rehearsed(row, NOTE)
    assert len(review.ends("parent")) == 1
    review.rehearsed(row, NOTE, verdict="fails")
    assert review.question(one).choice == reviewing.VOID, "it does not pass any more"
    assert review.status(row) == ("failure", "the rehearsal says: fails")
    third = review.rehearsed(row, NOTE)
    assert review.approve(DORA, third).outcome == "done" and review.status(row)[0] == "success"


def test_without_a_reason_nobody_approves_and_with_one_in_the_description_they_do(review: Reviewed) -> None:
    row = review.pull(body="<!-- Why is this to be done? -->\n")
    one = review.rehearsed(row, NOTE)
    assert "It says nowhere why" in review.approve(DORA, one).sentence
    assert review.question(one).choice is None
    row.body = "It holds nothing."
    assert review.approve(DORA, one).outcome == "done"
    assert review.ends()[0].facts["Reason"] == "It holds nothing."


@pytest.mark.parametrize("kind", ["500", "secondary", "html"])
def test_while_github_cannot_be_asked_nothing_is_approved(review: Reviewed, kind: str) -> None:
    one = review.rehearsed(review.pull(), NOTE)
    review.github.fault("GET", r"/pulls/1$", kind, times=20)
    refused = review.approve(DORA, one)
    assert refused.outcome == "refused" and "cannot be asked now, so nothing was approved" in refused.sentence
    assert review.question(one).choice is None
    review.github.forget_faults()
    assert review.approve(DORA, one).outcome == "done"


def test_of_two_approvers_in_the_same_instant_one_settles_it_a_hundred_times(review: Reviewed) -> None:
    races = 100
    ones = [review.rehearsed(review.pull(), NOTE) for _ in range(races)]
    barrier = Barrier(2)

    def approve_all(actor: Actor) -> list[Result]:
        results = []
        for at, one in enumerate(ones):
            barrier.wait()
            results.append(review.approve(actor, one, f"{actor.id}:{at}"))
        return results

    with ThreadPoolExecutor(2) as both:
        pairs = list(zip(*both.map(approve_all, (DORA, CARL)), strict=True))
    assert all(sorted(result.outcome for result in pair) == ["done", "refused"] for pair in pairs)
    losers = [next(result for result in pair if result.outcome == "refused") for pair in pairs]
    assert {one.sentence for one in losers} == {"That question was approved already. This click changed nothing."}
    assert review.outcomes("review") == ["done"] * races, "each was recorded once"
    assert sorted(review.outcomes("decide")) == ["done"] * races + ["refused"] * races
    assert review.services.audit.verify().ok


def test_a_click_that_is_sent_twenty_times_counts_once(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(), NOTE)
    results = [review.approve(DORA, one, "slack:1.1") for _ in range(20)]
    assert {result.outcome for result in results} == {"done"}
    assert review.outcomes("decide") == ["done"] and review.outcomes("review") == ["done"]


def test_a_rejection_needs_a_reason_and_is_shown_everywhere(review: Reviewed) -> None:
    row = review.pull()
    one = review.rehearsed(row, NOTE)
    assert "Say why it is rejected" in review.answer(DORA, one, "reject", " \n").sentence
    assert review.question(one).choice is None
    assert "only the members" in review.answer(EVE, one, "reject", "no").sentence
    rejected = review.answer(DORA, one, "reject", "Month end.\nWait until Monday.")
    assert rejected.outcome == "refused" and rejected.sentence == "Rejected by Dora: Month end. Wait until Monday."
    assert review.status(row) == ("failure", "rejected by Dora: Month end. Wait until Monday.")
    assert review.outcomes("review") == ["refused"]
    assert "was rejected already" in review.approve(CARL, one).sentence
    again = review.rehearsed(row, NOTE)
    assert review.status(row)[0] == "pending", "rehearsed again, it is asked about again"
    assert review.approve(CARL, again).outcome == "done"


def test_nobody_answers_for_a_week(review: Reviewed) -> None:
    row = review.pull()
    one = review.rehearsed(row, NOTE)
    review.time = stamp(datetime.fromisoformat(now()) + timedelta(days=6))
    assert expire(review.services) == 0 and end_abandoned(review.services) == 0
    later = datetime.now(UTC) + timedelta(days=6)
    assert end_abandoned(review.services, later) == 0, "it goes on"
    review.time = stamp(datetime.fromisoformat(now()) + timedelta(days=8))
    assert expire(review.services) == 1 and expire(review.services) == 0
    assert review.outcomes("review") == ["expired"]
    assert "Nobody approved acme/shop#1 at" in review.ends()[0].sentence
    assert review.approve(DORA, one).outcome == "refused"
    assert review.status(row) == ("error", "expired: nobody approved it within 7 days")


def test_what_was_altered_is_not_approved(review: Reviewed) -> None:
    one = review.rehearsed(review.pull(), NOTE)
    with review.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE decision SET work = replace(work, 'drops 1 column', 'adds 1 column')")
    assert "What would run is not what you were shown" in review.approve(DORA, one).sentence


def test_a_proposal_is_approved_by_somebody_else_and_nothing_is_run(review: Reviewed) -> None:
    one = review.proposed(NOTE, by=DORA)
    assert "your own change" in review.approve(DORA, one).sentence
    done = review.approve(CARL, one)
    assert done.outcome == "done" and "What to do next: run it on production yourselves" in done.sentence
    assert review.ends()[0].facts["Author"] == "Dora"
    assert review.status(one.head) == ("", "") and review.github.calls == []


def test_the_same_proposal_by_somebody_else_is_another_question(review: Reviewed) -> None:
    review.approve(CARL, review.proposed(NOTE, by=DORA))
    again = review.proposed(NOTE, by=CARL)
    assert "your own change" in review.approve(CARL, again).sentence
    assert review.approve(DORA, again).outcome == "done"


def test_a_proposal_of_the_command_line_needs_to_be_somebodys(review: Reviewed) -> None:
    one = review.proposed(NOTE, by=ROOT)
    assert '[github] people = { "os:root" = "U…" }' in review.approve(DORA, one).sentence
    review.services.settings.github.people["os:root"] = DORA.id
    assert "your own change" in review.approve(DORA, one).sentence
    assert review.approve(CARL, one).outcome == "done"
