"""Names that people type → what the configuration means by them."""

from __future__ import annotations

from dataclasses import dataclass

from commands.parsing import nearest
from commands.services import Services
from dbs.errors import UsageError
from dbs.jobs import Job
from dbs.settings import Instance, Source
from dbs.snapshots.interface import InstanceStatus, Provider, SnapshotError


@dataclass(frozen=True)
class Target:
    """An instance with its configuration and its provider."""

    name: str
    settings: Instance
    provider: Provider


def find_instance(services: Services, name: str) -> Target:
    """The instance called `name`. Raises `UsageError` with the nearest one."""
    known = services.settings.instance
    if name not in known:
        raise UsageError(
            f"There is no instance {name!r}.{nearest(name, known)} There are: {', '.join(known) or 'none'}."
        )
    settings = known[name]
    return Target(name, settings, services.providers[settings.provider])


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


def connected(target: Target) -> str:
    """Who is connected to an instance right now, for people."""
    try:
        status = target.provider.inspect(target.name)
    except SnapshotError as error:
        return f"could not be looked up: {error}"
    return sessions(status)


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
