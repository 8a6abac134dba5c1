"""A dbs with everything real but its provider and its workspace: a state database, jobs, people, one source.

The provider holds no databases; it does as it is told and remembers what it was asked to do.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from commands.bootstrap import build
from commands.decisions import decide
from commands.dispatch import dispatch
from commands.interface import Actor, Request, Result
from commands.services import Services
from dbs.access import DirectoryError, Person
from dbs.jobs import Job
from dbs.settings import load_settings
from dbs.snapshots.interface import (
    Address,
    InstanceStatus,
    Manifest,
    Progress,
    Provider,
    Restored,
    Session,
    SnapshotError,
    Ticket,
)
from dbs.state import now, open_state
from tests.support.waiting import until

PASSWORD = "pearl/onion@7 sticks"
TEAM = "T1"
ADA, BOB = Actor("U0ADA", "Ada", "slack"), Actor("U0BOB", "Bob", "slack")
"""Operators."""
DORA = Actor("U0DORA", "Dora", "slack")
"""An approver who is no operator."""
PIA, CARL = Actor("U0PIA", "Pia", "slack"), Actor("U0CARL", "Carl", "slack")
"""Members of the group that may approve a weaker masking rule; Pia is an operator too."""
EVE = Actor("U0EVE", "Eve", "slack")
"""A full member without any role."""
ROOT = Actor("os:root", "root", "cli")
DEV = Session("dev", "10.0.0.7:51000", "Query", 12)
IDLE = Session("dev", "10.0.0.8:51001", "Sleep", 900)
OPEN = Session("dev", "10.0.0.9:51002", "Sleep", 30, in_transaction=True)
_CONFIGURATION = """
[slack]
channel = "#databases"
operators = ["S0OPS"]
approvers = ["S0DBA"]
{slack}
[source.shop]
url = "mysql://reader@replica:3306/shop"
{source}
[provider.local]
kind = "local"
root = "{root}"
[instance.shared]
source = "shop"
provider = "local"
port = 33061
password = "env:SHARED_PASSWORD"
[instance.other]
source = "shop"
provider = "local"
port = 33062
host = "db.office.example"
"""


class Workspace:
    """Slack's directory: six full members, three groups. `down` makes it answer nothing."""

    def __init__(self) -> None:
        self.groups = {"S0OPS": {ADA.id, BOB.id, PIA.id}, "S0DBA": {DORA.id}, "S0PRIVACY": {PIA.id, CARL.id}}
        self.down = False

    def members(self, group_id: str) -> frozenset[str]:
        """The ids of a group."""
        if self.down:
            raise DirectoryError("Slack does not answer")
        return frozenset(self.groups[group_id])

    def person(self, user_id: str) -> Person:
        """A member."""
        if self.down:
            raise DirectoryError("Slack does not answer")
        names = {one.id: one.name for one in (ADA, BOB, DORA, EVE, PIA, CARL)}
        return Person(user_id, names[user_id], active=True, guest=False, bot=False, team_id=TEAM)


class StubProvider:
    """Does nothing, and remembers. `failing` is the sentence that restores fail with; `gate` holds them up."""

    def __init__(self) -> None:
        self.manifests = [manifest("shop-1"), manifest("shop-2")]
        self.sessions: tuple[Session, ...] = ()
        self.detail = ""
        self.unreachable = ""
        self.failing = ""
        self.facts: dict[str, str] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.restores: list[tuple[str, str]] = []
        self.standing: dict[str, InstanceStatus] = {}

    def create(self, manifest: Manifest, load: Callable[[Address], dict[str, int]]) -> Manifest:
        """Not asked for here."""
        raise NotImplementedError

    def snapshots(self) -> list[Manifest]:
        """All of them."""
        return list(self.manifests)

    def delete(self, snapshot_id: str) -> None:
        """Forget one."""
        self.manifests = [one for one in self.manifests if one.id != snapshot_id]

    def restore(self, instance: str, snapshot_id: str, ticket: Ticket, progress: Progress) -> Restored:
        """Pass through the phases."""
        self.restores.append((instance, snapshot_id))
        progress("copy")
        assert self.gate.wait(60), "nobody opened the gate"
        if self.failing:
            raise SnapshotError(self.failing)
        progress("start")
        progress("verify")
        return Restored(instance, snapshot_id, {"total": 0.1}, "stub")

    def inspect(self, instance: str) -> InstanceStatus:
        """As it was told."""
        if self.unreachable:
            raise SnapshotError(self.unreachable)
        standing = InstanceStatus(instance, "running", "shop-2", None, "h:1", self.detail, self.sessions)
        return self.standing.get(instance, standing)

    def describe(self) -> dict[str, str]:
        """As it was told."""
        return self.facts


def manifest(snapshot_id: str) -> Manifest:
    """A snapshot of the shop; ids that sort later are newer."""
    number = int(snapshot_id.rpartition("-")[2])
    at = f"2026-11-{number:02}T01:00:00.000000+00:00"
    return Manifest(snapshot_id, "shop", "shop", at, "dump", at, "shop.sql", "0" * 64, 1, 1, "made up")


class Office:
    """The services and what people do with them. `time` set stops the clock of questions and leases."""

    def __init__(self, home: Path, *, slack: str = "", source: str = "") -> None:
        """`slack` and `source` are more lines for their tables of the configuration."""
        home.chmod(0o700)
        (home / "dbs.toml").write_text(_CONFIGURATION.format(root=home / "root", slack=slack, source=source))
        environment = {"DBS_CONFIG": str(home / "dbs.toml"), "DBS_HOME": str(home), "SHARED_PASSWORD": PASSWORD}
        self.settings = load_settings(environment)
        self.workspace, self.provider = Workspace(), StubProvider()
        self.time: str | None = None
        self.services: Services = build(self.settings, self.workspace, TEAM)
        cast("dict[str, Provider]", self.services.providers)["local"] = self.provider
        self.services.decisions._clock = self.services.leases._clock = self.clock
        self.engine = open_state(self.settings.state_url)
        self._numbers = itertools.count(1)

    def clock(self) -> str:
        """The time of questions and leases."""
        return self.time or now()

    def new_id(self) -> str:
        """An id that no request had before."""
        return f"test:{next(self._numbers)}"

    def say(self, actor: Actor, words: str, request_id: str | None = None) -> Result:
        """Type a command."""
        return dispatch(self.services, Request(request_id or self.new_id(), actor, tuple(words.split())))

    def click(self, actor: Actor, asked: Result, choice: str = "confirm", request_id: str | None = None) -> Result:
        """Press a button of a question."""
        (decision,) = {one["decision"] for one in asked.actions}
        return decide(self.services, decision, choice, actor, request_id=request_id or self.new_id())

    def jobs(self) -> list[Job]:
        """All jobs, oldest first."""
        return list(reversed(self.services.job_rows.recent(1000)))

    def ended(self, job_id: str | None) -> Job:
        """A job when it has ended; needs a worker."""
        assert job_id is not None
        until(lambda: job_id not in [job.id for job in self.services.job_rows.open()], f"{job_id} ends", 60)
        job = self.services.job_rows.get(job_id)
        assert job is not None
        return job

    def outcomes(self, command: str) -> list[str]:
        """How the requests with a command ended, oldest first."""
        events = self.services.audit.history(words=None, limit=100_000, what=command)
        return [one.outcome for one in reversed(events) if one.outcome != "received" and one.command == command]

    def told(self, user_id: str) -> list[str]:
        """The direct messages to somebody, oldest first."""
        rows = self.services.outbox.pending(1000)
        return [row.result["sentence"] for row in rows if row.destination.get("user") == user_id]
