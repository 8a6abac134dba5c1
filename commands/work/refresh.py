"""The work of a refresh: a masked dump, of the source or as given; a snapshot of it; one child restore per instance."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from commands.approved import accept, require_approved
from commands.downloads import prune_dumps
from commands.policies import checked, mask_key, open_for, read_policy
from commands.services import Services
from commands.targets import find_source, instances_of
from commands.texts import moment
from commands.work import engines
from commands.work.early import EarlySnapshot
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
from dbs.mysql.schema import Schema
from dbs.snapshots.catalog import new_id
from dbs.snapshots.interface import Address, Manifest
from dbs.sources.interface import SourceError

_LOADING = ("import", "freeze", "restore the instances")
FROM_FILE = ("check the dump", *_LOADING)
FROM_SOURCE = ("read and mask", "verify", *_LOADING)
_NO_RETURN = frozenset({"restore the instances"})
_TEXT_SHARE = 0.6
"""Of data and indexes as they lie at a source, about so much is SQL text (measured)."""


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
        for provider in _providers(services, job):
            manifest = _manifest(job, facts["check"], provider)
            there = [one for one in services.providers[provider].snapshots() if one.id == manifest.id]
            if not there:
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


def _providers(services: Services, job: Job) -> list[str]:
    return sorted({target.settings.provider for target in instances_of(services, job.target)})


def _dump(services: Services, job: Job, report: Report) -> Facts:
    """Take a masked dump, or the one that this job has published before it was interrupted."""
    dump_id = f"{job.target}-{hashlib.sha256(job.id.encode()).hexdigest()[:12]}"
    manifest = services.dumps.find(job.target, dump_id)
    started = time.monotonic()
    if manifest is not None:
        return {"manifest": manifest.to_json(), "seconds": round(time.monotonic() - started, 3)}
    first = next(iter(_providers(services, job)), "")
    final = partial(_final, job, first)
    with EarlySnapshot(first, services.providers.get(first), final) as early:
        manifest = _taken(services, job, dump_id, report, early)
        seconds = time.monotonic() - started
        report("import")
        early.finish(report)
    return {"manifest": manifest.to_json(), "seconds": round(seconds, 3)}


def _taken(services: Services, job: Job, dump_id: str, report: Report, early: EarlySnapshot) -> DumpManifest:
    """The dump; the early snapshot follows it. Raises `FailedError`, `TransientError` when it may work later."""
    source = find_source(services, job.target)
    policy = read_policy(services, job.target, source)
    reviewed = require_approved(services, policy)
    wanted = Wanted(dump_id, job.target, source, mask_key(services, job.target, source))
    try:
        with open_for(services, source) as opened:
            fitting = checked(opened, policy, source)
            accept(services, reviewed, job)
            follow = early.of(_draft(job, early.provider, opened.database, fitting.schema))
            return take(wanted, opened, fitting, services.dumps, report, _alive(services, job, report), follow)
    except SourceError as error:
        raise (TransientError if error.transient else FailedError)(str(error)) from error


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
        "snapshot": _base_id(job),
        "database": dump.database,
        "name": dump.file,
        "masked": dump.masked,
    }


def _final(job: Job, provider: str, dump: DumpManifest) -> Manifest:
    return _manifest(job, _of_dump(job, dump), provider)


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


def _base_id(job: Job) -> str:
    """Known before the dump is, and the same when the job is resumed."""
    asked = datetime.fromisoformat(job.created_at).astimezone(UTC)
    return f"{job.target}-{asked:%Y%m%dT%H%M%SZ}-{hashlib.sha256(job.id.encode()).hexdigest()[:8]}"


def _draft(job: Job, provider: str, database: str, schema: Schema) -> Manifest:
    """What is known of a snapshot before its dump is made; the text is guessed from the tables of the source."""
    guess = int(sum(table.bytes_estimate for table in schema.tables.values()) * _TEXT_SHARE)
    known = dict.fromkeys(("sha256", "data_state_at", "data_state_from", "name", "masked"), "")
    sizes = {"bytes": 0, "uncompressed_bytes": guess}
    return _manifest(job, {**known, **sizes, "snapshot": _base_id(job), "database": database}, provider)


def _manifest(job: Job, checked: Facts, provider: str) -> Manifest:
    # The same time for all providers of one refresh, and an id of its own for each.
    base, own = checked["snapshot"].rpartition("-")[0], f"{provider}:{checked['snapshot']}"
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
