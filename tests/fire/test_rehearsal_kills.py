"""kill -9 of everything that a rehearsal needs, at random moments of it.

Whatever it was: the check at GitHub is completed, by the same job once more or as failed, the instance is what its
snapshot is, and nothing is held, running or lying about.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from commands.pulls import react
from dbs import process
from dbs.github.webhook import PullOpened
from dbs.jobs import OPEN
from dbs.mysql.connect import connect
from dbs.mysql.query import rows
from dbs.rehearsals import Rehearsal
from dbs.snapshots.interface import SnapshotError
from tests.github.asking import ALL_RIGHTS
from tests.support import fake_github_server
from tests.support.fake_github import FakeGithub
from tests.support.installed import Installed, write_dump
from tests.support.ports import free_port
from tests.support.rehearsed import app_environment, in_folder
from tests.support.waiting import until

KILLS = int(os.environ.get("DBS_FIRE_REHEARSAL_KILLS", "6"))
pytestmark = [pytest.mark.server, pytest.mark.root, pytest.mark.timeout(180 + 60 * KILLS)]
SEED = int(os.environ.get("DBS_FIRE_SEED", "20261120"))
VICTIMS = ("worker", "server", "runner")
_BACK_SECONDS = 120
_MIGRATION = "CREATE TABLE made (id INT);\nDELETE FROM item WHERE id > 5;\nSELECT SLEEP(0.4);\nDROP TABLE note;\n"
_COMMAND = 'mariadb --no-defaults -u \\"$DB_USERNAME\\" \\"$DB_DATABASE\\" < db/migrations/0001_change.sql'
_INSIDE = "dbs.sandbox.launcher"


@dataclass
class Fire:
    """One long row of kills on one installation."""

    dbs: Installed
    github: FakeGithub
    chance: random.Random
    seconds: float = 2.0

    def rehearse(self, project: str) -> int:
        """The number of a pull request that GitHub tells of."""
        with self.github.holding():
            pull = self.github.open_pull(f"acme/{project}", in_folder({"0001_change.sql": _MIGRATION}))
        react(self.dbs.services, PullOpened(f"acme/{project}", pull.number, pull.head_sha, None))
        return pull.number

    def ended(self, project: str, number: int) -> Rehearsal:
        """The rehearsal when it has ended and GitHub knows."""
        services = self.dbs.services

        def over() -> bool:
            row = services.rehearsals.newest(project, number)
            return row is not None and row.told == "ended" and not services.job_rows.open()

        until(over, f"the rehearsal of {project}#{number} has ended", _BACK_SECONDS)
        row = services.rehearsals.newest(project, number)
        assert row is not None
        return row

    def kill_once(self, number: int) -> str:
        """Disturb one rehearsal and see it through. Returns what happened."""
        victim = VICTIMS[number % len(VICTIMS)]
        project = "tool" if victim == "runner" or self.chance.random() < 0.3 else "shop"
        moment = self.chance.uniform(0, self.seconds)
        pull = self.rehearse(project)
        threading.Event().wait(moment)
        getattr(self, f"_{victim}")()
        row = self.ended(project, pull)
        came = f"{row.verdict}, {(row.report or {}).get('sentence')}"
        said = f"{number}: {victim} after {moment:.2f} s of {project}: {came}"
        runs = self.github.repositories[f"acme/{project}"].runs
        states = [run.fields["status"] for run in runs if run.head_sha == row.head]
        assert states and set(states) == {"completed"}, said
        assert "inside dbs" not in said, f"{said} {self.dbs.log('worker')[-3000:]}"
        self._look_around(said)
        return said

    def _worker(self) -> None:
        self.dbs.kill("worker")
        self.dbs.start("worker")
        self.dbs.until_ready("worker")

    def _server(self) -> None:
        for pid, data in self.dbs.servers().items():
            if data.startswith("instances/builds/"):
                _kill(pid)

    def _runner(self) -> None:
        for pid in process.running(_INSIDE):
            _kill(pid)

    def _look_around(self, said: str) -> None:
        """The instance equals its snapshot, and nothing is left of the rehearsal."""
        services = self.dbs.services
        until(lambda: services.leases.all() == [], f"nothing is held after {said}", 90)
        # A review waits for somebody's answer; everything else has ended.
        waiting = [event for event in services.audit.open_requests() if event.command != "review"]
        assert services.audit.verify().ok and waiting == [], said
        assert [job for job in services.job_rows.recent(50) if job.state in OPEN] == [], said
        until(self._is_clean, f"the instance is clean after {said}")
        until(lambda: not process.running(_INSIDE), f"no process is left after {said}")
        assert not list(Path("/tmp").glob("dbs-code-*")), said

    def _is_clean(self) -> bool:
        try:
            admin = self.dbs.provider.attach("builds")
        except SnapshotError:  # its server was killed, and is being started again
            return False
        with closing(connect(admin, "shop")) as session:
            tables = {str(name) for (name,) in rows(session, "SHOW TABLES")}
            items = rows(session, "SELECT COUNT(*) FROM item")
            users = rows(session, "SELECT COUNT(*) FROM mysql.user WHERE user = 'dbs_rehearsal'")
        return (tables, items, users) == ({"note", "item", "dear"}, [(9,)], [(0,)])


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _configuration(github: FakeGithub) -> str:
    shop, tool = (github.repository(f"acme/{name}") for name in ("shop", "tool"))
    for name in ("shop", "tool"):
        github.install(f"acme/{name}", ALL_RIGHTS)
    common = 'source = "shop"\nmigrations = "db/migrations/**"\n'
    return f"""[source.shop]
url = "mysql://nobody@127.0.0.1:3306/shop"
engine_mismatch = "allow"
[instance.builds]
source = "shop"
provider = "local"
role = "builds"
port = {free_port()}
[project.shop]
repository = "acme/shop"
remote = "{shop.git.path}"
runner = "sql"
{common}
[project.tool]
repository = "acme/tool"
remote = "{tool.git.path}"
command = "{_COMMAND}"
{common}"""


@pytest.fixture
def fire(workplace: Path, mariadb: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fire]:
    """An installation with a snapshot and a GitHub."""
    with ExitStack() as stack:
        place = workplace / "rehearsal-fire"
        place.mkdir(mode=0o711)
        github = stack.enter_context(fake_github_server.running(place / "github"))
        for name, value in app_environment(github).items():
            monkeypatch.setenv(name, value)
        dbs = Installed(place / "home", place / "root", _configuration(github))
        stack.callback(dbs.close)
        for name, value in dbs.environment.items():
            monkeypatch.setenv(name, value)
        for program in ("supervise", "worker"):
            dbs.start(program)
            dbs.until_ready(program)
        job = dbs.ended(dbs.refresh(write_dump(place / "shop.sql", "one", 9)))
        assert job.state == "done", job.sentence
        yield Fire(dbs, github, random.Random(SEED))


def test_rehearsal_kills(fire: Fire, record_property: Callable[[str, object], None]) -> None:
    for project in ("shop", "tool"):
        began = time.monotonic()
        row = fire.ended(project, fire.rehearse(project))
        assert row.verdict == "passes with warnings", row.report
        fire.seconds = max(1.0, time.monotonic() - began)
    verdicts = [fire.kill_once(number) for number in range(KILLS)]
    passed = sum(": passes with warnings" in said for said in verdicts)
    told = f"{passed} rehearsed all the same, {KILLS - passed} told as untested"
    record_property("said", f"{KILLS} kills, seed {SEED}: {told}")
