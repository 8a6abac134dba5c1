"""Names that people type → what the configuration means by them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from commands.interface import Actor
from commands.parsing import nearest
from commands.services import Services
from dbs.errors import RefusedError, UsageError
from dbs.jobs import Job
from dbs.personal import PersonalInstance
from dbs.settings import Instance, Project, Source
from dbs.snapshots.interface import InstanceStatus, Provider, SnapshotError


@dataclass(frozen=True)
class Target:
    """An instance with its configuration and its provider; `personal` when somebody made it for themselves."""

    name: str
    settings: Instance
    provider: Provider
    personal: PersonalInstance | None = None

    @cached_property
    def status(self) -> InstanceStatus:
        """One look at it, shared by all who ask this target; `unknown` with the reason when nobody could look."""
        try:
            return self.provider.inspect(self.name)
        except SnapshotError as error:
            return InstanceStatus(self.name, "unknown", None, None, "", str(error))


def find_instance(services: Services, name: str) -> Target:
    """The instance called `name`, one's own ones included. Raises `UsageError` with the nearest one."""
    known = services.settings.instance
    if name in known:
        return Target(name, known[name], services.providers[known[name].provider])
    personal = services.personal.get(name)
    if personal is None or services.settings.personal is None:
        raise UsageError(
            f"There is no instance {name!r}.{nearest(name, known)} There are: {', '.join(known) or 'none'}."
        )
    settings = services.settings.personal.instance(personal.port)
    return Target(name, settings, services.providers[personal.provider], personal)


def find_own_instance(services: Services, name: str, actor: Actor) -> Target:
    """The same, for somebody who wants to change it or log in: a personal one is its owner's alone.

    Whoever is logged in to this machine may do anything. Raises `RefusedError` naming the owner.
    """
    target = find_instance(services, name)
    if target.personal is not None and actor.face != "cli" and target.personal.owner_id != actor.id:
        raise RefusedError(f"{name} belongs to {target.personal.owner_name}. Make your own with: new")
    return target


def all_instances(services: Services) -> list[Target]:
    """Those of the configuration in its order, then the personal ones."""
    names = [*services.settings.instance, *(one.name for one in services.personal.all())]
    return [find_instance(services, name) for name in names]


def find_source(services: Services, name: str) -> Source:
    """The source called `name`. Raises `UsageError` with the nearest one."""
    known = services.settings.source
    if name not in known:
        raise UsageError(f"There is no source {name!r}.{nearest(name, known)} There are: {', '.join(known) or 'none'}.")
    return known[name]


def find_job(services: Services, key: str) -> Job:
    """The job with a number or id. Raises `UsageError`."""
    job = services.job_rows.get(key)
    if job is None:
        raise UsageError(f"There is no job {key[:40]!r}. Without a number, status shows what is running.")
    return job


def instances_of(services: Services, source: str) -> list[Target]:
    """All instances of a source, in the order of the configuration."""
    mine = [name for name, one in services.settings.instance.items() if one.source == source]
    return [find_instance(services, name) for name in mine]


def find_project(services: Services, name: str) -> Project:
    """The project called `name`. Raises `UsageError` with the nearest one."""
    known = services.settings.project
    if name not in known:
        raise UsageError(
            f"There is no project {name!r}.{nearest(name, known)} There are: {', '.join(known) or 'none'}."
        )
    return known[name]


def builds_of(services: Services, project: str) -> list[Target]:
    """The instances on which a project's changes are rehearsed. Raises `RefusedError` when there is none."""
    source = find_project(services, project).source
    found = [target for target in instances_of(services, source) if target.settings.role == "builds"]
    if not found:
        raise RefusedError(
            f'No instance of {source} has role = "builds", so there is nowhere to rehearse. Add one to dbs.toml: '
            f'[instance.builds] with source = "{source}" and role = "builds"'
        )
    return found


def connected(target: Target) -> str:
    """Who is connected to an instance right now, for people."""
    if target.status.state == "unknown":
        return f"could not be looked up: {target.status.detail}"
    return sessions(target.status)


def sessions(status: InstanceStatus) -> str:
    """`3 sessions, 1 of them busy (dev@10.0.0.7)`."""
    if status.state != "running":
        return f"nobody, it is {status.state}"
    if status.detail:
        return f"could not be looked up: {status.detail}"
    if not status.sessions:
        return "nobody"
    busy = [one for one in status.sessions if one.busy]
    count = f"{len(status.sessions)} session{'s' if len(status.sessions) > 1 else ''}"
    who = ", ".join(sorted({f"{one.user}@{one.host.split(':')[0]}" for one in busy}))
    return f"{count}, {len(busy)} of them busy ({who})" if busy else f"{count}, all idle"
