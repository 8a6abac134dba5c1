"""The front of servers that cannot inherit a socket: each opens the public port itself, so there is a gap.

The gap is kept short by MySQL's `port_open_timeout`: the new server does everything else first, then waits for the
port, and is woken when the old one has let go of it (https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html).
Nobody is answered by a server that was not verified: before, a first start on the same copy, on the private socket
alone, is checked, and makes the account people use; no snapshot holds that account.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from dbs import process
from dbs.errors import DbsError
from dbs.snapshots.interface import Manifest, Progress, SnapshotError
from dbs.snapshots.local import server
from dbs.snapshots.local.front import CONFIRM_SECONDS, InstanceSpec, confirm, options
from dbs.snapshots.local.server import START_SECONDS, Place, Programs, Server
from dbs.snapshots.local.swap import Clock, OldEndedError, Swap

# What the server notes when somebody has the port (MY-010261), at verbosity 3.
_WAITING = "Retrying bind on TCP/IP port"
_LOOK_SECONDS = 0.01
# A server that is ready says hello within a millisecond; asked for less than that, it may never be seen to.
_GREETING_SECONDS = 0.2


class OwnFront:
    """See `Front`. The old server serves until the new one needs nothing but the port."""

    def __init__(self, spec: InstanceSpec, programs: Programs) -> None:
        self.spec = spec
        self._programs = programs

    def launch(self, place: Place, manifest: Manifest) -> Server:
        """Start and confirm a server. Its people's account is in its data: it was verified when that was made."""
        self._check_port()
        started = self._start(place, wait_for_port=False)
        try:
            confirm(started, self.spec.name, self.spec.opening(manifest, fresh=False))
        except BaseException:
            started.kill()
            raise
        return started

    def _check_port(self) -> None:
        """The server itself would only say that it could not bind."""
        server.listen_public(self.spec.bind, self.spec.port).close()

    def _start(self, place: Place, *, wait_for_port: bool) -> Server:
        words = [*options(self.spec, self._programs), *server.own_socket(self._programs, place)]
        words += [f"--bind-address={self.spec.bind}", f"--port={self.spec.port}"]
        if wait_for_port:
            words += [f"--port-open-timeout={START_SECONDS}", "--log-error-verbosity=3"]
        return server.start(self._programs, place, [], words)

    def swap(
        self, old: Server | None, new: Swap, clock: Clock, progress: Progress, commit: Callable[[], None]
    ) -> Server:
        """Verify the copy in private, bring a server on it up to the port, `commit`, end the old one.

        Seconds: `start` of the first, `verify`, `again` for the second start, `gap` in which nobody listened.
        """
        progress("start")
        self._verify(new, clock, progress)
        if old is None:
            self._check_port()
        noted = _size(new.place)
        second = self._start(new.place, wait_for_port=True)
        try:
            _until_only_the_port_lacks(second, noted)
            clock.lap("again")
            commit()
        except BaseException:
            second.kill()
            raise
        if old is None:
            second.wait()
            return second
        return self._hand_over(old, second, clock)

    def _verify(self, new: Swap, clock: Clock, progress: Progress) -> None:
        first = server.start_private(self._programs, new.place, options(self.spec, self._programs))
        try:
            first.wait()
            clock.lap("start")
            progress("verify")
            confirm(first, self.spec.name, self.spec.opening(new.manifest, fresh=new.fresh), tables=True)
        finally:
            # Not shut down: that takes longer than the recovery, and its transactions are on disk.
            first.kill()
        clock.lap("verify")

    def _hand_over(self, old: Server, new: Server, clock: Clock) -> Server:
        old.kill()
        try:
            _wake(new)
        except (DbsError, OSError) as error:
            new.kill()
            raise OldEndedError(str(error)) from error
        clock.lap("gap")
        return new

    def adopt(self, pid: int, place: Place) -> Server | None:
        """Take over a server by its process id: its sockets live in it. None when it is at another address."""
        try:
            held = process.Process.of(pid)
        except ProcessLookupError:
            return None
        found = Server(held, place, self._programs)
        if {f"--bind-address={self.spec.bind}", f"--port={self.spec.port}"} <= process.arguments(pid):
            try:
                _wake(found)  # a swap may have been cut off just before its end
            except SnapshotError:
                pass
            else:
                return found
        found.kill()
        return None

    def close(self) -> None:
        """Nothing: the port goes with its server."""


def _size(place: Place) -> int:
    return place.log.stat().st_size if place.log.exists() else 0


def _until_only_the_port_lacks(new: Server, noted: int) -> None:
    """Wait until the server waits for the port, or has it because nobody else had. `noted`: bytes of log before."""
    end = time.monotonic() + START_SECONDS
    while not new.process.ended(_LOOK_SECONDS):
        with new.place.log.open("rb") as log:
            log.seek(noted)
            if _WAITING.encode() in log.read() or new.greets(_GREETING_SECONDS):
                return
        if time.monotonic() > end:
            raise SnapshotError(f"The new server did not get ready within {START_SECONDS} seconds.")
    raise SnapshotError(f"The database server ended while it started: {new.last_words()}")


def _wake(new: Server) -> None:
    """End its sleep between two tries for the port, and wait for its first greeting.

    It sleeps for a second and more; SIGALRM ends that, and means nothing else to it. Where a server does not handle
    that signal it is left to sleep.
    """
    end = time.monotonic() + CONFIRM_SECONDS
    while not new.greets(end - time.monotonic()):
        if new.process.catches(signal.SIGALRM):
            new.process.send(signal.SIGALRM)
        if new.process.ended(_LOOK_SECONDS) or time.monotonic() > end:
            raise SnapshotError(f"The new server could not take over the port: {new.last_words()}")
