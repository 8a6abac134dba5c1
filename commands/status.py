"""`status`: every instance with the age of its data, or one job with its steps."""

from __future__ import annotations

from dataclasses import dataclass

from commands.ages import ages
from commands.command import Command
from commands.downloads import newest
from commands.interface import Request, Result, Table
from commands.lagging import lag
from commands.parsing import word
from commands.services import Services
from commands.submitting import paused
from commands.targets import Target, all_instances, find_job, sessions
from commands.texts import age, left, moment, took
from commands.work.figures import of_refresh, seconds_of
from dbs.jobs import OPEN, Job
from dbs.snapshots.interface import InstanceStatus, SnapshotError

_MARKS = {"pending": "waiting", "running": "now", "done": "done", "failed": "failed"}


@dataclass(frozen=True)
class StatusArguments:
    """Nothing, or the number of a job."""

    job: str = word("the number of a job", default="")


def run(services: Services, request: Request, arguments: StatusArguments) -> Result:
    """What is there, how old it is, who holds it, and what is being done."""
    if arguments.job:
        return _job(services, arguments.job)
    rows = [_row(services, target) for target in all_instances(services)]
    table = Table("Instances", ("instance", "state", "data from", "address", "connected", "whose"), tuple(rows))
    busy = services.job_rows.open()
    dumps = newest(services)
    tables = (table, *((_jobs("Running and waiting", busy),) if busy else ()), *((dumps,) if dumps else ()))
    down = [row[0] for row in rows if row[1] != "running"]
    sentence = f"{paused(services)} No new work starts until: resume. " if services.switches.is_paused() else ""
    sentence += f"{len(rows) - len(down)} of {len(rows)} instances are running"
    sentence += f"; not running: {', '.join(down)}." if down else "."
    sentence += "".join(f" {one.sentence}." for one in ages(services) if one.too_old)
    return Result("status", "done", sentence, tables=tables)


def _row(services: Services, target: Target) -> tuple[str, ...]:
    lease = services.leases.holder(target.name)
    held = f"{lease.holder_name} until {moment(lease.until)} ({left(lease.until)})" if lease else "-"
    if target.personal is not None:
        held = f"{target.personal.owner_name}'s, ends {moment(target.personal.expires_at)}"
    try:
        services.catalog.sync(target.settings.provider, target.provider)
    except SnapshotError as error:
        return (target.name, "unknown", str(error), "-", "-", held)
    status = target.status
    if status.state == "unknown":
        return (target.name, "unknown", status.detail, "-", "-", held)
    data = _data(services, target, status)
    connected = sessions(status) if status.state == "running" else "-"
    return (target.name, status.state, data, status.address, connected, held)


def _data(services: Services, target: Target, status: InstanceStatus) -> str:
    """`2026-11-18 01:02 UTC (38 h old), not the newest: Ada holds it until …; 1,240 changes since its restore`."""
    manifest = services.catalog.get(status.snapshot_id) if status.snapshot_id else None
    if manifest is None:
        return "no snapshot yet"
    text = f"{moment(manifest.data_state_at)} ({age(manifest.data_state_at)})"
    behind = lag(services, target)
    if behind is not None:
        text += f", not the newest: {behind.reason or 'it moves within a minute'}"
    if status.written:
        text += f"; {status.written:,} change{'' if status.written == 1 else 's'} since its restore"
    return text


def _job(services: Services, key: str) -> Result:
    job = find_job(services, key)
    phases = services.job_rows.phases(job.id)
    lasted = seconds_of(job, phases)
    rows = tuple(
        (phase.step, _MARKS[phase.state], moment(phase.at), took(lasted[phase.step]) if phase.step in lasted else "-")
        for phase in phases
    )
    sentence = job.sentence or f"Job {job.number}, {job.kind} {job.target}, is {job.state}."
    facts = {"Asked by": job.requester_name, "Asked at": moment(job.created_at), "State": job.state}
    if job.cancel_requested_by is not None and job.state in OPEN:
        facts["Cancel asked for by"] = job.cancel_requested_by
    if job.state == "queued" and services.switches.is_paused():
        facts["Waits because"] = paused(services)
    if job.kind == "refresh" and job.state == "done":
        facts |= of_refresh(services, services.catalog.made(job.target, job.started_at or "", job.finished_at or ""))
    steps = Table("Steps", ("step", "state", "since", "took"), rows)
    return Result("status", "done", sentence, facts, (steps,), job_id=job.id)


def _jobs(title: str, jobs: list[Job]) -> Table:
    rows = tuple((str(j.number), f"{j.kind} {j.target}", j.state, j.requester_name, moment(j.created_at)) for j in jobs)
    return Table(title, ("job", "what", "state", "who", "since"), rows)


COMMAND = Command(
    name="status",
    summary="show the instances and the age of their data, or one job",
    arguments=StatusArguments,
    role="anyone",
    run=run,
    example="/dbs status",
    target="job",
)
