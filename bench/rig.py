"""A whole dbs for measuring: real services, a real supervisor process, a worker in this process."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pymysql

from commands.bootstrap import build, supervisor_socket
from commands.dispatch import dispatch
from commands.interface import Actor, Request
from commands.services import Services
from dbs.jobs import Job
from dbs.mysql.connect import connect
from dbs.mysql.query import execute, rows
from dbs.settings import load_settings
from dbs.snapshots.interface import Address, Manifest, SnapshotError
from dbs.snapshots.local.client import ask

USER, PASSWORD, DATABASE = "dev", "bench", "shop"
_ROWS_A_STATEMENT = 50_000


@dataclass(frozen=True)
class Measured:
    """One restore: seconds from the request to the job's start, and from there to the first right answer."""

    queued: float
    restored: float


class Rig:
    """One instance per provider; the instance bears the provider's name."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def snapshot(self, provider: str, gigabytes: float) -> Manifest:
        """A snapshot whose data directory has about that size."""
        digest = uuid.uuid4().hex * 2
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00", time.gmtime())
        name = f"shop-{stamp}-{digest[:4]}"
        manifest = Manifest(name, "shop", DATABASE, at, "option", at, "bench", digest, 0, 0, "generated for a bench")
        return self.services.providers[provider].create(manifest, lambda address: _fill(address, gigabytes))

    def restore(self, instance: str, snapshot: str) -> Measured:
        """Drop a table, ask for a restore, and ask the public address until the table answers again."""
        with contextlib.suppress(pymysql.MySQLError), closing(self.connect(instance)) as connection:
            connection.query("DROP TABLE IF EXISTS probe")
        asked = time.time()
        request = Request(
            uuid.uuid4().hex, Actor("os:bench", "bench", "cli"), ("restore", instance, "--snapshot", snapshot)
        )
        result = dispatch(self.services, request)
        if result.job_id is None:
            raise RuntimeError(result.sentence)
        self._first_right_answer(instance)
        answered = time.time()
        job = self.finished(result.job_id)
        started = _seconds(job.started_at)
        return Measured(started - asked, answered - started)

    def connect(self, instance: str) -> pymysql.connections.Connection:
        """A connection through the public address, as a developer has it."""
        port = self.services.settings.instance[instance].port
        return pymysql.connect(
            host="127.0.0.1", port=port, user=USER, password=PASSWORD, database=DATABASE, connect_timeout=60
        )

    def _first_right_answer(self, instance: str) -> None:
        while True:
            try:
                with closing(self.connect(instance)) as connection, connection.cursor() as cursor:
                    cursor.execute("SELECT COUNT(*) FROM probe")
                    if cursor.fetchone() == (3,):
                        return
            except pymysql.MySQLError:
                time.sleep(0.002)  # the table is still dropped, or the swap cut this handshake

    def finished(self, job_id: str) -> Job:
        while True:
            job = self.services.job_rows.get(job_id)
            if job is not None and job.state not in ("queued", "running"):
                if job.state != "done":
                    raise RuntimeError(job.sentence)
                return job
            time.sleep(0.01)


def _fill(address: Address, gigabytes: float) -> dict[str, int]:
    """A small table to ask for, and a large one to weigh."""
    with closing(connect(address)) as connection:
        execute(connection, f"CREATE DATABASE {DATABASE}")
        execute(connection, f"USE {DATABASE}")
        execute(connection, "CREATE TABLE probe (id INT PRIMARY KEY)")
        execute(connection, "INSERT INTO probe VALUES (1),(2),(3)")
        execute(connection, "CREATE TABLE filler (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(1000))")
        data = Path(str(rows(connection, "SELECT @@datadir")[0][0]))
        count = 0
        while sum(file.stat().st_blocks * 512 for file in data.rglob("*.ibd")) < gigabytes * 2**30 - 100 * 2**20:
            text = "CONCAT(MD5(RAND()), REPEAT(MD5(seq), 28))"
            execute(connection, f"INSERT INTO filler (text) SELECT {text} FROM seq_1_to_{_ROWS_A_STATEMENT}")
            count += _ROWS_A_STATEMENT
    return {"probe": 3, "filler": count}


def _seconds(iso: str | None) -> float:
    if iso is None:
        raise RuntimeError("the job never started")
    return datetime.fromisoformat(iso).timestamp()


@contextlib.contextmanager
def rig(roots: dict[str, tuple[Path, str]], source: str = "") -> Iterator[Rig]:
    """A dbs with one provider for each name → (root, copy method). `source` are more lines of `[source.shop]`."""
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(_directory()))
        config = home / "dbs.toml"
        config.write_text(_configuration(roots, source or _NOBODY))
        environ = {**os.environ, "DBS_CONFIG": str(config), "DBS_HOME": str(home / "home")}
        settings = load_settings(environ)
        for verb in ("supervise", "worker"):
            log = stack.enter_context((home / f"{verb}.log").open("wb"))
            running = subprocess.Popen([sys.executable, "-m", "cli.main", verb], env=environ, stdout=log, stderr=log)
            stack.callback(running.wait)
            stack.callback(running.terminate)
        services = build(settings)
        _wait_for(lambda: _answers(supervisor_socket(settings)) and services.jobs.worker_is_running())
        yield Rig(services)


@contextlib.contextmanager
def _directory() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="dbs-bench-", dir="/var/tmp") as name:
        yield name


def _answers(path: Path) -> bool:
    try:
        ask(path, "ping")
    except SnapshotError:
        return False
    return True


def _wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise RuntimeError("dbs did not start; its logs are in the bench's directory")


_NOBODY = f'url = "mysql://nobody@127.0.0.1:3306/{DATABASE}"\n'


def _configuration(roots: dict[str, tuple[Path, str]], source: str) -> str:
    text = f'[source.shop]\nengine_mismatch = "allow"\n{source}'
    for name, (root, method) in roots.items():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        text += f'[provider.{name}]\nkind = "local"\nroot = "{root}/dbs"\ncopy_method = "{method}"\n'
        text += f'[instance.{name}]\nsource = "shop"\nprovider = "{name}"\nport = {port}\n'
        text += f'user = "{USER}"\npassword = "{PASSWORD}"\n'
    return text
