"""A new column stops the refresh, is classified in Slack, and a weaker rule waits for somebody of `[slack] privacy`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dbs.jobs import Job
from dbs.mysql.query import execute
from playground.cast import APPROVER, DBA, OUTSIDER, REQUESTER
from tests.sources import servers
from tests.sources.servers import Server
from tests.support.production import DATABASE, make_reader, settings
from tests.support.waiting import until
from tests.support.whole import CHANNEL, Whole, whole

pytestmark = pytest.mark.server

POLICY = """\
source = "shop"

[table.users.columns]
id = "keep"
email = "email"  # of the person
name = "name"
"""


@dataclass
class Place:
    """A dbs that has refreshed once from a small production."""

    dbs: Whole
    server: Server
    first: Job

    @property
    def file(self) -> Path:
        """The policy."""
        return self.dbs.home / "shop.toml"

    def alter(self, *statements: str) -> None:
        """Somebody changes production."""
        with closing(self.server.admin(DATABASE)) as admin:
            for statement in statements:
                execute(admin, statement)

    def with_button(self, label: str) -> dict[str, Any]:
        """The newest message in the channel with such a button."""

        def found() -> list[dict[str, Any]]:
            return [one for one in self.dbs.playground.messages(CHANNEL) if label in button_labels(one)]

        until(lambda: bool(found()), f"a message with the button {label}")
        return found()[-1]

    def click(self, who: str, message: dict[str, Any], label: str) -> None:
        """Press a button of a message."""
        (row,) = [block for block in message["blocks"] if block["type"] == "actions"]
        (button,) = [one for one in row["elements"] if one["text"]["text"] == label]
        delivery = self.dbs.playground.click(
            who, CHANNEL, message["ts"], button["action_id"], button["value"], row["block_id"]
        )
        assert delivery.ok, delivery.error

    def approved(self, message: dict[str, Any]) -> Job:
        """Adam approves; the job that comes of it, when it has ended."""
        before = self.dbs.services.job_rows.recent(1)[0].number
        self.click(APPROVER, message, "Approve")
        until(lambda: self.dbs.services.job_rows.recent(1)[0].number > before, "the refresh is queued")
        return self.dbs.ended(next(job for job in self.dbs.services.job_rows.recent(20) if job.kind == "refresh").id)

    def told(self, who: str, words: str) -> None:
        """Return when the last thing that this person alone was shown has these words."""
        seen = self.dbs.playground.ephemerals
        until(lambda: bool(seen(who)) and words in self.dbs.told(who), f"{who} is told: {words}")

    def shown(self, message: dict[str, Any]) -> dict[str, Any]:
        """The same message as it stands now."""
        return next(one for one in self.dbs.playground.messages(CHANNEL) if one["ts"] == message["ts"])


def button_labels(message: dict[str, Any]) -> list[str]:
    rows = [block for block in message.get("blocks") or () if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row["elements"]]


@pytest.fixture(scope="module")
def place(workplace: Path, mariadb: None) -> Iterator[Place]:
    """Forty persons."""
    directory = workplace / "policy"
    directory.mkdir(mode=0o711)
    with servers.place() as source:
        servers.install(source / "data", None)
        with servers.running(source, [], None) as server:
            server.run(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
            with closing(server.admin(DATABASE)) as admin:
                execute(admin, "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100), name VARCHAR(80))")
                for number in range(40):
                    values = (number, f"person{number}@mail.example", f"Anna Schmidt-{number}")
                    execute(admin, "INSERT INTO users VALUES (%s, %s, %s)", values)
            make_reader(server)
            table = f'privacy = ["{DBA}"]\n' + settings(server, directory)
            with whole(directory / "home", directory / "root", "socket", table) as dbs:
                (directory / "home" / "shop.toml").write_text(POLICY)
                yield Place(dbs, server, dbs.slash(REQUESTER, "refresh shop"))


def test_the_first_policy_is_taken_and_said(place: Place) -> None:
    assert place.first.state == "done", place.first.sentence
    assert place.first.arguments["plan"]["Policy"] == "first policy of shop, 3 columns, 1 of them kept as they are"
    verdict = place.dbs.services.policies.approved("shop")
    assert verdict is not None and verdict.by_id == "system"


def classify(place: Place, message: dict[str, Any]) -> None:
    """Rita chooses what was suggested, after she tried to keep a column without a reason."""
    place.click(REQUESTER, message, "Classify")
    until(lambda: place.dbs.playground.modal(REQUESTER) is not None, "the window is open")
    form = place.dbs.playground.modal(REQUESTER)
    assert form is not None
    suggested = {
        block["label"]["text"]: block["element"]["initial_option"]["value"]
        for block in form["blocks"]
        if block.get("element", {}).get("type") == "static_select"
    }
    assert suggested == {"users.backup_email": "email", "users.ref2": "email"}
    kept = {"mask:0": "keep", "mask:1": "email"}
    assert place.dbs.playground.submit(REQUESTER, kept).ok
    refused = place.dbs.playground.modal(REQUESTER)
    assert refused is not None and "Say why it may be kept" in refused["errors"]["reason:0"]
    assert place.dbs.playground.submit(REQUESTER, {"mask:0": "email", "mask:1": "email"}).ok


def test_a_new_column_stops_the_refresh_and_after_classifying_it_runs(place: Place) -> None:
    place.alter(
        "ALTER TABLE users ADD backup_email VARCHAR(100), ADD ref2 VARCHAR(100)",
        "UPDATE users SET backup_email = CONCAT('spare', id, '@mail.example'), ref2 = CONCAT('x', id, '@mail.example')",
    )
    place.file.write_text(POLICY + 'ref2 = "keep"\n')
    served = place.dbs.services.instances.get("shared")
    failed = place.dbs.slash(REQUESTER, "refresh shop")
    assert failed.state == "failed"
    assert "users.backup_email has no rule" in failed.sentence
    assert "users.ref2 is kept and looks like" in failed.sentence
    assert place.dbs.services.instances.get("shared") == served, "the old snapshot stays"
    assert place.dbs.sql("SELECT COUNT(*) FROM users") == [(40,)]

    message = place.with_button("Classify")
    place.click(OUTSIDER, message, "Classify")
    place.told(OUTSIDER, "Sorry, only")
    assert place.dbs.playground.modal(OUTSIDER) is None
    classify(place, message)

    proposal = place.with_button("Approve")
    assert proposal["thread_ts"] == message["thread_ts"], "in the thread of the refresh that failed"
    assert 'backup_email = "email"' in str(proposal) and "rita proposes rules" in str(proposal)
    place.click(OUTSIDER, proposal, "Approve")
    place.told(OUTSIDER, "Sorry, only")
    assert place.file.read_text() == POLICY + 'ref2 = "keep"\n'
    job = place.approved(proposal)
    assert job.state == "done", job.sentence
    assert place.file.read_text() == POLICY + 'backup_email = "email"\nref2 = "email"\n'
    assert len(list(place.dbs.home.glob("shop.toml.before-*"))) == 1
    found = place.dbs.sql("SELECT COUNT(*), SUM(backup_email LIKE '%@mail.example') FROM users")
    assert [tuple(map(int, row)) for row in found] == [(40, 0)]
    assert button_labels(place.shown(proposal)) == [] and "Approved by adam" in str(place.shown(proposal))


def test_a_weaker_rule_waits_for_the_right_person(place: Place) -> None:
    text = place.file.read_text()
    place.file.write_text(text.replace('name = "name"', 'name = { mask = "keep", reason = "made up" }'))
    number = place.dbs.services.job_rows.recent(1)[0].number
    assert place.dbs.playground.slash(REQUESTER, CHANNEL, "refresh shop").ok
    place.told(REQUESTER, "that waits for")
    question = place.with_button("Approve")
    assert f"<!subteam^{DBA}>" in str(question["blocks"]) and "users.name: name becomes keep." in str(question)
    for who in (REQUESTER, OUTSIDER):
        place.click(who, question, "Approve")
        place.told(who, "Sorry, only")
    assert place.dbs.services.job_rows.recent(1)[0].number == number, "nothing was queued"
    assert button_labels(place.shown(question)) == ["Approve", "Reject"], "the question stays for everybody else"
    refusals = [e for e in place.dbs.services.audit.history(words="decide", limit=20) if e.outcome == "refused"]
    assert {event.actor_id for event in refusals} >= {REQUESTER, OUTSIDER}
    job = place.approved(question)
    assert job.state == "done" and job.requester_id == REQUESTER, job.sentence
    assert place.dbs.sql("SELECT name FROM users WHERE id = 7") == [("Anna Schmidt-7",)]
    until(lambda: button_labels(place.shown(question)) == [], "the buttons are gone")
    assert place.dbs.services.audit.verify().ok
