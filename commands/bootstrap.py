"""The one place that builds the services and ties them together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from commands.accounts import account as account
from commands.services import Services
from commands.work import jobs
from dbs.access import Access, Directory
from dbs.audit import Audit
from dbs.decisions import Decisions
from dbs.dumps.links import Links
from dbs.dumps.store import DumpStore
from dbs.errors import SettingsError
from dbs.evidence.ledger import Ledger
from dbs.instances import Instances
from dbs.jobs import JobEngine, JobStore
from dbs.leases import Leases
from dbs.measures import Measures
from dbs.outbox import Outbox
from dbs.personal import PersonalInstances
from dbs.policies import Policies
from dbs.rehearsals import Rehearsals
from dbs.settings import Instance, LocalProvider, Settings
from dbs.snapshots.catalog import Catalog
from dbs.snapshots.interface import Provider
from dbs.snapshots.local import client
from dbs.snapshots.local.front import InstanceSpec
from dbs.snapshots.local.host import ProviderSpec
from dbs.snapshots.local.server import Programs
from dbs.state import combined, open_state
from dbs.state.seen import Seen
from dbs.switches import Switches
from dbs.tokens import Tokens


def build(settings: Settings, directory: Directory | None = None, team_id: str | None = None) -> Services:
    """All services for one configuration. `directory` looks people up in Slack; without it only the CLI may act."""
    engine, slack = open_state(settings.state_url), settings.slack
    store = JobStore(engine)
    services = Services(
        settings=settings,
        access=Access(slack.operators, slack.approvers, directory, team_id, privacy=slack.privacy),
        audit=Audit(engine),
        catalog=Catalog(engine),
        decisions=Decisions(engine),
        dumps=DumpStore(settings.dumps.root or settings.home / "dumps"),
        index_usage=Ledger(engine),
        instances=Instances(engine, settings.home / "locks"),
        jobs=JobEngine(_jobs_url(settings, engine), settings.home, store),
        job_rows=store,
        leases=Leases(engine),
        links=Links(settings.home / "links.key"),
        measures=Measures(engine),
        outbox=Outbox(engine),
        personal=PersonalInstances(engine),
        policies=Policies(engine),
        providers={name: _provider(settings, name) for name in settings.provider},
        rehearsals=Rehearsals(engine),
        seen=Seen(engine),
        switches=Switches(engine),
        together=lambda write: combined(engine, lambda _: write()),
        tokens=Tokens(engine),
    )
    services.jobs.define(jobs.kinds(services), partial(jobs.end, services), services.switches.is_paused)
    return services


def supervisor_socket(settings: Settings) -> Path:
    """Where the supervisor listens."""
    return settings.home / "supervisor.sock"


def provider_specs(settings: Settings) -> list[ProviderSpec]:
    """What the supervisor needs to know of every provider of kind `local`."""
    specs = []
    for name, one in settings.provider.items():
        if isinstance(one, LocalProvider):
            mine = {key: value for key, value in settings.instance.items() if value.provider == name}
            instances = tuple(_instance_spec(settings, key, value) for key, value in mine.items())
            programs = Programs(one.basedir, one.server_user)
            specs.append(ProviderSpec(name, one.root, programs, one.copy_method, instances))
    return specs


def _instance_spec(settings: Settings, name: str, instance: Instance) -> InstanceSpec:
    told = f"{instance.host}:{instance.port}" if instance.host else f"{instance.bind}:{instance.port}"
    people, observed = account(settings, name), instance.role == "builds"
    return InstanceSpec(name, instance.bind, instance.port, told, people, instance.buffer_pool, observed)


def _provider(settings: Settings, name: str) -> Provider:
    if not isinstance(settings.provider[name], LocalProvider):
        raise SettingsError(f'provider.{name} has kind = "libvirt", which this version does not have yet. Use "local".')
    return client.LocalProvider(name, supervisor_socket(settings))


def _jobs_url(settings: Settings, engine: Engine) -> str:
    """DBOS keeps its rows in a file of its own beside the state, or in the same PostgreSQL database."""
    if engine.dialect.name == "sqlite":
        return f"sqlite:///{settings.home / 'jobs.db'}"
    return settings.state_url
