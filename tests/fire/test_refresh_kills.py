"""kill -9 of everything that a refresh needs, at random moments of it, and a disk that is suddenly full.

Whatever it was: people are served whole states only, nothing half-made is published, no process is left, what lies on
the disks in the middle holds no original, and the next refresh works.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dbs import process
from dbs.jobs import Job
from dbs.mysql.interface import DatabaseError
from tests.sources.servers import Server, account
from tests.support import policy_source
from tests.support.clients import CUT, asking
from tests.support.installed import Installed
from tests.support.production import DATABASE, children, holding, originals, production, settings, write_policy
from tests.support.waiting import until

KILLS = int(os.environ.get("DBS_FIRE_REFRESH_KILLS", "8"))
# Each kill has waits of its own with a limit; all of them together take long on a busy machine.
pytestmark = [pytest.mark.server, pytest.mark.root, pytest.mark.timeout(180 + 60 * KILLS)]
SEED = int(os.environ.get("DBS_FIRE_SEED", "20261120"))
VICTIMS = ("worker", "source", "builder", "disk", "masking process")
_MASKING = "dbs.masking.worker"
_DISK_BYTES = 16 * 2**20
_BACK_SECONDS = 120
_QUERY = "SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM orders), (SELECT COUNT(*) FROM newsletter)"
_WHOLE = (400, 400, 49)


@contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    """A file system in memory that is full soon."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@dataclass
class Fire:
    """One long row of kills on one installation."""

    dbs: Installed
    server: Server
    disk: Path
    chance: random.Random
    started: list[str]
    words: Path
    originals: set[bytes] = field(default_factory=set)
    seconds: float = 0.0

    def refresh(self) -> Job:
        """One that nobody disturbs."""
        began = time.monotonic()
        job = self.dbs.ended(self.dbs.dispatch("refresh", "shop"), _BACK_SECONDS)
        assert job.state == "done", f"{job.sentence} {self.dbs.log('worker')[-3000:]}"
        assert "On it now: shared" in job.sentence
        self.seconds = time.monotonic() - began
        return job

    def kill_once(self, number: int) -> str:
        """Disturb one refresh, see it through, and make the next one. Returns what happened."""
        victim = VICTIMS[number % len(VICTIMS)] if number < len(VICTIMS) else self.chance.choice(VICTIMS)
        moment = self.chance.uniform(0, self.seconds)
        asked = self.dbs.dispatch("refresh", "shop")
        assert asked.outcome == "queued", asked.sentence
        threading.Event().wait(moment)
        masking = children(self.dbs.pid("worker"), _MASKING)
        mended = getattr(self, f"_{victim.replace(' ', '_')}")(masking)
        found = holding(self.originals, self.dbs.root, self.words) + holding(self.originals, self.disk, self.words)
        found += holding(self.originals, self.dbs.home, self.words)
        assert found == [], f"{number}: {victim} after {moment:.2f} s"
        mended()
        job = self.dbs.ended(asked, _BACK_SECONDS)
        said = f"{number}: {victim} after {moment:.2f} s: {job.state}, {job.sentence}"
        if victim == "worker":
            assert job.state == "done", f"a job must outlive its worker: {said}"
        assert "inside dbs" not in job.sentence, f"{said} {self.dbs.log('worker')[-3000:]}"
        assert job.state == "done" or job.sentence.startswith("shared still serves the data of"), said
        until(lambda: not [pid for pid in masking if Path(f"/proc/{pid}/exe").exists()], f"no process is left: {said}")
        self._look_around(said)
        if job.state == "failed":
            self.refresh()
        return said

    def _worker(self, masking: list[int]) -> Callable[[], None]:
        self.dbs.kill("worker")

        def again() -> None:
            self.dbs.start("worker")
            self.dbs.until_ready("worker")

        return again

    def _source(self, masking: list[int]) -> Callable[[], None]:
        _kill(process.running(f"--datadir={self.server.directory}/data"))
        return self.start_source

    def start_source(self) -> None:
        """Start production again, as it was started."""
        process.start(self.started, log=self.server.directory / "log", user=account())
        until(self._answers, "production answers", 60)

    def _answers(self) -> bool:
        with suppress(DatabaseError):
            self.server.admin().close()
            return True
        return False

    def _builder(self, masking: list[int]) -> Callable[[], None]:
        _kill(pid for pid, data in self.dbs.servers().items() if data.startswith("building/"))
        return lambda: None

    def _masking_process(self, masking: list[int]) -> Callable[[], None]:
        _kill(masking[:1])
        return lambda: None

    def _disk(self, masking: list[int]) -> Callable[[], None]:
        filler = self.disk / "somebody-elses"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\1" * 4096):
                pass

        def mended() -> None:
            until(lambda: not self.dbs.services.job_rows.open(), "the job has ended", _BACK_SECONDS)
            filler.unlink()

        return mended

    def _look_around(self, said: str) -> None:
        """Nothing half-made, nothing lost, nothing left over."""
        services = self.dbs.services
        assert services.audit.verify().ok and services.audit.open_requests() == [], said
        for dump in services.dumps.list("shop"):
            assert hashlib.sha256(services.dumps.path(dump).read_bytes()).hexdigest() == dump.sha256, said
        left = [path.name for path in (self.disk / "dumps" / "shop").iterdir() if path.name.endswith(".part")]
        assert left == [], said
        whole = {one.id: one.rows for one in self.dbs.provider.snapshots()}
        assert self.dbs.provider.inspect("shared").snapshot_id in whole, said
        assert len({tuple(sorted(rows.items())) for rows in whole.values()}) == 1, said
        until(self._is_tidy, f"everything is tidy after {said}")
        assert self.dbs.ask(_QUERY) == [_WHOLE], said

    def _is_tidy(self) -> bool:
        return not self.dbs.names("building/*") and len(self.dbs.servers()) == 1


