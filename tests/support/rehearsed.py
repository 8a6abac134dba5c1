"""A whole dbs that rehearses: a production with its flaws, a stand-in for GitHub with a real repository, two builds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from dbs.jobs import Job
from dbs.mysql.query import execute
from dbs.rehearsals import Rehearsal
from playground.cast import APPROVER, REQUESTER
from tests.github.asking import ALL_RIGHTS
from tests.sources import servers
from tests.sources.servers import Server
from tests.support import fake_github_server
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import PullRow, Run
from tests.support.ports import free_port
from tests.support.production import DATABASE, make_reader, settings
from tests.support.waiting import until
from tests.support.whole import Whole, whole

REPOSITORY = "acme/shop"
SECRET = "a secret of the webhook"
FOLDER = "db/migrations"
PRODUCTION = (
    "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100), phone VARCHAR(40), city VARCHAR(40))",
    "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, amount DECIMAL(10,2) NOT NULL, note VARCHAR(200), "
    "KEY idx_user (user_id), KEY idx_note (note))",
    # Two e-mail addresses five times, thirty phones missing, seven orders of nobody, one long note.
    "INSERT INTO users SELECT seq, CONCAT('p', IF(seq <= 10, seq MOD 2, seq), '@mail.example'), "
    "IF(seq <= 30, NULL, CONCAT('+49 30 ', 100000 + seq)), 'Berlin' FROM seq_1_to_200",
    "INSERT INTO orders SELECT seq, IF(seq <= 7, 900 + seq, 1 + seq MOD 200), 1.5, "
    "IF(seq = 3, REPEAT('x', 150), CONCAT('note ', seq)) FROM seq_1_to_1000",
)
POLICY = """\
source = "shop"

[table.users.columns]
id = "keep"
email = { mask = "keep", reason = "made up" }
phone = { mask = "keep", reason = "made up" }
city = { mask = "keep", reason = "made up" }

[table.orders.columns]
id = "keep"
user_id = "keep"
amount = "keep"
note = { mask = "keep", reason = "made up" }
"""


@dataclass
class Place:
    """Everything, running."""

    dbs: Whole
    server: Server
    github: FakeGithub

    def pull(self, files: Mapping[str, str], title: str = "Change the schema", **more: Any) -> PullRow:
        """Somebody opens a pull request with these files in the folder of the migrations."""
        return self.github.open_pull(REPOSITORY, in_folder(files), title=title, **more)

    def rehearsed(self, number: int, head: str | None = None) -> Rehearsal:
        """The newest rehearsal of a pull request, when it has ended and GitHub knows."""
        return self.of("shop", number, head)

    def of(self, project: str, number: int, head: str | None = None) -> Rehearsal:
        """The same of another project."""
        rows = self.dbs.services.rehearsals

        def ended() -> bool:
            row = rows.newest(project, number)
            return row is not None and row.told == "ended" and head in (None, row.head)

        until(ended, f"the rehearsal of {number} has ended", 120)
        row = rows.newest(project, number)
        assert row is not None
        return row

    def said(self) -> None:
        """Return when everything was said in Slack, which takes a message a second."""
        until(lambda: not self.dbs.services.outbox.pending(), "everything was said", 60)

    def check(self, number: int) -> Run:
        """The newest check run of a pull request's head."""
        repository = self.github.repositories[REPOSITORY]
        head = repository.pulls[number].head_sha
        return [run for run in repository.runs if run.head_sha == head][-1]

    def job(self, rehearsal: Rehearsal) -> Job:
        """The job of a rehearsal, when it has ended."""
        return self.dbs.ended(rehearsal.id)


def in_folder(files: Mapping[str, str]) -> dict[str, bytes | None]:
    """Paths below the folder of the migrations; a path with a slash stays as it is."""
    return {name if "/" in name else f"{FOLDER}/{name}": text.encode() for name, text in files.items()}


@contextmanager
def rehearsing(
    directory: Path,
    more: Callable[[FakeGithub], str] = lambda _: "",
    *,
    builds: int = 2,
    environment: Callable[[FakeGithub], dict[str, str]] | None = None,
) -> Iterator[Place]:
    """A dbs that has refreshed once, told by GitHub's webhook. What `more` makes is added to its configuration.

    `environment` says as whom it comes to GitHub: an App, if nothing is given.
    """
    directory.mkdir(mode=0o711, parents=True)
    with servers.place() as source, fake_github_server.running(directory / "github") as github:
        servers.install(source / "data", None)
        with servers.running(source, ["--userstat=1", "--performance-schema=1"], None) as server:
            server.run(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
            with closing(server.admin(DATABASE)) as admin:
                for statement in PRODUCTION:
                    execute(admin, statement)
            make_reader(server)
            with (
                _environment((environment or app_environment)(github)),
                _configured(directory, server, github, builds, more(github)) as dbs,
            ):
                yield Place(dbs, server, github)


@contextmanager
def _configured(directory: Path, server: Server, github: FakeGithub, builds: int, more: str) -> Iterator[Whole]:
    repository = github.repository(REPOSITORY, {"README.md": b"shop\n"})
    github.install(REPOSITORY, ALL_RIGHTS)
    instances = "".join(
        f'[instance.builds{number}]\nsource = "shop"\nprovider = "local"\nrole = "builds"\nport = {free_port()}\n'
        for number in range(1, builds + 1)
    )
    project = f"""[github]
people = {{ rita = "{REQUESTER}", adam = "{APPROVER}" }}
[project.shop]
repository = "{REPOSITORY}"
remote = "{repository.git.path}"
source = "shop"
migrations = "{FOLDER}/**"
runner = "sql"
time_limit = "20s"
"""
    table = settings(server, directory) + instances + project + more
    with whole(directory / "home", directory / "root", "socket", table) as dbs:
        (directory / "home" / "shop.toml").write_text(POLICY)
        made = dbs.cli("refresh", "shop")
        assert made.state == "done", made.sentence
        web = dbs.services.settings.web_address
        github.hooks.add(f"http://{web[0]}:{web[1]}/github/webhook", SECRET)
        yield dbs


def app_environment(github: FakeGithub) -> dict[str, str]:
    """The variables with which dbs is an App there."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    app = github.app(public.decode())
    return {
        "GITHUB_API_URL": github.url,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_APP_PRIVATE_KEY": private,
        "GITHUB_WEBHOOK_SECRET": SECRET,
    }


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """With these variables until the block ends."""
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
