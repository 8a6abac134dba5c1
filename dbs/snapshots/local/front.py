"""What people see of an instance: its public address, and the servers that come to it one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dbs.mysql.query import IS_TABLE, execute, rows
from dbs.snapshots.interface import Manifest, Progress, SnapshotError
from dbs.snapshots.local.engines.interface import MARKER_DATABASE, Account, Opening
from dbs.snapshots.local.server import Place, Programs, Server
from dbs.snapshots.local.swap import Clock, Swap

CONFIRM_SECONDS = 30
NEW_MARKER = (
    f"CREATE DATABASE IF NOT EXISTS {MARKER_DATABASE}",
    f"CREATE TABLE IF NOT EXISTS {MARKER_DATABASE}.marker"
    " (id VARCHAR(80) PRIMARY KEY, dump_sha256 CHAR(64) NOT NULL) ENGINE=InnoDB",
    f"DELETE FROM {MARKER_DATABASE}.marker",  # noqa: S608 - a constant; a child's parent has left its own mark
)
_MARKER = f"SELECT id, dump_sha256 FROM {MARKER_DATABASE}.marker"  # noqa: S608 - a constant
_TABLES = f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s AND {IS_TABLE}"  # noqa: S608


@dataclass(frozen=True)
class InstanceSpec:
    """What is configured of an instance. `told` is the address people are told.

    On an `observed` one the server notes what is run, for rehearsals.
    """

    name: str
    bind: str
    port: int
    told: str
    account: Account
    buffer_pool: str
    observed: bool = False

    def opening(self, manifest: Manifest, *, fresh: bool) -> Opening:
        """What a server of this instance is started for."""
        return Opening(manifest, self.account, fresh)


class Front(Protocol):
    """The public address of one instance. Not for several threads at once: its instance sees to that."""

    def launch(self, place: Place, manifest: Manifest) -> Server:
        """Start a server on a generation that has served before; it answers people when it has been confirmed.

        Raises `SnapshotError` or `OSError`; then it has ended.
        """

    def swap(
        self, old: Server | None, new: Swap, clock: Clock, progress: Progress, commit: Callable[[], None]
    ) -> Server:
        """Start the new server, verify it, `commit`, end the old one.

        Whatever fails before `commit` has returned: the new server is ended, the old one goes on, the error is raised.
        Raises `OldEndedError` when neither is left.
        """

    def adopt(self, pid: int, place: Place) -> Server | None:
        """Take over a server that a former supervisor started. None, and it is ended, when that is not possible."""

    def close(self) -> None:
        """Give the port back: better refused at once than left hanging where nobody serves."""


def options(spec: InstanceSpec, programs: Programs) -> list[str]:
    """Options of every server of an instance."""
    observed = programs.engine.observed_options if spec.observed else ()
    return [*programs.engine.instance_options, *observed, f"--innodb-buffer-pool-size={spec.buffer_pool}"]


def confirm(new: Server, name: str, opening: Opening, *, tables: bool = False) -> None:
    """Ask the server what it serves, and make the people's account where its init file could not.

    `tables` counts those of a fresh copy too. Raises `SnapshotError` when it is not this snapshot.
    """
    new.wait(CONFIRM_SECONDS)
    manifest = opening.manifest
    with new.admin() as connection:
        right = rows(connection, _MARKER) == [(manifest.id, manifest.dump_sha256)]
        if right and tables and opening.fresh:
            right = rows(connection, _TABLES, (manifest.database,)) == [(len(manifest.rows),)]
        if not right:
            raise SnapshotError(f"The new server of {name} does not serve snapshot {manifest.id}.")
        for sql, values in new.engine.accounts(opening):
            execute(connection, sql, values)
