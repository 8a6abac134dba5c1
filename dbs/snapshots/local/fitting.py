"""Whether a server can be started on the data of a snapshot that another version may have made."""

from __future__ import annotations

from dbs.mysql.version import ServerVersion, parse
from dbs.snapshots.interface import Manifest, SnapshotError


def check(manifest: Manifest, server: ServerVersion) -> None:
    """Raises `SnapshotError` when data files of the one cannot be served by the other.

    MariaDB and MySQL do not read each other's files, and neither reads those of a later series of its own. A later
    server takes the files of an earlier one and converts what it must, in the copy; of versions within a series the
    server itself is the judge, and the old state serves if it refuses.
    """
    made_by = parse(manifest.server_version)
    if made_by is None or _takes(server, made_by):
        return
    raise SnapshotError(
        f"Snapshot {manifest.id} was made by {made_by}, and the server here is {server}, which cannot read its files. "
        f"Make a new one with dbs refresh {manifest.source}, or name the basedir of a {made_by.series_name} "
        "(or later) for the provider."
    )


def _takes(server: ServerVersion, made_by: ServerVersion) -> bool:
    return server.flavour == made_by.flavour and server.series >= made_by.series
