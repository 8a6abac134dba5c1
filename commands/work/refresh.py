"""The work of a refresh: a masked dump, of the source or as given; a snapshot of it; one child restore per instance."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands.approved import accept, require_approved
from commands.downloads import prune_dumps
from commands.policies import checked, mask_key, open_for, read_policy
from commands.services import Services
from commands.targets import find_source, instances_of
from commands.texts import moment
from commands.work import engines
from commands.work.figures import growth, lasted
from commands.work.filling import import_dump, import_masked
from commands.work.retention import prune
from commands.work.rolls import rolling, told
from commands.work.serving import still_serving
from commands.work.taking import Wanted, take
from dbs.dumps.interface import DumpFile, DumpManifest
from dbs.dumps.verify import verify
from dbs.errors import FailedError, TransientError
from dbs.jobs import Facts, Job, JobKind, JobRequest, Report
from dbs.snapshots.catalog import new_id
from dbs.snapshots.interface import Address, Manifest
from dbs.sources.interface import SourceError

_LOADING = ("import", "freeze", "restore the instances")
FROM_FILE = ("check the dump", *_LOADING)
FROM_SOURCE = ("read and mask", "verify", *_LOADING)
_NO_RETURN = frozenset({"restore the instances"})


def from_source(arguments: Mapping[str, Any]) -> bool:
    """Whether a refresh reads the source; else it is given a file."""
    return "path" not in arguments


def kind(services: Services) -> JobKind:
    """How a refresh is done with these services."""

    def dump(job: Job, facts: Facts, report: Report) -> Facts:
        return _dump(services, job, report) if from_source(job.arguments) else {}

    def check(job: Job, facts: Facts, report: Report) -> Facts:
        if from_source(job.arguments):
            return _of_dump(job, DumpManifest.from_json(facts["dump"]["manifest"]))
        report("check the dump")
        file = verify(Path(job.arguments["path"]))
        engines.check(services, job.target, file)
        return _of_file(job, file)

    def make(job: Job, facts: Facts, report: Report) -> Facts:
        made: dict[str, Any] = {}
        for provider in {target.settings.provider for target in instances_of(services, job.target)}:
            manifest = _manifest(job, facts["check"], provider)
            there = [one for one in services.providers[provider].snapshots() if one.id == manifest.id]
            report("import")
            load = _loader(services, job, facts, manifest, report)
            whole = there[0] if there else services.providers[provider].create(manifest, load)
            services.catalog.sync(provider, services.providers[provider])
            made[provider] = whole.to_json()
        prune(services, job.target)
        prune_dumps(services, job.target)
        report("restore the instances")
        return made

    def children(job: Job, facts: Facts) -> list[JobRequest]:
        return rolling(services, job, facts["make"])

    return JobKind(
        queue="sources",
        phases=FROM_SOURCE,
        phases_of=lambda request: FROM_SOURCE if from_source(request.arguments) else FROM_FILE,
        steps=(("dump", dump), ("check", check), ("make", make)),
        children=children,
        sentence=lambda job, facts: _sentence(services, job, facts),
        no_return=_NO_RETURN,
        failure=lambda job, reason: _failure(services, job, reason),
    )


def _dump(services: Services, job: Job, report: Report) -> Facts:
    """Take a masked dump, or the one that this job has published before it was interrupted."""
    dump_id = f"{job.target}-{hashlib.sha256(job.id.encode()).hexdigest()[:12]}"
    manifest = services.dumps.find(job.target, dump_id)
    started = time.monotonic()
    if manifest is None:
        source = find_source(services, job.target)
        policy = read_policy(services, job.target, source)
        reviewed = require_approved(services, policy)
        wanted = Wanted(dump_id, job.target, source, mask_key(services, job.target, source))
        try:
            with open_for(services, source) as opened:
                fitting = checked(opened, policy, source)
                accept(services, reviewed, job)
                manifest = take(wanted, opened, fitting, services.dumps, report, _alive(services, job, report))
        except SourceError as error:
            raise (TransientError if error.transient else FailedError)(str(error)) from error
    return {"manifest": manifest.to_json(), "seconds": round(time.monotonic() - started, 3)}


def _alive(services: Services, job: Job, report: Report) -> Callable[[str], None]:
    """Ends the reading soon after somebody cancelled the job, and not only in front of its next phase."""
    last = time.monotonic()

    def look(_: str) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            if services.job_rows.to_cancel(job.id, _NO_RETURN):
                report("import")  # raises: it was asked for in front of this one

    return look


def _loader(
    services: Services, job: Job, facts: Facts, manifest: Manifest, report: Report
) -> Callable[[Address], dict[str, int]]:
    """What fills the empty server of a new snapshot."""

    def load(address: Address) -> dict[str, int]:
        if from_source(job.arguments):
            dump = DumpManifest.from_json(facts["dump"]["manifest"])
            counts = import_masked(address, services.dumps.path(dump), dump)
        else:
            counts = import_dump(address, Path(job.arguments["path"]), manifest.database, manifest.dump_sha256)
        report("freeze")
        return counts

    return load


def _of_dump(job: Job, dump: DumpManifest) -> Facts:
    """What a snapshot's manifest says of a dump of our own."""
    return {
        "sha256": dump.sha256,
        "bytes": dump.bytes_on_disk,
        "uncompressed_bytes": dump.text_bytes,
        "data_state_at": dump.data_state_at,
        "data_state_from": "source",
        "snapshot": new_id(job.target, dump.sha256),
        "database": dump.database,
        "name": dump.file,
        "masked": dump.masked,
    }


