"""Statuses and the one comment: what a team without an App sees."""

from __future__ import annotations

import pytest

from dbs.github import DoubtfulError, GithubBusyError, GithubError, Status
from dbs.github.client import GithubClient
from dbs.github.reporting import CheckReporter, StatusReporter, comment_text, context, marker, reporter
from tests.github.asking import BOT, MIGRATION, NAME, REPOSITORY, result, start
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import Comment, Repository

MARKER = "<!-- dbs:migrate-test -->"
COMMENTS = r"/issues/\d+/comments$"


@pytest.fixture
def sha(fake: FakeGithub) -> str:
    """The head of a pull request."""
    return fake.open_pull(REPOSITORY, MIGRATION).head_sha


def status(sha: str, state: str = "success") -> Status:
    """A status."""
    return Status(sha, "dbs/schema review", state, "Approved by rita", "https://dbs.example.com/1")  # type: ignore[arg-type]


def states(repository: Repository) -> list[tuple[str, str]]:
    """(context, state), oldest first."""
    return [(row.fields["context"], row.fields["state"]) for row in repository.statuses]


def test_a_status_is_set_once(person: GithubClient, repository: Repository, sha: str) -> None:
    for state in ("pending", "pending", "success", "success", "pending"):
        person.status(REPOSITORY, status(sha, state))
    assert states(repository) == [("dbs/schema review", one) for one in ("pending", "success", "pending")]
    assert repository.statuses[0].fields["target_url"] == "https://dbs.example.com/1"


def test_a_status_whose_answer_was_lost(
    fake: FakeGithub, person: GithubClient, repository: Repository, sha: str
) -> None:
    fake.fault("POST", "/statuses/", "after_store")
    person.status(REPOSITORY, status(sha))
    fake.fault("POST", "/statuses/", "500")
    with pytest.raises(DoubtfulError):
        person.status(REPOSITORY, status(sha, "failure"))
    person.status(REPOSITORY, status(sha, "failure"))
    assert [one for _, one in states(repository)] == ["success", "failure"]


def test_a_long_description_is_cut(person: GithubClient, repository: Repository, sha: str) -> None:
    person.status(REPOSITORY, Status(sha, "dbs/migrate-test", "failure", "x" * 500))
    assert len(repository.statuses[0].fields["description"]) == 140


def test_a_status_needs_its_right(fake: FakeGithub, person: GithubClient, sha: str) -> None:
    for token, grant in list(fake.tokens.items()):
        fake.tokens[token] = grant.__class__(grant.login, {**grant.rights, "statuses": "read"})
    with pytest.raises(GithubError, match=r"The App or the token needs: statuses=write"):
        person.status(REPOSITORY, status(sha))


def test_one_comment_is_edited_in_place(
    fake: FakeGithub, person: GithubClient, repository: Repository, sha: str
) -> None:
    person.comment(REPOSITORY, 1, MARKER, lambda before: f"one{before}")
    person.comment(REPOSITORY, 1, MARKER, lambda before: f"two, was {before}")
    person.comment(REPOSITORY, 1, MARKER, lambda before: before)
    (comment,) = repository.comments
    assert comment.body == f"{MARKER}\ntwo, was one"
    assert (comment.author, comment.edits) == (BOT, 1)


def test_a_marker_that_somebody_else_wrote_is_no_comment_of_ours(
    person: GithubClient, repository: Repository, sha: str
) -> None:
    repository.comments.append(Comment(1, 1, "mallory", f"{MARKER}\nAll is well"))
    repository.comments.append(Comment(2, 1, BOT, f"Look at this: {MARKER}"))
    person.comment(REPOSITORY, 1, MARKER, lambda before: f"Fails{before}")
    assert [one.author for one in repository.comments] == ["mallory", BOT, BOT]
    assert repository.comments[0].body.endswith("All is well")


def test_our_comment_is_found_on_a_later_page(person: GithubClient, repository: Repository, sha: str) -> None:
    repository.comments += [Comment(number, 1, "rita", "+1") for number in range(1, 140)]
    person.comment(REPOSITORY, 1, MARKER, lambda before: "one")
    person.comment(REPOSITORY, 1, MARKER, lambda before: "two")
    assert [one.body for one in repository.comments[139:]] == [f"{MARKER}\ntwo"]


@pytest.mark.parametrize("kind", ["after_store", "cut", "502"])
def test_a_comment_whose_answer_was_lost_is_not_written_twice(
    fake: FakeGithub, person: GithubClient, repository: Repository, sha: str, kind: str
) -> None:
    fake.fault("POST", COMMENTS, kind)
    try:
        person.comment(REPOSITORY, 1, MARKER, lambda before: "one")
    except DoubtfulError:
        assert kind == "502"
        person.comment(REPOSITORY, 1, MARKER, lambda before: "one")
    assert [one.body for one in repository.comments] == [f"{MARKER}\none"]


