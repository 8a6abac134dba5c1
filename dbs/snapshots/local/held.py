"""The front of servers that inherit a socket: it is held for good, and they are started and swapped behind it."""

from __future__ import annotations

import socket
from collections.abc import Callable

from dbs import process
from dbs.snapshots.interface import Manifest, Progress
from dbs.snapshots.local import server
from dbs.snapshots.local.engines.interface import Opening
from dbs.snapshots.local.front import InstanceSpec, confirm, options
from dbs.snapshots.local.server import Place, Programs, Server
from dbs.snapshots.local.swap import Clock, Swap


class HeldFront:
    """See `Front`. Clients wait in the socket's queue while servers are swapped: nobody is refused."""

    def __init__(self, spec: InstanceSpec, programs: Programs) -> None:
        self.spec = spec
        self._programs = programs
        self._public: socket.socket | None = None

    def launch(self, place: Place, manifest: Manifest) -> Server:
        """Start and confirm a server; its init file has it end itself before it answers for a wrong snapshot."""
        opening = self.spec.opening(manifest, fresh=False)
        started = self._start(place, opening)
        try:
            confirm(started, self.spec.name, opening)
        except BaseException:
            started.kill()
            raise
        return started

    def _start(self, place: Place, opening: Opening) -> Server:
        server.write_init(self._programs, place, self._programs.init(opening))
        if self._public is None:
            self._public = server.listen_public(self.spec.bind, self.spec.port)
        with server.listen_private(place.private) as private:
            words = [*options(self.spec, self._programs), f"--init-file={place.init}", f"--port={self.spec.port}"]
            return server.start(self._programs, place, [self._public, private], words)

    def swap(
        self, old: Server | None, new: Swap, clock: Clock, progress: Progress, commit: Callable[[], None]
    ) -> Server:
        """Pause the old server, start the new one, confirm it, `commit`, end the old one."""
        progress("start")
        if old is not None:
            old.pause()
        started: Server | None = None
        try:
            opening = self.spec.opening(new.manifest, fresh=new.fresh)
            started = self._start(new.place, opening)
            started.wait()
            clock.lap("start")
            progress("verify")
            confirm(started, self.spec.name, opening)
            clock.lap("verify")
            commit()
        except BaseException:
            if started is not None:
                started.kill()
            if old is not None:
                old.resume()
            raise
        if old is not None:
            old.kill()
        return started

    def adopt(self, pid: int, place: Place) -> Server | None:
        """Take over a server with the socket it was given. None where the system does not let us take that."""
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
        adopted = Server(held, place, self._programs)
        adopted.resume()
        return adopted

    def close(self) -> None:
        """Give the port back."""
        if self._public is not None:
            self._public.close()
            self._public = None
