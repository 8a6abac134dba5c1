"""A whole dbs: supervisor process, worker, bot and web in this process, a playground for Slack, real servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import context
from cli.processes import leave, start_supervisor
from cli.together import run
from commands.bootstrap import account
from commands.dispatch import dispatch
from commands.services import Services
from commands.targets import find_instance
from dbs.jobs import Job
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.query import rows
from dbs.settings import load_settings
from dbs.snapshots.interface import Address
from playground import Playground, as_text
from playground.cast import BACKEND, DBA
from tests.support.ports import free_port, free_ports
from tests.support.waiting import until

CHANNEL = "databases"
_LONGEST_SECONDS = 180  # a refresh of values of 16 MB on a busy machine
_PERSONAL = 21
"""Ports for personal databases."""
_DUMP = """-- MariaDB dump 10.19
CREATE TABLE `orders` (`id` int PRIMARY KEY, `note` text);
INSERT INTO `orders` VALUES (1,'one'),(2,'two'),(3,'three');
-- Dump completed on 2026-11-19  1:02:03
"""

_SEED = """-- accounts of the team
CREATE USER ann@'%' IDENTIFIED BY 'anns; own';
GRANT SELECT ON shop.* TO ann@'%';
INSERT INTO orders VALUES (100, 'seeded');
"""


@dataclass
class Whole:
    """Everything, running."""

    services: Services
    playground: Playground
    home: Path

    def sql(self, statement: str, instance: str = "shared") -> list[tuple[Any, ...]]:
        """A statement by a developer through the public address."""
        with closing(self.connect(instance)) as connection:
            return rows(connection, statement)

    def connect(self, instance: str = "shared") -> Connection:
        """A developer's session at the public address."""
        target = find_instance(self.services, instance)
        who = account(self.services.settings, instance, target.settings)
        address = Address(who.user, host="127.0.0.1", port=target.settings.port)
        return connect(address, database="shop", password=who.password)

    def cli(self, *words: str) -> Job:
        """A command of the command line that starts a job, to its end."""
        result = dispatch(self.services, context.request(words))
        assert result.job_id is not None, result.sentence
        return self.ended(result.job_id)

    def slash(self, who: str, text: str) -> Job:
        """A command in Slack that starts a job, to its end."""
        before = self.services.job_rows.recent(1)[0].number
        delivery = self.playground.slash(who, CHANNEL, text)
        assert delivery.ok, delivery.error
        job = self.services.job_rows.recent(1)[0]
        assert job.number > before, "the command started nothing"
        return self.ended(job.id)

    def told(self, who: str) -> str:
        """The last thing that this person alone was shown."""
        return as_text(self.playground.ephemerals(who)[-1])

    def ended(self, job_id: str) -> Job:
        """The job when it has ended and its last message is out."""
        until(
            lambda: not self.services.job_rows.open() and not self.services.outbox.pending(),
            "the job has ended and was told",
            _LONGEST_SECONDS,
        )
        job = self.services.job_rows.get(job_id)
        assert job is not None
        return job


@contextmanager
def whole(home: Path, root: Path, mode: str, source: str | None = None, basedir: Path | None = None) -> Iterator[Whole]:
    """A dbs with one instance `shared` on a first snapshot of three orders. `mode` is `socket` or `http`.

    `source` is the configuration's table of the source, where there really is one; `basedir` that of the servers.
    """
    home.mkdir(mode=0o700, parents=True)
    before = dict(os.environ)
    with ExitStack() as stack:
        stack.callback(_put_back, before)
        playground = stack.enter_context(Playground())
        web = free_port()
        (home / "dbs.toml").write_text(_configuration(root, mode, web, source, basedir))
        os.environ.update(DBS_CONFIG=str(home / "dbs.toml"), DBS_HOME=str(home / "state"), **playground.environment())
        settings = load_settings()
        start_supervisor(settings)
        stack.callback(leave, settings, stop_servers=True)
        services = run(settings, stack)
        if mode == "http":
            playground.request_url = f"http://127.0.0.1:{web}/slack/events"
        running = Whole(services, playground, home)
        (home / "shop.sql").write_text(_DUMP)
        (home / "seed.sql").write_text(_SEED)
        made = running.cli("refresh", "shop", "--from-dump", str(home / "shop.sql"), "--already-masked", "made up")
        assert made.state == "done", made.sentence
        yield running


def _put_back(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)


_NO_SOURCE = """[source.shop]
url = "mysql://nobody@127.0.0.1:3306/shop"
"""


def _seeded(root_port: int) -> str:
    return f"""[instance.seeded]
source = "shop"
provider = "local"
port = {root_port}
seed = ["seed.sql"]
"""


def _configuration(root: Path, mode: str, web: int, source: str | None, basedir: Path | None) -> str:
    first = free_ports(_PERSONAL)
    server = f'basedir = "{basedir}"' if basedir else ""
    return f"""
[web]
bind = "127.0.0.1:{web}"
[slack]
mode = "{mode}"
channel = "#{CHANNEL}"
operators = ["{BACKEND}"]
approvers = ["{DBA}"]
{source or _NO_SOURCE}
[provider.local]
kind = "local"
root = "{root}"
{server}
[instance.shared]
source = "shop"
provider = "local"
port = {free_port()}
{"" if source else _seeded(free_port())}
[personal]
source = "shop"
provider = "local"
ports = "{first}-{first + _PERSONAL - 1}"
per_person = 1
"""
