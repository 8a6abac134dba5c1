"""The work of personal instances: make one, and take it away."""

from __future__ import annotations

from dataclasses import asdict

from commands.accounts import account, forget, host
from commands.services import Services
from commands.targets import Target, find_instance
from commands.texts import moment, took
from dbs.errors import DbsError
from dbs.jobs import Facts, Job, JobKind, Report
from dbs.snapshots.interface import Extensible, NewInstance, Restored, SnapshotError, Ticket


def make_kind(services: Services) -> JobKind:
    """How a personal instance is made; one that cannot be made leaves nothing."""

    def make(job: Job, facts: Facts, report: Report) -> Facts:
        target = find_instance(services, job.target)
        try:
            return asdict(_made(services, target, job, report))
        except DbsError:
            take_away(services, target)
            raise

    return JobKind(
        queue="instances",
        phases=("copy", "start", "verify"),
        steps=(("make", make),),
        sentence=lambda job, facts: (
            f"{job.target} is ready for {job.requester_name}, with the data of "
            f"{moment(job.arguments['data_state_at'])}, in {took(facts['make']['seconds']['total'])}."
        ),
        no_return=frozenset({"copy", "start", "verify"}),
    )


def remove_kind(services: Services) -> JobKind:
    """How a personal instance is taken away."""

    def remove(job: Job, facts: Facts, report: Report) -> Facts:
        report("remove")
        if services.personal.get(job.target) is not None:
            take_away(services, find_instance(services, job.target))
        return {}

    return JobKind(
        queue="instances",
        phases=("remove",),
        steps=(("remove", remove),),
        sentence=lambda job, facts: f"{job.target} is gone, and so is its data.",
        no_return=frozenset({"remove"}),
    )


def take_away(services: Services, target: Target) -> None:
    """End it, delete its data, its password and its row. Whatever of it is gone already is no error."""
    _extensible(target).remove(target.name)
    forget(services.settings, target.name)
    services.personal.forget(target.name)


def _made(services: Services, target: Target, job: Job, report: Report) -> Restored:
    settings = target.settings
    who = account(services.settings, target.name, settings)
    told = f"{host(settings)}:{settings.port}"
    new = NewInstance(target.name, settings.bind, settings.port, told, who.user, who.password, settings.buffer_pool)
    _extensible(target).add(new)
    with services.instances.working_on(target.name, job.id) as epoch:
        restored = target.provider.restore(target.name, job.arguments["snapshot"], Ticket(job.id, epoch), report)
        services.instances.restored(target.name, restored.snapshot_id, job.requester_name)
    return restored


def _extensible(target: Target) -> Extensible:
    if not isinstance(target.provider, Extensible):
        raise SnapshotError(f"The provider {target.settings.provider} takes no instances while it runs.")
    return target.provider
