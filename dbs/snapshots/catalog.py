"""The snapshots that commands can choose from, listed in the state database; the provider's files are the truth."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Engine, insert, select, update

from dbs.snapshots.interface import Manifest, Provider, SnapshotError
from dbs.state import now, reading, writing
from dbs.state.tables import snapshot as table


def new_id(source: str, dump_sha256: str) -> str:
    """A snapshot's id: source, time of making, and the beginning of the dump's digest. Sorts by time."""
    return f"{source}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{dump_sha256[:4]}"


class Catalog:
    """Rows of `snapshot`, per provider."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sync(self, provider_name: str, provider: Provider) -> None:
        """Make the list agree with what the provider has: a crash may have come between the two."""
        whole = {manifest.id: manifest for manifest in provider.snapshots()}
        with reading(self._engine) as connection:
            listed = set(connection.scalars(select(table.c.id).where(_living(provider_name))))
        if listed == set(whole):
            return  # as nearly always: no need to wait for the write lock
        with writing(self._engine) as connection:
            mine = table.c.provider == provider_name
            known = {row.id: row.deleted_at for row in connection.execute(select(table).where(mine))}
            for snapshot_id in set(whole) - set(known):
                connection.execute(insert(table).values(_row(provider_name, whole[snapshot_id])))
            for snapshot_id, deleted_at in known.items():
                if (snapshot_id in whole) == (deleted_at is not None):
                    change = {"deleted_at": None if snapshot_id in whole else now()}
                    connection.execute(update(table).where(mine, table.c.id == snapshot_id).values(change))

    def list(self, source: str, provider_name: str) -> list[Manifest]:
        """Whole snapshots of a source at a provider that people may choose, the newest first."""
        query = (
            select(table.c.manifest)
            .where(table.c.source == source, table.c.provider == provider_name, table.c.deleted_at.is_(None))
            .order_by(table.c.created_at.desc())
        )
        with reading(self._engine) as connection:
            found = [Manifest(**json.loads(text)) for text in connection.scalars(query)]
        return [manifest for manifest in found if not manifest.parent]

    def get(self, snapshot_id: str) -> Manifest | None:
        """A snapshot's manifest, also when it has been deleted since."""
        with reading(self._engine) as connection:
            text = connection.scalar(select(table.c.manifest).where(table.c.id == snapshot_id))
        return Manifest(**json.loads(text)) if text else None

    def before(self, provider_name: str, manifest: Manifest) -> Manifest | None:
        """The snapshot of the same source that was made there before this one, also when it has been deleted since."""
        query = (
            select(table.c.manifest)
            .where(table.c.source == manifest.source, table.c.provider == provider_name)
            .where(table.c.created_at < manifest.created_at)
            .order_by(table.c.created_at.desc())
        )
        with reading(self._engine) as connection:
            found = (Manifest(**json.loads(text)) for text in connection.scalars(query))
            return next((one for one in found if not one.parent), None)

    def made(self, source: str, since: str, until: str) -> dict[str, Manifest]:
        """Provider → the snapshot of a source that was made there in that time, also when it has been deleted since."""
        when = (table.c.created_at > since) & (table.c.created_at <= until)
        query = select(table.c.provider, table.c.manifest).where(table.c.source == source, when)
        with reading(self._engine) as connection:
            found = {provider: Manifest(**json.loads(text)) for provider, text in connection.execute(query)}
        return {provider: manifest for provider, manifest in found.items() if not manifest.parent}

    def choose(self, source: str, provider_name: str, wanted: str | None) -> Manifest:
        """The wanted snapshot, or the newest. Raises `SnapshotError` with what there is instead."""
        there = self.list(source, provider_name)
        if not there:
            raise SnapshotError(f"There is no snapshot of {source} yet. Make the first one with: dbs refresh {source}")
        if wanted is None:
            return there[0]
        for manifest in there:
            if manifest.id == wanted:
                return manifest
        names = ", ".join(manifest.id for manifest in there[:5])
        raise SnapshotError(f"There is no snapshot {wanted[:80]} of {source}. There are: {names}.")


def _living(provider_name: str) -> ColumnElement[bool]:
    return (table.c.provider == provider_name) & table.c.deleted_at.is_(None)


def _row(provider_name: str, manifest: Manifest) -> dict[str, str]:
    return {
        "id": manifest.id,
        "source": manifest.source,
        "provider": provider_name,
        "data_state_at": manifest.data_state_at,
        "created_at": manifest.created_at,
        "manifest": json.dumps(manifest.to_json()),
    }
