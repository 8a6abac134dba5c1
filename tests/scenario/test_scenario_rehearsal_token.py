"""dbs with a person's token, where it may not make check runs: a commit status and one comment, kept up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.asking import BOT
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import StatusRow
from tests.support.rehearsed import REPOSITORY, SECRET, Place, in_folder, rehearsing
from tests.support.waiting import until

pytestmark = pytest.mark.server


def as_person(github: FakeGithub) -> dict[str, str]:
    """The variables with which dbs is a person there."""
    return {"GITHUB_API_URL": github.url, "GITHUB_TOKEN": github.person(BOT), "GITHUB_WEBHOOK_SECRET": SECRET}


@pytest.fixture(scope="module")
def place(workplace: Path, mariadb: None) -> Iterator[Place]:
    """Told by GitHub's webhook."""
    with rehearsing(workplace / "token", environment=as_person, builds=1) as running:
        yield running


def statuses(place: Place, sha: str) -> list[StatusRow]:
    """Those of the rehearsal, oldest first."""
    found = [one for one in place.github.repositories[REPOSITORY].statuses if one.sha == sha]
    return [one for one in found if one.fields["context"] == "dbs/migrate-test"]


def test_a_status_and_one_comment_that_is_edited(place: Place) -> None:
    pull = place.pull({"0001_bad.sql": "ALTER TABLE users MODIFY phone VARCHAR(40) NOT NULL;\n"})
    place.rehearsed(pull.number)
    assert [one.fields["state"] for one in statuses(place, pull.head_sha)] == ["pending", "failure"]
    (comment,) = place.github.repositories[REPOSITORY].comments
    assert "30" in comment.body and "@" not in comment.body.replace("@\u200b", "")
    good = "UPDATE users SET phone = '' WHERE phone IS NULL;\nALTER TABLE users MODIFY phone VARCHAR(40) NOT NULL;\n"
    head = place.github.push(REPOSITORY, pull.number, in_folder({"0001_bad.sql": good}))
    row = place.rehearsed(pull.number, head)
    assert row.verdict == "passes with warnings", row.report
    assert [one.fields["state"] for one in statuses(place, head)] == ["pending", "success"]
    (comment,) = place.github.repositories[REPOSITORY].comments
    assert comment.edits == 1 and "Passes" in comment.body and "Earlier results" in comment.body


def test_github_that_fails_for_a_while_is_told_later(place: Place) -> None:
    place.github.fault("POST", "/statuses/", "502", times=3)
    pull = place.pull({"0001_fine.sql": "SELECT 1;\n"})
    row = place.rehearsed(pull.number)
    assert row.verdict == "passes"
    until(lambda: statuses(place, pull.head_sha)[-1].fields["state"] == "success", "GitHub knows in the end")