def _of_file(job: Job, file: DumpFile) -> Facts:
    """The same of a file that somebody gave."""
    at, origin = _data_state(job.arguments["data_state_at"], file)
    return {
        "sha256": file.sha256,
        "bytes": file.bytes_on_disk,
        "uncompressed_bytes": file.uncompressed_bytes,
        "data_state_at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "data_state_from": origin,
        "snapshot": new_id(job.target, file.sha256),
        "database": job.arguments["database"],
        "name": file.path.name,
        "masked": f"not by dbs: {job.arguments['reason']} ({job.requester_name})",
    }


def _manifest(job: Job, checked: Facts, provider: str) -> Manifest:
    # The same time for all providers of one refresh, and an id of its own for each.
    base, own = checked["snapshot"].rpartition("-")[0], f"{provider}:{checked['sha256']}"
    return Manifest(
        id=f"{base}-{hashlib.sha256(own.encode()).hexdigest()[:4]}",
        source=job.target,
        database=checked["database"],
        data_state_at=checked["data_state_at"],
        data_state_from=checked["data_state_from"],
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        dump_name=checked["name"],
        dump_sha256=checked["sha256"],
        dump_bytes=checked["bytes"],
        text_bytes=checked["uncompressed_bytes"],
        masked=checked["masked"],
    )


def _data_state(given: str | None, file: DumpFile) -> tuple[datetime, str]:
    """When the data was so: as told, else as the dump says of itself, else the file's time."""
    if given is not None:
        return datetime.fromisoformat(given), "option"
    if file.completed_at is not None:
        return file.completed_at, "dump"
    return file.modified_at, "file time"


def _failure(services: Services, job: Job, reason: str) -> str:
    """What still serves comes first: whoever reads this wants to know whether they can go on working."""
    again = f"Once that is mended: /dbs refresh {job.target}" if from_source(job.arguments) else ""
    return " ".join(part for part in (still_serving(services, job.target), reason, again) if part)


def _sentence(services: Services, job: Job, facts: Facts) -> str:
    provider, made = next(iter(facts["make"].items()))
    last = services.catalog.before(provider, Manifest(**made))
    rows = sum(made["rows"].values())
    text = f"{job.target} has a new snapshot with the data of {moment(made['data_state_at'])}: "
    text += f"{len(made['rows'])} tables, {rows:,} rows{growth(rows, sum(last.rows.values()) if last else None)}, "
    text += f"in {lasted(job)}."
    return f"{text} {told(services, job, facts['children'])}".rstrip()
