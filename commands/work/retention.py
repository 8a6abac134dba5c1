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
    used = _in_use(services)
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
    """Snapshots that an instance was made from, and their parents."""
    used: set[str] = set()
    for target in all_instances(services):
        snapshot_id = target.provider.inspect(target.name).snapshot_id
        manifest = services.catalog.get(snapshot_id) if snapshot_id else None
        if manifest is not None:
            used |= {manifest.id, manifest.parent}
    return used
