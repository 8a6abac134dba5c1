"""kill -9 of the worker, the supervisor and the servers at random moments of restores and imports.

Whatever is killed: the public address serves whole states only, every job ends, nothing is lost from the audit table,
and nothing is left over.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from commands.interface import Result
from dbs.mysql.interface import DatabaseError
from tests.support.clients import CUT, REFUSED, Client, asking
from tests.support.installed import Installed, write_dump
from tests.support.waiting import until
from tests.support.workplace import ONE, FileSystem

KILLS = int(os.environ.get("DBS_FIRE_KILLS", "25"))
pytestmark = [
    pytest.mark.server,
    pytest.mark.parametrize("filesystem", [ONE], ids=[ONE[1]], indirect=True),
    # Each kill has waits of its own with a limit; all of them together take long on a busy machine.
    pytest.mark.timeout(120 + 30 * KILLS),
]
SEED = int(os.environ.get("DBS_FIRE_SEED", "20261120"))
BACK_SECONDS = 30
# A restore takes about 0.4 s from the request, an import about 3 s; a part of the kills comes after the end.
RESTORE_SECONDS, IMPORT_SECONDS = 0.6, 4.0
VICTIMS = ("worker", "supervise", "server", "supervise and server")
_QUERY = "SELECT (SELECT text FROM note), (SELECT COUNT(*) FROM item)"


@dataclass
class Fire:
    """One long row of kills on one installation."""

    dbs: Installed
    chance: random.Random
    dumps: int = 0
    both_down: list[tuple[float, float]] = field(default_factory=list)

    def begin(self) -> None:
        """The first snapshot, undisturbed."""
        for program in ("supervise", "worker"):
            self.dbs.start(program)
            self.dbs.until_ready(program)
        job = self.dbs.ended(self._import())
        assert job.state == "done", f"{job.sentence} {self.dbs.log('worker')}"

    def _import(self) -> Result:
        self.dumps += 1
        dump = write_dump(self.dbs.home / f"{self.dumps}.sql", f"snapshot {self.dumps}", 100 + self.dumps)
        return self.dbs.refresh(dump)

    def kill_once(self, number: int) -> str:
        """Ask for work, kill somebody in the middle of it, and see it through. Returns what happened."""
        importing = number % 6 == 5
        victim = self.chance.choice(VICTIMS)
        self._mark(number)
        asked = self._import() if importing else self.dbs.dispatch("restore", "shared", "--yes")
        assert asked.outcome == "queued", asked.sentence
        moment = self.chance.uniform(0, IMPORT_SECONDS if importing else RESTORE_SECONDS)
        threading.Event().wait(moment)
        self._kill(victim)
        job = self.dbs.ended(asked, BACK_SECONDS)
        said = f"{number}: {asked.kind}, {victim} after {moment:.2f} s: {job.state}, {job.sentence}"
        if victim == "worker":
            assert job.state == "done", f"a job must outlive its worker: {said}"
        assert "inside dbs" not in job.sentence, f"{said} {self.dbs.log('worker')}"
        self._look_around(said)
        return said

    def _mark(self, number: int) -> None:
        """Change the data, so that an answer tells the old state from a restored one."""
        (note, _), *_ = until(lambda: self._answer(), "the public address answers", BACK_SECONDS)
        snapshot = re.search(r"(\d+)$", note)
        assert snapshot, note
        change = f"UPDATE note SET text = 'mark {number} on {snapshot[1]}'; DELETE FROM item WHERE id = 7"
        self.dbs.tell(f"BEGIN NOT ATOMIC START TRANSACTION; {change}; COMMIT; END")

    def _answer(self) -> list[tuple[str, int]]:
        with suppress(DatabaseError):
            return self.dbs.ask(_QUERY)
        return []

    def _kill(self, victim: str) -> None:
        began = time.monotonic()
        programs = [program for program in ("worker", "supervise") if program in victim.split()]
        for program in programs:
            self.dbs.kill(program)
        if "server" in victim.split():
            servers = sorted(self.dbs.servers())
            with suppress(ProcessLookupError):  # it may have been replaced this moment
                os.kill(self.chance.choice(servers), signal.SIGKILL) if servers else None
        for program in programs:
            self.dbs.start(program)
        for program in programs:
            self.dbs.until_ready(program)
        if victim == "supervise and server":
            self.both_down.append((began, time.monotonic()))

    def _look_around(self, said: str) -> None:
        """Nothing is lost and nothing is left over."""
        dbs = self.dbs
        assert dbs.services.audit.verify().ok, said
        assert dbs.services.audit.open_requests() == [], said
        for path in dbs.names("snapshots/*")[:-2]:
            dbs.provider.delete(Path(path).name)
        until(lambda: self._is_tidy(), f"everything is tidy after {said}; {self._rest()}", BACK_SECONDS)
        _check([(note, items) for note, items in dbs.ask(_QUERY)])

    def _is_tidy(self) -> bool:
        servers, listening = list(self.dbs.servers().values()), self.dbs.names("run/*")
        rest = self.dbs.names("building/*") + self.dbs.names("trash/*")
        served = bool(re.fullmatch(r"instances/shared/\d+/data", "".join(servers)))
        # One generation is served, one is kept for an undo.
        return served and len(listening) == 1 and rest == [] and len(self.dbs.names("instances/shared/[0-9]*")) <= 2

    def _rest(self) -> str:
        return f"{self.dbs.servers()} {[self.dbs.names(f'{one}/*') for one in ('run', 'building', 'trash')]}"


def _check(answers: list[tuple[str, int]]) -> None:
    """Each answer is of one whole state: a snapshot as it was made, or that with somebody's one change."""
    for note, items in answers:
        state = re.fullmatch(r"(snapshot|mark \d+ on) (\d+)", note)
        assert state, note
        assert items == 100 + int(state[2]) - (0 if state[1] == "snapshot" else 1), (
            f"half a state: {note}, {items} items"
        )


def _check_client(client: Client, both_down: list[tuple[float, float]]) -> None:
    _check(client.answers)
    assert set(client.errors) <= CUT | {REFUSED}, client.sentences
    for moment in client.refusals:
        assert any(began <= moment <= ended for began, ended in both_down), "refused, though somebody held the socket"


@pytest.fixture
def fire(filesystem: FileSystem, workplace: Path, mariadb: None) -> Iterator[Fire]:
    """An installation with a first snapshot."""
    dbs = Installed(workplace / "fire-home", filesystem.path / "fire")
    fire = Fire(dbs, random.Random(SEED))
    try:
        fire.begin()
        yield fire
    finally:
        dbs.close()


def test_kill_points(fire: Fire, record_property: Callable[[str, object], None]) -> None:
    done = 0
    # With a pause: they need not use up the processor that restarted programs wait for.
    with asking(3, fire.dbs.connect, _QUERY, pause_seconds=0.01) as clients:
        for number in range(KILLS):
            said = fire.kill_once(number)
            done += ": done," in said
    for client in clients:
        _check_client(client, fire.both_down)
    answers, refused = (sum(len(part) for part in parts) for parts in zip(
        *((client.answers, client.refusals) for client in clients), strict=True))  # fmt: skip
    record_property(
        "said",
        f"{KILLS} kills, seed {SEED}: {done} jobs done, {KILLS - done} failed; {answers} answers, {refused} refused",
    )
