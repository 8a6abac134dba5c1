"""An office whose source is a real server and whose pull requests are at a stand-in for GitHub; rehearsals by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from commands import reviewing
from commands.decisions import decide
from commands.interface import Actor, Result
from dbs.decisions import Decision
from dbs.mysql.query import execute
from dbs.rehearsals import Rehearsal, Verdict
from dbs.settings import Source
from tests.evidence.production import ALL, Production
from tests.sources.servers import PASSWORD
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import PullRow
from tests.support.office import CARL, Office

REPOSITORY = "acme/shop"
FILES: Mapping[str, bytes | None] = {"db/migrations/1.sql": b"ALTER TABLE orders DROP KEY idx_email;\n"}
TABLES = (
    "CREATE TABLE users (id INT PRIMARY KEY)",
    "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, email VARCHAR(50), note VARCHAR(50), KEY k_user (user_id), "
    "KEY idx_email (email), KEY idx_note (note, email), UNIQUE KEY uq (email, user_id), "
    "CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users (id))",
    "CREATE VIEW mails AS SELECT email FROM orders",
    "INSERT INTO users VALUES (1)",
    "INSERT INTO orders VALUES (1, 1, 'ada@example.com', 'a note')",
)
_MORE = """
[github]
people = {{ rita = "U0ADA"{people} }}
[project.shop]
repository = "acme/shop"
source = "shop"
migrations = "db/migrations/**"
runner = "sql"
[project.billing]
repository = "acme/billing"
source = "shop"
migrations = "sql/**"
runner = "sql"
[instance.builds]
source = "shop"
provider = "local"
port = 33069
role = "builds"
"""


def index(
    name: str, *columns: str, how: str = "dropped", unique: bool = False, table: str = "orders"
) -> dict[str, Any]:
    """An index in the schema's difference."""
    shown = f"{'UNIQUE ' if unique else ''}KEY `{name}` ({', '.join(columns)})"
    texts = {"before": shown if how == "dropped" else "", "after": "" if how == "dropped" else shown}
    kept = {"kind": "index", "table": table, "name": name, "how": how, "columns": list(columns), "unique": unique}
    return {**kept, **texts}


def column(name: str, how: str = "dropped", table: str = "orders") -> dict[str, Any]:
    """A column in the schema's difference."""
    return {"kind": "column", "table": table, "name": name, "how": how, "before": "int", "after": "", "columns": []}


DROP = index("idx_email", "email")
ADD = index("idx_mail", "email", "note", how="added")


class Reviewed(Office):
    """Ada is Rita at GitHub and may approve, as Dora and Carl may; nobody knows who Mallory is in Slack."""

    def __init__(self, home: Path, source: Source, github: FakeGithub, people: str = "") -> None:
        super().__init__(home, source=_MORE.format(people=people))
        self.github = github
        self.workspace.groups["S0DBA"] |= {"U0ADA", CARL.id}
        environment = self.settings.environment.model_copy(
            update={"github_api_url": github.url, "github_token": SecretStr(github.person("dbs-machine"))}
        )
        self.settings = self.settings.model_copy(update={"source": {"shop": source}, "environment": environment})
        self.services = replace(self.services, settings=self.settings)
        self._rehearsals = itertools.count(1)

    def pull(
        self, body: str = "Nobody searches by mail any more.", repository: str = REPOSITORY, **more: Any
    ) -> PullRow:
        """A pull request."""
        return self.github.open_pull(repository, FILES, body=body, **more)

    def rehearsed(
        self, row: PullRow, *changes: Mapping[str, Any], verdict: Verdict = "passes", project: str = "shop"
    ) -> Rehearsal:
        """It was rehearsed as it is now, and its review has begun."""
        repository = self.services.settings.project[project].repository
        about = {"repository": repository, "title": row.title, "author": row.author, "reason": row.body, "fork": False}
        return self._ended(Rehearsal(self._id(), project, row.number, row.head_sha, about), changes, verdict)

    def proposed(
        self, *changes: Mapping[str, Any], by: Actor, reason: str = "It is slow.", proposal: bool = True
    ) -> Rehearsal:
        """The same of SQL without a pull request; without `proposal` somebody only tries it."""
        about = {"title": "proposal.sql", "reason": reason, "proposal": proposal, "target": "shop:proposal.sql"}
        about |= {"author_id": by.id, "author_name": by.name}
        return self._ended(Rehearsal(self._id(), "shop", None, "sql-0123456789ab", about), changes, "passes")

    def _id(self) -> str:
        return f"rehearse:{next(self._rehearsals)}"

    def _ended(self, one: Rehearsal, changes: Sequence[Mapping[str, Any]], verdict: Verdict) -> Rehearsal:
        report = {
            "verdict": verdict,
            "sentence": f"It {verdict}.",
            "digest": f"{one.head:0<64}"[::-1],
            "project": one.project,
            "statements": [],
            "findings": [],
            "changes": [dict(each) for each in changes],
        }
        self.services.rehearsals.begin(one)
        self.services.rehearsals.end(one.id, verdict, report)
        found = self.services.rehearsals.get(one.id)
        assert found is not None
        reviewing.begin(self.services, found)
        return found

    def thread(self, one: Rehearsal) -> list[Result]:
        """Everything that stands in the thread of a rehearsal but the question."""
        rows = self.services.outbox.pending(1000)
        return [Result.from_json(row.result) for row in rows if row.job_id == one.id]

    def question(self, one: Rehearsal) -> Decision:
        """The question about a rehearsal, as it is now."""
        found = self.services.decisions.of_request(f"review:{one.id}")
        assert found is not None, "nothing was asked"
        return found

    def approve(self, actor: Actor, one: Rehearsal, request_id: str | None = None) -> Result:
        """Press the button."""
        return self.answer(actor, one, "approve", request_id=request_id)

    def answer(
        self, actor: Actor, one: Rehearsal, choice: str, reason: str = "", request_id: str | None = None
    ) -> Result:
        """Answer a question."""
        question = self.question(one).id
        return decide(self.services, question, choice, actor, request_id=request_id or self.new_id(), reason=reason)

    def ends(self, part: str = "end") -> list[Result]:
        """What took the place of questions, oldest first."""
        rows = self.services.outbox.pending(1000)
        return [Result.from_json(row.result) for row in rows if row.part == part and row.job_id.startswith("decision")]

    def status(self, head: str | PullRow | Rehearsal, repository: str = REPOSITORY) -> tuple[str, str]:
        """State and description of the commit status, after the scheduler's turn; empty when there is none."""
        sha = head if isinstance(head, str) else getattr(head, "head_sha", None) or getattr(head, "head", "")
        reviewing.statuses(self.services)
        rows = [row for row in self.github.repositories[repository].statuses if row.sha == sha]
        found = [row.fields for row in rows if row.fields["context"] == "dbs / schema review"]
        return (found[-1]["state"], found[-1]["description"]) if found else ("", "")


@contextmanager
def reviewed(
    home: Path, production: Production, github: FakeGithub, people: str = ""
) -> Iterator[tuple[Reviewed, str]]:
    """The office, and the name of its database on the server."""
    home.mkdir(exist_ok=True)
    with production.database(*TABLES) as database:
        url = f"mysql://{ALL}@/{database}?socket={production.server.unix_socket}"
        source = Source.model_validate({"url": url, "password": PASSWORD})
        yield Reviewed(home, source, github, people), database


def alter(production: Production, database: str, *statements: str) -> None:
    """Somebody changes production."""
    with production.admin(database) as admin:
        for statement in statements:
            execute(admin, statement)
