"""Old snapshots go: the newest few of each source stay, and whatever an instance stands on."""

from __future__ import annotations

import structlog

from commands.services import Services
from commands.targets import all_instances
from dbs.snapshots.interface import SnapshotError

log = structlog.get_logger()


def prune(services: Services, source: str) -> list[str]:
    """Delete snapshots of a source beyond `[retention] snapshots` at every provider; the ids of those deleted.

    One that cannot be deleted is tried again after the next refresh: an old snapshot too many hurts nobody.
    """
    deleted: list[str] = []
    try:
        used = _in_use(services)
    except SnapshotError as error:
        log.warning("all old snapshots stay", source=source, reason=str(error))
        return deleted
    for name, provider in services.providers.items():
        services.catalog.sync(name, provider)
        for manifest in services.catalog.list(source, name)[services.settings.retention.snapshots :]:
            if manifest.id not in used:
                try:
                    provider.delete(manifest.id)
                except SnapshotError as error:
                    log.warning("an old snapshot stays", snapshot=manifest.id, reason=str(error))
                else:
                    deleted.append(manifest.id)
        services.catalog.sync(name, provider)
    return deleted


def _in_use(services: Services) -> set[str]:
    """Snapshots that an instance was made from, or would be by an undo or by a job that waits; and their parents.

    Raises `SnapshotError` when an instance cannot be looked at: nobody knows then what it stands on.
    """
    used = {str(job.arguments.get("snapshot", "")) for job in services.job_rows.open()}
    for target in all_instances(services):
        status = target.provider.inspect(target.name)
        used |= {status.snapshot_id or "", status.undo_snapshot or ""}
    known = [services.catalog.get(one) for one in used]
    return used | {manifest.parent for manifest in known if manifest is not None}
