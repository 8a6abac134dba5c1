"""Check runs: once each, with every annotation once, however often an answer is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbs.github import RERUN_ACTION, Action, Annotation, DoubtfulError, GithubBusyError, GithubError
from dbs.github.client import GithubClient
from tests.github.asking import ALL_RIGHTS, MIGRATION, NAME, REPOSITORY, Keys, as_app, result, start
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import App, Repository

RUNS = "/check-runs$"


@pytest.fixture
def sha(fake: FakeGithub, installed: App) -> str:
    """The head of a pull request."""
    return fake.open_pull(REPOSITORY, MIGRATION).head_sha


def test_from_start_to_end(app: GithubClient, repository: Repository, sha: str) -> None:
    app.start_check(REPOSITORY, start(sha))
    (run,) = repository.runs
    assert (run.fields["status"], run.fields["name"], run.head_sha) == ("in_progress", NAME, sha)
    assert run.fields["output"]["title"] == "Restoring the copy of last night"
    link = "https://dbs.example.com/rehearsals/1"
    ended = result(sha, annotations=1, text="| a | b |", details_url=link, actions=(RERUN_ACTION,))
    app.finish_check(REPOSITORY, "rehearse:1", ended)
    assert repository.runs == [run]
    assert (run.fields["status"], run.fields["conclusion"]) == ("completed", "failure")
    assert run.fields["details_url"] == link
    assert run.fields["actions"][0]["identifier"] == "rerun"
    assert run.fields["output"]["text"] == "| a | b |"
    assert run.annotations == [
        {
            "path": "database/migrations/0001_email.up.sql",
            "start_line": 1,
            "end_line": 1,
            "annotation_level": "failure",
            "message": "remark 1",
            "title": "Duplicates",
        }
    ]


@pytest.mark.parametrize("number", [0, 1, 50, 51, 120])
def test_annotations_go_in_portions_of_fifty(
    fake: FakeGithub, app: GithubClient, repository: Repository, sha: str, number: int
) -> None:
    app.finish_check(REPOSITORY, "rehearse:1", result(sha, annotations=number))
    assert [one["start_line"] for one in repository.runs[0].annotations] == list(range(1, number + 1))
    assert fake.asked("PATCH", "/check-runs/") == -(-number // 50) + 1


def test_the_same_key_is_the_same_run_and_another_key_another_one(
    app: GithubClient, repository: Repository, sha: str
) -> None:
    for key in ("rehearse:1", "rehearse:1", "rehearse:1:2"):
        app.start_check(REPOSITORY, start(sha, key))
    assert [run.fields["external_id"] for run in repository.runs] == ["rehearse:1", "rehearse:1:2"]
    app.finish_check(REPOSITORY, "rehearse:1:2", result(sha, "success"))
    assert [run.fields["status"] for run in repository.runs] == ["in_progress", "completed"]


def test_to_end_it_twice_changes_nothing(app: GithubClient, repository: Repository, sha: str) -> None:
    for _ in range(2):
        app.finish_check(REPOSITORY, "rehearse:1", result(sha, annotations=60))
    assert len(repository.runs) == 1 and len(repository.runs[0].annotations) == 60


@pytest.mark.parametrize("kind", ["after_store", "cut"])
def test_an_answer_that_was_lost_after_the_run_was_made(
    fake: FakeGithub, app: GithubClient, repository: Repository, sha: str, kind: str
) -> None:
    fake.fault("POST", RUNS, kind)
    app.start_check(REPOSITORY, start(sha))
    assert len(repository.runs) == 1 and fake.asked("POST", RUNS) == 1


def test_an_answer_that_was_lost_before_it(
    fake: FakeGithub, app: GithubClient, repository: Repository, sha: str
) -> None:
    fake.fault("POST", RUNS, "502")
    with pytest.raises(DoubtfulError):
        app.start_check(REPOSITORY, start(sha))
    assert repository.runs == [] and fake.asked("POST", RUNS) == 1
    app.start_check(REPOSITORY, start(sha))
    assert len(repository.runs) == 1


def test_nothing_is_made_again_when_github_asks_to_wait(
    fake: FakeGithub, app: GithubClient, repository: Repository, sha: str
) -> None:
    fake.fault("POST", RUNS, "secondary", seconds=90)
    with pytest.raises(GithubBusyError) as caught:
        app.start_check(REPOSITORY, start(sha))
    assert caught.value.seconds == 90 and not isinstance(caught.value, DoubtfulError)
    assert repository.runs == [] and fake.asked("POST", RUNS) == 1


def test_annotations_are_counted_after_an_answer_that_was_lost(
    fake: FakeGithub, app: GithubClient, repository: Repository, sha: str
) -> None:
    fake.fault("PATCH", "/check-runs/", "after_store", times=2)
    app.finish_check(REPOSITORY, "rehearse:1", result(sha, annotations=120))
    assert [one["start_line"] for one in repository.runs[0].annotations] == list(range(1, 121))


_FAULTS = st.tuples(
    st.sampled_from(["GET", "POST", "PATCH"]), st.sampled_from(["502", "after_store", "cut", "secondary", "html"])
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(_FAULTS, max_size=4), number=st.sampled_from([0, 1, 60, 101]))
def test_whatever_goes_wrong_who_tries_again_gets_one_whole_run(
    fake: FakeGithub, app: GithubClient, repository: Repository, sha: str, faults: list[tuple[str, str]], number: int
) -> None:
    repository.runs.clear()
    for method, kind in faults:
        fake.fault(method, "/check-runs", kind)
    for _ in range(len(faults) + 1):
        try:
            app.start_check(REPOSITORY, start(sha))
            app.finish_check(REPOSITORY, "rehearse:1", result(sha, annotations=number))
            break
        except GithubError:
            continue
    (run,) = repository.runs
    assert run.fields["conclusion"] == "failure"
    assert [one["start_line"] for one in run.annotations] == list(range(1, number + 1))
    fake.forget_faults()


@pytest.mark.parametrize("character", ["x", "ß", "😀"])
def test_long_texts_are_cut(app: GithubClient, repository: Repository, sha: str, character: str) -> None:
    long = f"```\n{character * 70_000}\n```\n"
    remark = Annotation("a.sql", 1, "warning", character * 70_000, character * 300)
    ended = result(sha, title=character * 300, summary=long, text=long)
    app.finish_check(REPOSITORY, "rehearse:1", ended.__class__(**{**vars(ended), "annotations": (remark,)}))
    output = repository.runs[0].fields["output"]
    assert output["summary"] == output["text"] and output["text"].endswith("more in the thread")
    assert output["text"].count("```") == 2
    assert len(output["title"]) == 255


def test_a_commit_that_github_does_not_know(app: GithubClient) -> None:
    with pytest.raises(GithubError, match="No commit found for SHA"):
        app.start_check(REPOSITORY, start("0" * 40))


def test_check_runs_are_for_apps_only(fake: FakeGithub, person: GithubClient, sha: str) -> None:
    with pytest.raises(GithubError, match="You must authenticate via a GitHub App"):
        person.start_check(REPOSITORY, start(sha))


def test_a_right_that_is_missing_is_named(fake: FakeGithub, installed: App, keys: Keys) -> None:
    sha = fake.open_pull(REPOSITORY, MIGRATION).head_sha
    fake.install(REPOSITORY, {**ALL_RIGHTS, "checks": "read"})
    with as_app(fake, installed, keys) as client, pytest.raises(GithubError, match="permissions requested are not"):
        client.start_check(REPOSITORY, start(sha))


def test_another_apps_run_of_the_same_name_stays_as_it_is(
    fake: FakeGithub, app: GithubClient, repository: Repository, sha: str, keys: Keys
) -> None:
    app.start_check(REPOSITORY, start(sha))
    (foreign,) = repository.runs
    foreign.app, foreign.fields["external_id"] = App(7, "other", keys.public), "something"
    app.finish_check(REPOSITORY, "rehearse:1", result(sha, "success"))
    assert foreign.fields["status"] == "in_progress" and len(repository.runs) == 2


def test_what_github_would_refuse_is_a_bug_here() -> None:
    with pytest.raises(ValueError, match="1 to 20 characters"):
        Action("x" * 21, "d", "i")
    with pytest.raises(ValueError, match="at most 3 actions"):
        result("0" * 40, actions=(RERUN_ACTION,) * 4)


@pytest.mark.parametrize(
    "output",
    [
        {"title": "t", "summary": "x" * 65_536},
        {"title": "t", "summary": "s", "annotations": [{"path": "a"}]},
        {"title": "t", "summary": "s", "annotations": [result("0" * 40, annotations=1).annotations[0].__dict__] * 51},
        {"title": "t"},
    ],
)
def test_the_stand_in_refuses_what_github_refuses(
    app: GithubClient, repository: Repository, sha: str, output: dict[str, Any]
) -> None:
    app.start_check(REPOSITORY, start(sha))
    there = app._there(REPOSITORY)
    for fields in ({"output": output}, {"conclusion": "neutral"}, {"conclusion": "skipped"}, {"status": "completed"}):
        with pytest.raises(Exception, match="Invalid request"):
            there.get_check_run(repository.runs[0].id).edit(**fields)
    with pytest.raises(Exception, match="No more than 3 items"):
        there.get_check_run(repository.runs[0].id).edit(actions=[vars(RERUN_ACTION)] * 4)


def test_many_at_once_make_one_run(app: GithubClient, repository: Repository, sha: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: app.start_check(REPOSITORY, start(sha)), range(8)))
    assert len(repository.runs) == 1
