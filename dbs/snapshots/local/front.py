"""What people see of an instance: its public socket, held for good, and the servers started behind it."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from dbs import process
from dbs.mysql.query import rows
from dbs.snapshots.interface import Manifest, SnapshotError
from dbs.snapshots.local import initfile, server
from dbs.snapshots.local.initfile import Account
from dbs.snapshots.local.server import Place, Programs, Server

CONFIRM_SECONDS = 30


@dataclass(frozen=True)
class InstanceSpec:
    """What is configured of an instance. `told` is the address people are told."""

    name: str
    bind: str
    port: int
    told: str
    account: Account
    buffer_pool: str


class Front:
    """The public socket of one instance. Not for several threads at once: its instance sees to that."""

    def __init__(self, spec: InstanceSpec, programs: Programs) -> None:
        self.spec = spec
        self._programs = programs
        self._public: socket.socket | None = None

    def launch(self, place: Place, manifest: Manifest, *, fresh: bool) -> Server:
        """Start a server on `place` behind the public socket; it answers nobody before it has checked itself.

        `fresh` says that nobody has written to the copy yet.
        """
        init = place.directory / "init.sql"
        initfile.write(init, initfile.statements(manifest, self._programs.admin(), self.spec.account, fresh=fresh))
        process.own(init, self._programs.user)
        if self._public is None:
            self._public = server.listen_public(self.spec.bind, self.spec.port)
        with server.listen_private(place.private) as private:
            options = [*server.INSTANCE_OPTIONS, f"--init-file={init}", f"--port={self.spec.port}"]
            options.append(f"--innodb-buffer-pool-size={self.spec.buffer_pool}")
            return server.start(self._programs, place, [self._public, private], options)

    def confirm(self, new: Server, manifest: Manifest) -> None:
        """Ask the server itself what it serves; raises `SnapshotError` when it is not this snapshot."""
        new.wait(CONFIRM_SECONDS)
        with new.admin() as connection:
            found = rows(connection, f"SELECT id, dump_sha256 FROM {initfile.MARKER_DATABASE}.marker")  # noqa: S608
        if found != [(manifest.id, manifest.dump_sha256)]:
            raise SnapshotError(f"The new server of {self.spec.name} does not serve snapshot {manifest.id}.")

    def adopt(self, pid: int, place: Place) -> Server | None:
        """Take over a server that a former supervisor started, with the socket it was given.

        None, and the server is ended, where the system does not let us take its socket.
        """
        try:
            held = process.Process.of(pid)
        except ProcessLookupError:
            return None
        try:
            public = socket.socket(fileno=held.borrow(3))
        except OSError:
            held.kill()
            return None
        if public.getsockname()[:2] != (self.spec.bind, self.spec.port):
            public.close()
            held.kill()
            return None
        self._public = public
        adopted = Server(held, place, self._programs.admin())
        adopted.resume()
        return adopted

    def close(self) -> None:
        """Give the port back: better refused at once than left hanging behind a socket that nobody serves."""
        if self._public is not None:
            self._public.close()
            self._public = None
