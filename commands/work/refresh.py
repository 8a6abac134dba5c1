"""The work of a refresh: check the dump, import it aside, freeze, then one child restore per instance."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands.services import Services
from commands.targets import Target, instances_of
from commands.texts import moment
from commands.work import engines
from commands.work.restore import request_for
from commands.work.retention import prune
from dbs.dumps.interface import DumpError, DumpFile
from dbs.dumps.load import load as load_dump
from dbs.dumps.reading import read
from dbs.dumps.verify import verify
from dbs.jobs import Facts, Job, JobKind, JobRequest, Report
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection
from dbs.mysql.names import grant_pattern, quote_name
from dbs.mysql.query import execute, table_counts
from dbs.snapshots.catalog import new_id
from dbs.snapshots.interface import Address, Manifest

_LOADER = "dbs_loader"


def kind(services: Services) -> JobKind:
    """How a refresh from a dump is done with these services."""

    def check(job: Job, facts: Facts, report: Report) -> Facts:
        report("check the dump")
        file = verify(Path(job.arguments["path"]))
        engines.check(services, job.target, file)
        at, origin = _data_state(job.arguments["data_state_at"], file)
        return {
            "sha256": file.sha256,
            "bytes": file.bytes_on_disk,
            "uncompressed_bytes": file.uncompressed_bytes,
            "data_state_at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            "data_state_from": origin,
            "snapshot": new_id(job.target, file.sha256),
        }

    def make(job: Job, facts: Facts, report: Report) -> Facts:
        made: dict[str, Any] = {}
        for provider in {target.settings.provider for target in instances_of(services, job.target)}:
            manifest = _manifest(job, facts["check"], provider)
            there = [one for one in services.providers[provider].snapshots() if one.id == manifest.id]
            report("import")
            whole = there[0] if there else _create(services, provider, manifest, job, report)
            services.catalog.sync(provider, services.providers[provider])
            made[provider] = whole.to_json()
        prune(services, job.target)
        report("restore the instances")
        return made

    def children(job: Job, facts: Facts) -> list[JobRequest]:
        rolling = [target for target in instances_of(services, job.target) if _rolls(services, target)]
        return [
            request_for(Manifest(**facts["make"][target.settings.provider]), target.name, job) for target in rolling
        ]

    return JobKind(
        queue="sources",
        phases=("check the dump", "import", "freeze", "restore the instances"),
        steps=(("check", check), ("make", make)),
        children=children,
        sentence=_sentence,
        no_return=frozenset({"restore the instances"}),
    )


def _create(services: Services, provider: str, manifest: Manifest, job: Job, report: Report) -> Manifest:
    def load(address: Address) -> dict[str, int]:
        counts = import_dump(address, Path(job.arguments["path"]), manifest.database, manifest.dump_sha256)
        report("freeze")
        return counts

    return services.providers[provider].create(manifest, load)


def import_dump(address: Address, path: Path, database: str, sha256: str) -> dict[str, int]:
    """Load a dump through an account that may touch nothing but `database`; the exact rows per table.

    Raises `DumpError` when the file is not the one of that digest any more: what was checked is what is loaded.
    """
    digest = hashlib.sha256()
    with closing(connect(address)) as admin:
        execute(admin, f"CREATE DATABASE {quote_name(database)} CHARACTER SET utf8mb4")
        with _loader(admin, address, database) as connection:
            load_dump(read(path, digest.update), connection, database)
        if digest.hexdigest() != sha256:
            raise DumpError(f"{path} was changed while it was read. Try again when it is written to the end.")
        return table_counts(admin, database)


@contextmanager
def _loader(admin: Connection, address: Address, database: str) -> Iterator[Connection]:
    """A connection with all rights on one database and none elsewhere.

    Views, triggers and routines belong to this account, so it stays, locked: nobody can log in as it, and what runs
    with its rights can do no more than the people who use the instance.
    """
    account, password = f"{quote_name(_LOADER)}@localhost", secrets.token_urlsafe(24)
    execute(admin, f"CREATE USER {account} IDENTIFIED BY %s", (password,))
    execute(admin, f"GRANT ALL PRIVILEGES ON {quote_name(grant_pattern(database))}.* TO {account}")
    try:
        where = Address(user=_LOADER, unix_socket=address.unix_socket, host=address.host, port=address.port)
        with closing(connect(where, database=database, password=password)) as connection:
            yield connection
    finally:
        execute(admin, f"ALTER USER {account} ACCOUNT LOCK")


def _manifest(job: Job, checked: Facts, provider: str) -> Manifest:
    # The same time for all providers of one refresh, and an id of its own for each.
    base, own = checked["snapshot"].rpartition("-")[0], f"{provider}:{checked['sha256']}"
    return Manifest(
        id=f"{base}-{hashlib.sha256(own.encode()).hexdigest()[:4]}",
        source=job.target,
        database=job.arguments["database"],
        data_state_at=checked["data_state_at"],
        data_state_from=checked["data_state_from"],
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        dump_name=Path(job.arguments["path"]).name,
        dump_sha256=checked["sha256"],
        dump_bytes=checked["bytes"],
        text_bytes=checked["uncompressed_bytes"],
        masked=f"not by dbs: {job.arguments['reason']} ({job.requester_name})",
    )


def _data_state(given: str | None, file: DumpFile) -> tuple[datetime, str]:
    """When the data was so: as told, else as the dump says of itself, else the file's time."""
    if given is not None:
        return datetime.fromisoformat(given), "option"
    if file.completed_at is not None:
        return file.completed_at, "dump"
    return file.modified_at, "file time"


def _rolls(services: Services, target: Target) -> bool:
    """An instance that was never restored is; then `roll` decides, and a lease keeps what it holds."""
    if target.provider.inspect(target.name).state == "empty":
        return True
    return target.settings.roll == "nightly" and services.leases.holder(target.name) is None


def _sentence(job: Job, facts: Facts) -> str:
    checked = facts["check"]
    made = next(iter(facts["make"].values()))
    text = f"{job.target} has a new snapshot with the data of {moment(checked['data_state_at'])}: "
    text += f"{len(made['rows'])} tables, {sum(made['rows'].values()):,} rows."
    endings = facts["children"].values()
    on_it = [one["target"] for one in endings if one["outcome"] == "done"]
    failed = [f"{one['target']} failed ({one['sentence']})" for one in endings if one["outcome"] != "done"]
    text += f" On it now: {', '.join(on_it)}." if on_it else ""
    return text + (f" {'; '.join(failed)}" if failed else "")