def test_a_limit_while_commenting(fake: FakeGithub, person: GithubClient, repository: Repository, sha: str) -> None:
    fake.fault("POST", COMMENTS, "secondary", seconds=30)
    with pytest.raises(GithubBusyError, match="again in 30 s"):
        person.comment(REPOSITORY, 1, MARKER, lambda before: "one")
    assert repository.comments == [] and fake.asked("POST", COMMENTS) == 1


def test_a_bug_in_what_composes_stays_one(person: GithubClient, sha: str) -> None:
    person.comment(REPOSITORY, 1, MARKER, lambda before: "one")
    with pytest.raises(ZeroDivisionError):
        person.comment(REPOSITORY, 1, MARKER, lambda before: str(1 // 0))


def test_without_an_app_a_rehearsal_is_a_status_and_a_comment(
    fake: FakeGithub, person: GithubClient, repository: Repository, sha: str
) -> None:
    shown, pull = reporter(person, is_app=False), person.pull(REPOSITORY, 1)
    assert isinstance(shown, StatusReporter)
    shown.started(pull, start(sha))
    shown.finished(pull, "rehearse:1", result(sha))
    assert states(repository) == [("dbs/migrate-test", "pending"), ("dbs/migrate-test", "failure")]
    (comment,) = repository.comments
    assert comment.body.startswith(f"{MARKER}\n<!-- dbs:result {sha} failure -->\n**Fails: 3 duplicate keys**")
    newer = fake.push(REPOSITORY, 1, {"x.sql": b"SELECT 1;\n"})
    shown.finished(person.pull(REPOSITORY, 1), "rehearse:2", result(newer, "success", title="Passes", summary="Good."))
    assert len(repository.comments) == 1
    assert f"**Passes** ({newer[:10]})" in comment.body
    assert f"<summary>Earlier results</summary>\n\n- **Fails: 3 duplicate keys** ({sha[:10]})" in comment.body


def test_who_comes_late_does_not_write_over_a_newer_result(
    fake: FakeGithub, person: GithubClient, repository: Repository, sha: str
) -> None:
    shown, pull = StatusReporter(person), person.pull(REPOSITORY, 1)
    newer = fake.push(REPOSITORY, 1, {"x.sql": b"SELECT 1;\n"})
    shown.finished(pull, "rehearse:2", result(newer, "success", title="Passes"))
    shown.finished(pull, "rehearse:1", result(sha, "cancelled", title=f"Superseded by {newer[:10]}"))
    shown.finished(pull, "rehearse:1", result(sha))
    assert [one for _, one in states(repository)] == ["success", "error", "failure"]
    (comment,) = repository.comments
    assert "Passes" in comment.body and "Fails" not in comment.body


def test_as_an_app_it_is_a_check_run_alone(
    fake: FakeGithub, app: GithubClient, repository: Repository, sha: str
) -> None:
    shown, pull = reporter(app, is_app=True), app.pull(REPOSITORY, 1)
    assert isinstance(shown, CheckReporter)
    shown.started(pull, start(sha))
    shown.finished(pull, "rehearse:1", result(sha, "action_required", title="Waits for somebody's word"))
    assert [run.fields["conclusion"] for run in repository.runs] == ["action_required"]
    assert repository.comments == [] and repository.statuses == []


def test_many_results_leave_a_bounded_comment() -> None:
    text = ""
    for number in range(40):
        text = comment_text(text, result(f"{number:010x}" * 4, summary="x" * 70_000, title=f"Fails {number}"))
    assert len(text.encode()) < 65_000
    assert text.count("\n- ") == 10 and "Fails 38" in text and "Fails 28" not in text
    again = comment_text(text, result(f"{39:010x}" * 4, "success", title="Passes"))
    assert again.count("\n- ") == 10 and "Fails 39" not in again


def test_names() -> None:
    assert (context(NAME), marker(NAME)) == ("dbs/migrate-test", MARKER)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_the_page_of_a_proxy_is_no_success(
    fake: FakeGithub, person: GithubClient, repository: Repository, sha: str, method: str
) -> None:
    if method == "PATCH":
        person.comment(REPOSITORY, 1, MARKER, lambda before: "one")
    fake.fault(method, "/(comments|statuses)", "html", times=2)
    with pytest.raises(GithubError, match="another name by now, or a proxy answered"):
        person.comment(REPOSITORY, 1, MARKER, lambda before: "two")
    if method == "POST":
        with pytest.raises(GithubError, match="another name by now, or a proxy answered"):
            person.status(REPOSITORY, status(sha))
