"""`propose` on the command line, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import propose as command
from commands.dispatch import dispatch
from commands.interface import Request
from dbs.errors import RefusedError, UsageError
from dbs.jobs import JobKind
from dbs.settings import Source
from tests.support.fake_github import FakeGithub
from tests.support.office import ADA, EVE, ROOT
from tests.support.reviewed import Reviewed


@pytest.fixture
def office(tmp_path: Path, github: FakeGithub) -> Reviewed:
    """Two projects; nothing is asked of the source."""
    home = tmp_path / "home"
    home.mkdir()
    office = Reviewed(home, Source.model_validate({"url": "mysql://reader@127.0.0.1:1/shop"}), github)
    nothing = JobKind(queue="rehearsals", phases=(), steps=(), sentence=lambda job, facts: "Done.")
    office.services.jobs.define({"rehearse": nothing}, lambda job, ending: None)
    return office


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with SQL; its name has a space."""
    path = tmp_path / "drop it.sql"
    path.write_text("ALTER TABLE orders DROP KEY idx_email;\n")
    return path


def typed(office: Reviewed, *words: str) -> str:
    result = dispatch(office.services, Request(office.new_id(), ROOT, ("propose", *words)))
    return f"{result.outcome}: {result.sentence}"


def test_a_file_is_rehearsed_with_its_reason_and_its_proposer(office: Reviewed, file: Path) -> None:
    said = typed(office, "--project", "shop", "--reason", "It is  slow", str(file))
    assert said.startswith("queued: Queued as job 1: rehearse shop:proposal.sql"), said
    (job,) = office.jobs()
    kept = {key: job.arguments[key] for key in ("sql", "reason", "proposal", "author_id", "author_name", "project")}
    assert kept == {
        "sql": [["proposal.sql", file.read_text()]],
        "reason": "It is slow",
        "proposal": True,
        "author_id": "os:root",
        "author_name": "root",
        "project": "shop",
    }


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--project", "shop", "FILE"), "Say why this is to be done"),
        (("--project", "shop", "--reason", " ", "FILE"), "Say why this is to be done"),
        (("--project", "shop", "--reason", "why"), "Which file?"),
        (("--reason", "why", "FILE"), "For which project? Add --project and one of: shop, billing."),
        (("--project", "shp", "--reason", "why", "FILE"), "There is no project 'shp'. Did you mean shop?"),
        (("--project", "shop", "--reason", "why", "FILE.not"), "cannot be read: No such file"),
    ],
    ids=["no reason", "an empty reason", "no file", "no project", "an unknown project", "no such file"],
)
def test_what_is_missing_is_said(office: Reviewed, file: Path, words: tuple[str, ...], why: str) -> None:
    assert why in typed(office, *(word.replace("FILE", str(file)) for word in words))
    assert office.jobs() == []


def test_nothing_is_no_proposal(office: Reviewed) -> None:
    with pytest.raises(RefusedError, match="There is no SQL in it"):
        command.propose(office.services, Request("1", ROOT, ()), "shop", " \n", "why")


def test_in_slack_it_is_the_window(office: Reviewed) -> None:
    assert "a window opens" in office.say(ADA, "propose x.sql").sentence
    assert "only the members of S0OPS" in office.say(EVE, "propose").sentence
    with pytest.raises(UsageError):
        command.run(office.services, Request("1", ADA, ()), command.ProposeArguments())