def _kill(pids: Iterator[int] | list[int] | dict[int, list[str]]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def fire(workplace: Path, mariadb: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fire]:
    """An installation that has refreshed once from a small production."""
    with ExitStack() as stack:
        place = workplace / "refresh-fire"
        place.mkdir(mode=0o711)
        disk = stack.enter_context(_small_disk(place / "disk"))
        server = stack.enter_context(production(["--log-bin", "--server-id=1"], create=policy_source.create))
        stack.callback(lambda: _kill(process.running(f"--datadir={server.directory}/data")))
        source = settings(server, place) + f'[dumps]\nroot = "{disk}/dumps"\n'
        dbs = Installed(place / "home", place / "root", source)
        stack.callback(dbs.close)
        for name, value in dbs.environment.items():
            monkeypatch.setenv(name, value)
        (words,) = process.running(f"--datadir={server.directory}/data").values()
        fire = Fire(dbs, server, disk, random.Random(SEED), [word for word in words if word], workplace / "words")
        policy = write_policy(dbs.home / "shop.toml", canaries=(), kept_tables_but=())
        with server.admin(DATABASE) as admin:
            fire.originals = originals(admin, policy)
        for program in ("supervise", "worker"):
            dbs.start(program)
            dbs.until_ready(program)
        fire.refresh()
        fire.refresh()
        yield fire


def test_refresh_kills(fire: Fire, record_property: Callable[[str, object], None]) -> None:
    assert len(fire.originals) > 100
    done = 0
    with asking(2, fire.dbs.connect, _QUERY, pause_seconds=0.05) as clients:
        for number in range(KILLS):
            done += ": done," in fire.kill_once(number)
    for client in clients:
        assert set(client.answers) == {_WHOLE}
        assert set(client.errors) <= CUT, client.sentences
    answers = sum(len(client.answers) for client in clients)
    said = f"{KILLS} kills, seed {SEED}: {done} refreshes done, {KILLS - done} failed; {answers} whole answers"
    record_property("said", said)
