"""A review in Slack, with the real bot on the playground: thread, buttons, the windows for rejecting and proposing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatbot.running import connect, listening, open_app, sending
from commands import reviewing
from commands.interface import Result
from commands.services import Services
from dbs.jobs import Job, JobKind, JobRequest
from dbs.rehearsals import Rehearsal
from dbs.settings import load_settings
from playground import Playground, as_text
from playground.cast import APPROVER, DBA, OUTSIDER, REQUESTER
from tests.evidence.production import ALL, Production, prepare
from tests.sources import servers
from tests.sources.servers import PASSWORD
from tests.support import fake_github_server
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import PullRow
from tests.support.reviewed import ADD, DROP, FILES, REPOSITORY, TABLES, alter, column

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]

CHANNEL = "databases"
TEXT = "<!channel> *bold* <https://x.example|click>"
CONFIGURATION = """
[slack]
channel = "#databases"
operators = ["S0BACKEND"]
approvers = ["S0DBA"]
[github]
people = {{ rita = "{rita}" }}
[source.shop]
url = "mysql://{user}@/{database}?socket={socket}"
password = "file:password"
[provider.local]
kind = "local"
root = "/nowhere"
[instance.builds]
source = "shop"
provider = "local"
port = 33069
role = "builds"
[project.shop]
repository = "acme/shop"
source = "shop"
migrations = "db/**"
runner = "sql"
"""
SECOND = '[project.billing]\nrepository = "acme/billing"\nsource = "shop"\nmigrations = "sql/**"\nrunner = "sql"\n'


@dataclass
class Place:
    """The bot in this process, its playground, its production and its GitHub."""

    services: Services
    playground: Playground
    production: Production
    database: str
    github: FakeGithub

    def asked(self, row: PullRow, *changes: dict[str, Any]) -> tuple[Rehearsal, dict[str, Any]]:
        """It was rehearsed; the question in the thread of the job."""
        id, rows = f"rehearse:{row.number}:{row.head_sha[:8]}", self.services.rehearsals
        target = f"{REPOSITORY}#{row.number}"
        self.services.job_rows.add(JobRequest(id, "rehearse", target, {}, "github", "GitHub"), ())
        parent = Result("rehearse", "running", "It touches migrations.", job_id=id)
        self.services.outbox.put(id, "parent", {"channel": "#databases"}, parent.to_json())
        about = {"repository": REPOSITORY, "title": row.title, "author": row.author, "reason": row.body}
        rows.begin(Rehearsal(id, "shop", row.number, row.head_sha, about))
        rows.end(id, "passes", {"sentence": "Passes.", "digest": row.head_sha, "changes": list(changes)})
        one = rows.get(id)
        assert one is not None
        reviewing.begin(self.services, one)
        self.services.job_rows.end(id, "done", "Passes.")
        return one, self.playground.wait_for(lambda: self.question(one), seconds=20)

    def question(self, one: Rehearsal) -> dict[str, Any] | None:
        """The message with buttons in the thread of a rehearsal."""
        above = self.services.outbox.message(one.id)
        thread = self.playground.thread(CHANNEL, above.ts) if above else []
        return next((message for message in thread if labels(message)), None)

    def shown(self, message: dict[str, Any]) -> dict[str, Any]:
        """The same message as it stands now."""
        return next(one for one in self.playground.messages(CHANNEL) if one["ts"] == message["ts"])

    def click(self, who: str, message: dict[str, Any], label: str) -> None:
        """Press a button."""
        (row,) = [block for block in message["blocks"] if block["type"] == "actions"]
        (button,) = [one for one in row["elements"] if one["text"]["text"] == label]
        delivery = self.playground.click(
            who, CHANNEL, message["ts"], button["action_id"], button["value"], row["block_id"]
        )
        assert delivery.ok, delivery.error

    def told(self, who: str, words: str) -> None:
        """Return when the last thing that this person alone was shown has these words."""

        def seen() -> bool:
            notes = self.playground.ephemerals(who)
            return bool(notes) and words in as_text(notes[-1])

        self.playground.wait_for(seen, seconds=20)

    def gone(self, message: dict[str, Any], words: str) -> str:
        """The message when its buttons are gone and it says that."""

        def settled() -> bool:
            now = self.shown(message)
            return not labels(now) and words in as_text(now)

        self.playground.wait_for(settled, seconds=20)
        return as_text(self.shown(message))


def labels(message: dict[str, Any]) -> list[str]:
    rows = [block for block in message.get("blocks") or () if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row["elements"]]


@pytest.fixture(scope="module")
def production(mariadb: None) -> Iterator[Production]:
    """A real server."""
    with servers.place() as directory:
        servers.install(directory / "data")
        with servers.running(directory, ["--skip-log-bin"]) as server:
            yield prepare(server)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, production: Production) -> Iterator[Place]:
    """Everything running; a parameter is more configuration."""
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    with ExitStack() as stack:
        database = stack.enter_context(production.database(*TABLES))
        github = stack.enter_context(fake_github_server.running(tmp_path / "github"))
        github.repository(REPOSITORY)
        playground = stack.enter_context(Playground())
        playground.set_group(DBA, [APPROVER, REQUESTER])
        text = CONFIGURATION.format(rita=REQUESTER, user=ALL, database=database, socket=production.server.unix_socket)
        (tmp_path / "dbs.toml").write_text(text + getattr(request, "param", ""))
        environment = {"DBS_CONFIG": str(tmp_path / "dbs.toml"), "DBS_HOME": str(tmp_path / "home")}
        environment |= {"GITHUB_API_URL": github.url, "GITHUB_TOKEN": github.person("dbs-machine")}
        services, client = connect(load_settings({**environment, **playground.environment()}))
        nothing = JobKind(queue="rehearsals", phases=(), steps=(), sentence=lambda job, facts: "Done.")
        services.jobs.define({"rehearse": nothing}, lambda job, ending: None)
        stack.enter_context(listening(open_app(services, client), services.settings))
        stack.callback(playground.sockets.drop)
        stack.enter_context(sending(services, client))
        playground.wait_for(lambda: playground.sockets.connections)
        yield Place(services, playground, production, database, github)


def test_the_author_an_outsider_and_then_an_approver_press_approve(place: Place) -> None:
    row = place.github.open_pull(REPOSITORY, FILES, title=TEXT, body=TEXT)
    one, question = place.asked(row, DROP)
    assert labels(question) == ["Approve", "Reject"] and f"<!subteam^{DBA}>" in json.dumps(question["blocks"])
    above = place.services.outbox.message(one.id)
    assert above is not None
    for message in place.playground.thread(CHANNEL, above.ts):
        assert "<!channel>" not in json.dumps(message) and "<https://x.example|click>" not in json.dumps(message)
        assert "ada@example.com" not in json.dumps(message)
    place.click(REQUESTER, question, "Approve")
    place.told(REQUESTER, "It is your own change")
    place.click(OUTSIDER, question, "Approve")
    place.told(OUTSIDER, "Sorry, only")
    assert labels(place.shown(question)) == ["Approve", "Reject"], "it stays for everybody else"
    place.click(APPROVER, question, "Approve")
    text = place.gone(question, f"Approved by adam: acme/shop#1 at {row.head_sha[:10]}")
    assert "What to do next: merge it." in text
    assert reviewing.statuses(place.services) == 1
    assert place.github.repositories[REPOSITORY].statuses[-1].fields["description"] == "approved by adam"
    decided = [event for event in place.services.audit.history(words="decide", limit=20) if event.outcome != "received"]
    assert sorted(event.outcome for event in decided) == ["done", "refused", "refused"]
    assert place.services.audit.verify().ok


def test_a_click_after_a_push_takes_the_buttons_away(place: Place) -> None:
    row = place.github.open_pull(REPOSITORY, FILES, body="Why.")
    _, question = place.asked(row, column("note"))
    place.github.push(REPOSITORY, 1, FILES)
    place.click(APPROVER, question, "Approve")
    place.gone(question, "Void: acme/shop#1 stands at")
    place.told(APPROVER, "Nothing was approved.")


def test_the_drop_is_blocked_until_production_has_the_replacement(place: Place) -> None:
    _, question = place.asked(place.github.open_pull(REPOSITORY, FILES, title="Drop", body="Why."), DROP)
    _, other = place.asked(place.github.open_pull(REPOSITORY, FILES, title="Add", body="Why."), ADD)

    def said() -> list[str]:
        texts = [as_text(message) for message in place.playground.messages(CHANNEL)]
        return [text for text in texts if "takes the place of orders.idx_email" in text]

    place.playground.wait_for(lambda: len(said()) == 2, seconds=20)
    place.click(APPROVER, question, "Approve")
    place.told(APPROVER, "Blocked: orders.idx_email may not be dropped before its replacement is there")
    alter(place.production, place.database, "ALTER TABLE orders ADD KEY idx_mail (email, note)")
    place.click(APPROVER, question, "Approve")
    place.gone(question, "Approved by adam")
    assert labels(place.shown(other)) == ["Approve", "Reject"]


def test_while_github_is_away_nothing_is_approved(place: Place) -> None:
    _, question = place.asked(place.github.open_pull(REPOSITORY, FILES, body="Why."), column("note"))
    place.github.fault("GET", r"/pulls/1$", "503", times=50)
    place.click(APPROVER, question, "Approve")
    place.told(APPROVER, "cannot be asked now, so nothing was approved")
    assert labels(place.shown(question)) == ["Approve", "Reject"]


def test_the_click_is_acknowledged_before_github_answers(place: Place) -> None:
    _, question = place.asked(place.github.open_pull(REPOSITORY, FILES, body="Why."), column("note"))
    with place.github.lock:  # whoever asks GitHub waits
        place.click(APPROVER, question, "Approve")  # its delivery is ok when it was acknowledged in time
        assert labels(place.shown(question)) == ["Approve", "Reject"]
    place.gone(question, "Approved by adam")


def test_rejecting_asks_for_the_reason_in_a_window(place: Place) -> None:
    row = place.github.open_pull(REPOSITORY, FILES, body="Why.", title=TEXT)
    _, question = place.asked(row, column("note"))
    place.click(OUTSIDER, question, "Reject")
    place.told(OUTSIDER, "Sorry, only")
    assert place.playground.modal(OUTSIDER) is None
    place.click(APPROVER, question, "Reject")
    place.playground.wait_for(lambda: place.playground.modal(APPROVER), seconds=20)
    place.playground.submit(APPROVER, {"reason": "   "})
    asked = place.playground.modal(APPROVER)
    assert asked is not None and asked["errors"], "spaces are no reason"
    assert labels(place.shown(question)) == ["Approve", "Reject"]
    assert place.playground.submit(APPROVER, {"reason": "Month end <!here>"}).ok
    place.gone(question, "Rejected by adam: Month end")
    assert "<!here>" not in json.dumps(place.shown(question))
    assert reviewing.statuses(place.services) == 1
    assert place.github.repositories[REPOSITORY].statuses[-1].fields["state"] == "failure"


def test_the_home_of_an_approver_shows_what_waits(place: Place) -> None:
    _, question = place.asked(place.github.open_pull(REPOSITORY, FILES, body="Why."), column("note"))
    place.playground.open_home(APPROVER)
    shown = place.playground.wait_for(lambda: place.playground.home(APPROVER), seconds=20)
    assert labels(shown) == ["Approve", "Reject"]
    place.playground.open_home(OUTSIDER)
    assert labels(place.playground.wait_for(lambda: place.playground.home(OUTSIDER), seconds=20)) == []
    assert labels(place.shown(question)) == ["Approve", "Reject"]


def jobs(place: Place) -> list[Job]:
    return place.services.job_rows.recent(10)


def test_a_proposal_by_the_window(place: Place) -> None:
    assert place.playground.slash(REQUESTER, CHANNEL, "propose").ok
    form = place.playground.modal(REQUESTER)
    assert form is not None and [block["block_id"] for block in form["blocks"]] == ["sql", "reason"]
    place.playground.submit(REQUESTER, {"sql": "ALTER TABLE orders DROP KEY idx_email", "reason": "  "})
    assert jobs(place) == [], "a reason is needed"
    assert place.playground.submit(REQUESTER, {"sql": "ALTER TABLE orders DROP KEY idx_email", "reason": "Slow"}).ok
    (job,) = jobs(place)
    assert job.kind == "rehearse" and job.arguments["sql"] == [
        ["proposal.sql", "ALTER TABLE orders DROP KEY idx_email"]
    ]
    kept = {key: job.arguments[key] for key in ("reason", "proposal", "author_id", "author_name", "project")}
    assert kept == {
        "reason": "Slow",
        "proposal": True,
        "author_id": REQUESTER,
        "author_name": "rita",
        "project": "shop",
    }


@pytest.mark.parametrize("place", [SECOND], indirect=True, ids=["two projects"])
def test_of_several_projects_one_is_chosen(place: Place) -> None:
    assert place.playground.slash(REQUESTER, CHANNEL, "propose").ok
    given = {"project": "billing", "sql": "DROP TABLE old", "reason": "Nobody needs it"}
    assert place.playground.submit(REQUESTER, given).ok
    assert jobs(place)[0].arguments["project"] == "billing"


def test_whoever_may_not_propose_gets_no_window(place: Place) -> None:
    assert place.playground.slash(OUTSIDER, CHANNEL, "propose").ok
    place.told(OUTSIDER, "Sorry, only")
    assert place.playground.modal(OUTSIDER) is None
