"""Reading pull requests: facts, pages, and what may come instead of an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbs.errors import TransientError
from dbs.github import Author, GithubBusyError, GithubError, Pull
from dbs.github.client import GithubClient
from dbs.github.credentials import TokenCredentials
from dbs.github.way import Way
from dbs.settings.network import Network
from tests.github.asking import MIGRATION, REPOSITORY
from tests.support import fake_github_server
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import PullRow, Repository


def test_a_pull_request_is_shown(fake: FakeGithub, person: GithubClient, repository: Repository) -> None:
    row = fake.open_pull(REPOSITORY, MIGRATION, title="Unique <mail>", body="because")
    assert person.pull(REPOSITORY, 1) == Pull(
        repository=REPOSITORY,
        number=1,
        title="Unique <mail>",
        body="because",
        author="rita",
        head_sha=repository.git.tip("refs/pull/1/head"),
        head_repository=REPOSITORY,
        base_sha=repository.git.tip("refs/heads/main"),
        base_ref="main",
        is_fork=False,
        state="open",
        url="https://github.com/acme/shop/pull/1",
        draft=False,
    )
    assert person.commit_author(REPOSITORY, row.head_sha) == Author("rita", "Rita Requester")


@pytest.mark.parametrize(("fork", "head"), [("mallory/shop", "mallory/shop"), (None, "")])
def test_what_is_not_of_the_repository_is_a_fork(
    fake: FakeGithub, person: GithubClient, fork: str | None, head: str
) -> None:
    fake.open_pull(REPOSITORY, MIGRATION, fork=fork)
    found = person.pull(REPOSITORY, 1)
    assert (found.is_fork, found.head_repository) == (True, head)


def test_the_author_of_a_commit_may_be_unknown_to_github(
    fake: FakeGithub, person: GithubClient, repository: Repository
) -> None:
    sha = repository.git.commit({}, repository.git.tip("refs/heads/main"), "x", ("Nobody", "nobody@example.com"))
    assert person.commit_author(REPOSITORY, sha) == Author(None, "Nobody")


def test_all_pages_of_open_pull_requests_are_read(fake: FakeGithub, person: GithubClient) -> None:
    sha = fake.open_pull(REPOSITORY, MIGRATION).head_sha
    rows = fake.repositories[REPOSITORY].pulls
    rows.update({number: PullRow(number, "t", "", "rita", sha, REPOSITORY) for number in range(2, 251)})
    rows[7].state = "closed"
    found = person.open_pulls(REPOSITORY)
    assert [one.number for one in found] == [number for number in range(250, 0, -1) if number != 7]
    assert fake.asked("GET", "/pulls$") == 3


@pytest.mark.parametrize("name", ["shop", "acme/", "acme/../shop", "../..", "a b/c", "acme/shop?x=1"])
def test_what_is_no_repository_is_asked_for_nowhere(fake: FakeGithub, person: GithubClient, name: str) -> None:
    with pytest.raises(GithubError, match="is no repository"):
        person.pull(name, 1)
    assert fake.calls == []


def test_what_is_not_there(person: GithubClient) -> None:
    with pytest.raises(GithubError, match=r"did not show acme/shop#9: there is no such thing") as caught:
        person.pull(REPOSITORY, 9)
    assert not isinstance(caught.value, TransientError)


def test_a_repository_with_another_name(fake: FakeGithub, person: GithubClient, repository: Repository) -> None:
    fake.open_pull(REPOSITORY, MIGRATION)
    repository.name = "acme/store"  # GitHub answers under the old name too
    with pytest.raises(GithubError, match="is called acme/store now"):
        person.pull(REPOSITORY, 1)


def test_reading_is_tried_again(fake: FakeGithub, person: GithubClient) -> None:
    fake.open_pull(REPOSITORY, MIGRATION)
    fake.fault("GET", "/pulls/1", "503", times=2)
    assert person.pull(REPOSITORY, 1).number == 1
    fake.fault("GET", "/pulls/1", "502", times=3)
    with pytest.raises(GithubBusyError, match="a problem of its own"):
        person.pull(REPOSITORY, 1)
    assert fake.asked("GET", "/pulls/1") == 6


@pytest.mark.parametrize(("kind", "least"), [("secondary", 240), ("primary", 239)])
def test_who_is_told_to_wait_does_not_ask_again(fake: FakeGithub, person: GithubClient, kind: str, least: int) -> None:
    fake.open_pull(REPOSITORY, MIGRATION)
    fake.fault("GET", "/pulls/1", kind, seconds=240)
    with pytest.raises(GithubBusyError, match="asked it too often") as caught:
        person.pull(REPOSITORY, 1)
    assert isinstance(caught.value, TransientError)
    assert caught.value.seconds is not None and least <= caught.value.seconds <= 241
    assert fake.asked("GET", "/pulls/1") == 1


def test_the_page_of_a_proxy_is_no_answer(fake: FakeGithub, person: GithubClient) -> None:
    fake.open_pull(REPOSITORY, MIGRATION)
    fake.fault("GET", "/pulls/1", "html")
    with pytest.raises(GithubError, match="does not speak GitHub's API"):
        person.pull(REPOSITORY, 1)


def test_nobody_there(tmp_path: Path) -> None:
    with fake_github_server.running(tmp_path) as gone:
        url = gone.url
    with pytest.raises(GithubBusyError, match=r"cannot be reached \(ConnectionError\)"):
        GithubClient(TokenCredentials(Way(url, Network()), "ghp_secret")).pull(REPOSITORY, 1)


def test_the_head_may_move_between_the_api_and_git(fake: FakeGithub, person: GithubClient) -> None:
    fake.open_pull(REPOSITORY, MIGRATION)
    fake.after("GET", "/pulls/1", lambda: fake.push(REPOSITORY, 1, {"more.sql": b"SELECT 1;\n"}))
    before, now = person.pull(REPOSITORY, 1), person.pull(REPOSITORY, 1)
    git = fake.repositories[REPOSITORY].git
    assert before.head_sha != now.head_sha == git.tip("refs/pull/1/head")
    assert git.git("show", f"{now.head_sha}:more.sql") == "SELECT 1;"
