"""The commit status `dbs / schema review`: what it says, once for each state, and again when GitHub was away."""

from __future__ import annotations

import pytest

from commands import reviewing
from dbs.rehearsals import Rehearsal
from tests.support.office import DORA
from tests.support.reviewed import DROP, FILES, REPOSITORY, Reviewed, column

pytestmark = pytest.mark.server

NOTE = column("note")


def test_every_state_is_told_once(review: Reviewed) -> None:
    row, rows = review.pull(), review.services.rehearsals
    rows.begin(Rehearsal("first", "shop", 1, row.head_sha, {"repository": REPOSITORY}))
    assert reviewing.statuses(review.services) == 1
    assert review.status(row) == ("pending", "waits for the end of the rehearsal")
    one = review.rehearsed(row, NOTE)
    assert reviewing.statuses(review.services) == 1
    review.approve(DORA, one)
    assert [reviewing.statuses(review.services) for _ in range(3)] == [1, 0, 0]
    told = [status.fields["state"] for status in review.github.repositories[REPOSITORY].statuses]
    assert told == ["pending", "pending", "success"]
    asked = len(review.github.calls)
    reviewing.statuses(review.services)
    assert len(review.github.calls) == asked, "what was told costs nothing"


@pytest.mark.parametrize("kind", ["503", "secondary", "after_store"])
def test_what_github_did_not_take_is_told_later(review: Reviewed, kind: str) -> None:
    row = review.pull()
    review.rehearsed(row, NOTE)
    review.github.fault("POST", "/statuses/", kind, times=1)
    reviewing.statuses(review.services)
    review.github.forget_faults()
    assert review.status(row)[0] == "pending"
    assert len(review.github.repositories[REPOSITORY].statuses) == 1, "once, also when the answer was lost"


def test_a_crash_between_telling_and_noting_it_tells_once(review: Reviewed) -> None:
    row = review.pull()
    review.rehearsed(row, NOTE)
    reviewing.statuses(review.services)
    with review.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM seen")
    assert review.status(row)[0] == "pending"
    assert len(review.github.repositories[REPOSITORY].statuses) == 1


def test_a_right_that_is_missing_is_not_asked_for_every_half_minute(review: Reviewed) -> None:
    row = review.pull()
    review.rehearsed(row, NOTE)
    for grant in list(review.github.tokens):
        rights = {**review.github.tokens[grant].rights, "statuses": "read"}
        review.github.tokens[grant] = type(review.github.tokens[grant])("dbs-machine", rights)
    assert reviewing.statuses(review.services) == 0
    asked = len(review.github.calls)
    assert reviewing.statuses(review.services) == 0 and len(review.github.calls) == asked


@pytest.mark.parametrize("verdict", ["fails", "could not be tested"])
def test_what_does_not_pass_is_a_failure(review: Reviewed, verdict: str) -> None:
    row = review.pull()
    review.rehearsed(row, NOTE, verdict=verdict)  # type: ignore[arg-type]
    assert review.status(row) == ("failure", f"the rehearsal says: {verdict}")


def test_of_two_projects_that_speak_of_one_commit_the_worst_counts(review: Reviewed) -> None:
    projects = review.services.settings.project
    projects["billing"] = projects["billing"].model_copy(update={"repository": REPOSITORY})
    row = review.pull()
    review.rehearsed(row)
    one = review.rehearsed(row, NOTE, project="billing")
    assert review.status(row)[0] == "pending"
    review.approve(DORA, one)
    assert review.status(row)[0] == "success"
    review.rehearsed(row, verdict="fails")
    assert review.status(row)[0] == "failure"


def test_a_stopped_rehearsal_says_nothing(review: Reviewed) -> None:
    row = review.pull()
    review.rehearsed(row, DROP, verdict="superseded")
    assert review.status(row) == ("", "")


def test_a_long_reason_fits(review: Reviewed) -> None:
    row = review.pull()
    one = review.rehearsed(row, NOTE)
    review.answer(DORA, one, "reject", "because " * 200)
    state, description = review.status(row)
    assert state == "failure" and len(description) == 140 and description.startswith("rejected by Dora: because")


def test_each_commit_has_its_own(review: Reviewed) -> None:
    row = review.pull()
    one, before = review.rehearsed(row, NOTE), row.head_sha
    review.approve(DORA, one)
    after = review.github.push(REPOSITORY, 1, FILES)
    review.rehearsed(row, NOTE)
    assert review.status(after)[0] == "pending"
    assert review.status(before)[0] == "error", "also when nobody told of the push but the next rehearsal"
