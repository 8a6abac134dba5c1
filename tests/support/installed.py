"""dbs as it is installed: a configuration file, and its real programs in processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from commands.bootstrap import account, build, supervisor_socket
from commands.dispatch import dispatch
from commands.interface import Actor, Request, Result
from commands.services import Services
from dbs import process
from dbs.jobs import Job
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.query import execute, rows
from dbs.settings import load_settings
from dbs.snapshots.interface import Address, SnapshotError
from dbs.snapshots.local import copying
from dbs.snapshots.local.client import LocalProvider, ask
from tests.support.ports import free_port
from tests.support.waiting import until

REPOSITORY = Path(__file__).parents[2]
DATABASE = "shop"
_NO_SOURCE = """[source.shop]
url = "mysql://nobody@127.0.0.1:3306/shop"
engine_mismatch = "allow"
"""
_CONFIGURATION = """
{source}
[provider.local]
kind = "local"
root = "{root}"
[instance.shared]
source = "shop"
provider = "local"
port = {port}
password = "correct horse"
buffer_pool = "32M"
"""


class Installed:
    """One installation with one instance, `shared`. `services` are this process's own, as of a command line.

    `source` is the configuration's table of the source, where there really is one, and others behind it.
    """

    def __init__(self, home: Path, root: Path, source: str = _NO_SOURCE) -> None:
        home.mkdir(mode=0o700)
        self.home, self.root = home, root
        file = home / "dbs.toml"
        file.write_text(_CONFIGURATION.format(root=root, port=free_port(), source=source))
        self.environment = {"DBS_CONFIG": str(file), "DBS_HOME": str(home / "state")}
        self.settings = load_settings(self.environment)
        self.services: Services = build(self.settings)
        self.provider = LocalProvider("local", supervisor_socket(self.settings))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._requests = 0

    # -- programs --------------------------------------------------------------------------------------------------

    def start(self, program: str) -> None:
        """Start `supervise` or `worker`; see `until_ready`."""
        environment = {**os.environ, **self.environment}
        with (self.home / f"{program}.log").open("ab") as log:
            self._running[program] = subprocess.Popen(
                [sys.executable, "-m", "cli.main", program], cwd=REPOSITORY, env=environment, stdout=log, stderr=log
            )

    def until_ready(self, program: str) -> None:
        """Wait until a program does what it is for."""
        ready = {"supervise": self._supervisor_answers, "worker": self.services.jobs.worker_is_running}[program]
        until(lambda: self._running[program].poll() is not None or ready(), f"{program} is ready", 60)
        assert self._running[program].poll() is None, self.log(program)

    def _supervisor_answers(self) -> bool:
        try:
            return bool(ask(supervisor_socket(self.settings), "ping")["pid"] == self._running["supervise"].pid)
        except SnapshotError:
            return False

    def pid(self, program: str) -> int:
        """The process id of a program."""
        return self._running[program].pid

    def kill(self, program: str) -> None:
        """kill -9."""
        self._running[program].kill()
        self._running[program].wait(60)

    def log(self, program: str) -> str:
        """All that a program said."""
        return (self.home / f"{program}.log").read_text(errors="replace")

    def close(self) -> None:
        """End the programs; what is left then is a defect."""
        for program in ("worker", "supervise"):
            if program in self._running and self._running[program].poll() is None:
                self._running[program].terminate()
                assert self._running[program].wait(120) == 0, self.log(program)
        left = self.servers()
        for pid in left:
            process.end(pid)
        assert left == {}
        copying.delete(self.root)
        shutil.rmtree(self.home)

    # -- what is there ---------------------------------------------------------------------------------------------

    def servers(self) -> dict[int, str]:
        """Process id → data directory, below the root, of everything that runs there."""
        prefix = f"--datadir={self.root}/"
        return {
            pid: next(word for word in words if word.startswith(prefix)).removeprefix(prefix)
            for pid, words in process.running(prefix).items()
        }

    def names(self, below: str) -> list[str]:
        """Paths below the root."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob(below))

    # -- asking ----------------------------------------------------------------------------------------------------

    def dispatch(self, *words: str) -> Result:
        """A command, as typed on the command line."""
        self._requests += 1
        request = Request(f"test:{os.getpid()}:{self._requests}", Actor("os:ada", "ada", "cli"), words)
        return dispatch(self.services, request)

    def refresh(self, dump: Path) -> Result:
        """Queue a refresh from a dump."""
        return self.dispatch("refresh", "shop", "--from-dump", str(dump), "--already-masked", "made up")

    def ended(self, result: Result, timeout_seconds: float = 60) -> Job:
        """Wait for the end of the job that a command started."""
        assert result.job_id is not None, result.sentence
        key = result.job_id
        until(lambda: self._job(key).state not in ("queued", "running"), f"job {key} ends", timeout_seconds)
        return self._job(key)

    def _job(self, key: str) -> Job:
        job = self.services.job_rows.get(key)
        assert job is not None
        return job

    def connect(self) -> Connection:
        """A developer's session at the public address."""
        who = account(self.settings, "shared")
        address = Address(who.user, host="127.0.0.1", port=self.settings.instance["shared"].port)
        return connect(address, DATABASE, password=who.password, read_timeout_seconds=60)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """One query at the public address."""
        with closing(self.connect()) as session:
            return rows(session, sql)

    def tell(self, sql: str) -> None:
        """One statement at the public address."""
        with closing(self.connect()) as session:
            execute(session, sql)


def write_dump(path: Path, note: str, items: int, *, whole: bool = True) -> Path:
    """A dump of two tables and a view; without `whole` it lacks its end."""
    rows_ = ",\n".join(f"({number},{number}.50)" for number in range(1, items + 1))
    text = f"""-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB
--
-- Host: localhost    Database: {DATABASE}
-- ------------------------------------------------------
-- Server version	10.11.6-MariaDB
CREATE TABLE `note` (`text` varchar(50) NOT NULL);
INSERT INTO `note` VALUES ('{note}');
CREATE TABLE `item` (`id` int PRIMARY KEY, `price` decimal(8,2) NOT NULL);
INSERT INTO `item` VALUES {rows_};
CREATE VIEW `dear` AS SELECT * FROM `item` WHERE `price` > 50;
"""
    path.write_text(text + "-- Dump completed on 2026-11-19  1:02:03\n" if whole else text[:-40])
    return path
