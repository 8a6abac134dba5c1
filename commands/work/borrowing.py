"""A builds instance for one rehearsal: any free one, held by a lease, restored before and after.

Jobs wait for their turn in the order of their numbers. What a dead worker left is known by its lease: the job that is
resumed, or the next one that takes the instance, restores it before it looks at anything.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from commands.services import Services
from commands.targets import Target, builds_of, find_instance
from commands.work.code import remove_code_of_others
from commands.work.seeding import seeded
from dbs.errors import DbsError, RefusedError
from dbs.jobs import OPEN, Job, Report
from dbs.leases import Lease
from dbs.snapshots.interface import Address, Attachable, Manifest, Restored, SnapshotError, Ticket
from dbs.state import stamp

log = structlog.get_logger()
Waited = Callable[[], None]
"""Called now and then while a job waits for an instance; raises when it is not to wait any longer."""

WAIT, RESTORE = "wait", "restore"
"""The phases in which a job waits for an instance, and in which that is put back to its snapshot."""

_HOLDER = "job:"
_LOOK_SECONDS = 0.25
_TRIES = 3
_SPARE = timedelta(minutes=15)
"""For restoring, looking and telling around the migrations themselves."""


@dataclass(frozen=True)
class Borrowed:
    """An instance as it stands after its restore. `admin` is where dbs logs in to it."""

    target: Target
    manifest: Manifest
    admin: Address
    restored: Restored


@contextmanager
def borrowed(
    services: Services, job: Job, project: str, seconds: float, waited: Waited, report: Report
) -> Iterator[Borrowed]:
    """Hold one for about so many seconds; it is put back to its snapshot at the end, whatever happened in between.

    What was found out on it counts also when it cannot be put back at once: then the scheduler does that. Raises
    `RefusedError` when there is none or it has no snapshot, `SnapshotError` when it cannot be restored, and what
    `waited` raises.
    """
    report(WAIT)
    target = _taken(services, job, project, seconds, waited)
    manifest: Manifest | None = None
    try:
        report(RESTORE)
        manifest = _newest(services, target)
        restored = restore(services, target, manifest, job)
        if not isinstance(target.provider, Attachable):
            raise SnapshotError(f"The provider of {target.name} does not let dbs into its instances.")
        yield Borrowed(target, manifest, target.provider.attach(target.name), restored)
    finally:
        if manifest is None or _put_back(services, target, manifest, job):
            with suppress(RefusedError):  # it ran out, or `tidy` took it for left behind
                services.leases.release(target.name, f"{_HOLDER}{job.id}")


def _put_back(services: Services, target: Target, manifest: Manifest, job: Job) -> bool:
    """Whether it is clean again. If not it stays held, so that nobody meets it, until `tidy` has put it back."""
    for _ in range(_TRIES):
        try:
            restore(services, target, manifest, job)
        except SnapshotError as error:
            log.warning("a builds instance was not put back yet", instance=target.name, reason=str(error))
        else:
            return True
    return False


def restore(services: Services, target: Target, manifest: Manifest, job: Job) -> Restored:
    """Put it back. Not idempotent by the job: a rehearsal that begins again begins with fresh data."""
    work = f"{job.id}/{uuid.uuid4().hex[:12]}"
    snapshot = seeded(services, target, manifest)
    with services.instances.working_on(target.name, work) as epoch:
        done = target.provider.restore(target.name, snapshot.id, Ticket(work, epoch), lambda _: None)
        services.instances.restored(target.name, done.snapshot_id, job.requester_name)
    return done


def tidy(services: Services) -> int:
    """Put back the instances, and remove the files, whose rehearsal has ended without doing so; returns how many.

    For the scheduler.
    """
    tidied = remove_code_of_others(services, {job.number for job in services.job_rows.open()})
    for lease in services.leases.all():
        job = _holder(services, lease)
        if job is None or job.state in OPEN:
            continue
        target = find_instance(services, lease.instance)
        try:
            restore(services, target, _newest(services, target), job)
        except DbsError as error:
            log.warning("a builds instance was not put back", instance=target.name, reason=str(error))
            continue
        services.leases.release(lease.instance, lease.holder_id)
        tidied += 1
    return tidied


def _taken(services: Services, job: Job, project: str, seconds: float, waited: Waited) -> Target:
    targets = builds_of(services, project)
    until = datetime.now(UTC) + timedelta(seconds=seconds) + _SPARE
    while True:
        if _is_next(services, job, project):
            for target in targets:
                if _take(services, target, job, until):
                    return target
        waited()
        time.sleep(_LOOK_SECONDS)


def _take(services: Services, target: Target, job: Job, until: datetime) -> bool:
    """Take the lease, also over from a job that has ended."""
    lease = services.leases.holder(target.name)
    before = _holder(services, lease) if lease is not None else None
    try:
        if lease is not None and before is not None and before.id != job.id and before.state not in OPEN:
            services.leases.release(target.name, lease.holder_id)
        who, why = f"job {job.number}", f"rehearses {job.target}"
        services.leases.take(target.name, f"{_HOLDER}{job.id}", who, stamp(until), why)
    except RefusedError:
        return False
    return True


def _is_next(services: Services, job: Job, project: str) -> bool:
    """Whether no older rehearsal waits for an instance of the same source."""
    projects, source = services.settings.project, services.settings.project[project].source
    for other in services.job_rows.open():
        if (other.kind, other.state) == (job.kind, "running") and other.number < job.number:
            of = projects.get(str(other.arguments.get("project")))
            if of is not None and of.source == source and _waits(services, other):
                return False
    return True


def _waits(services: Services, job: Job) -> bool:
    return any(phase.step == WAIT and phase.state == "running" for phase in services.job_rows.phases(job.id))


def _holder(services: Services, lease: Lease) -> Job | None:
    """The job that holds a lease; None when a person does."""
    return services.job_rows.get(lease.holder_id.removeprefix(_HOLDER)) if lease.holder_id.startswith(_HOLDER) else None


def _newest(services: Services, target: Target) -> Manifest:
    services.catalog.sync(target.settings.provider, target.provider)
    return services.catalog.choose(target.settings.source, target.settings.provider, None)
