"""One instance: the public socket that is held for good, the server behind it, and the swap to another one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dbs import process
from dbs.errors import DbsError
from dbs.mysql.query import rows
from dbs.snapshots.interface import InstanceStatus, Manifest, Progress, Restored, SnapshotError, Ticket
from dbs.snapshots.local import copying, initfile, server
from dbs.snapshots.local.copies import Copies
from dbs.snapshots.local.initfile import Account
from dbs.snapshots.local.layout import Current, Layout
from dbs.snapshots.local.server import Place, Programs, Server
from dbs.snapshots.local.sessions import sessions_of

CONFIRM_SECONDS = 30
SESSIONS_SECONDS = 5
# A server that dies five times within a minute is broken, not unlucky.
_CRASHES, _CRASH_WINDOW_SECONDS = 5, 60.0


@dataclass(frozen=True)
class InstanceSpec:
    """What the configuration says of an instance. `told` is the address people are told."""

    name: str
    bind: str
    port: int
    told: str
    account: Account
    buffer_pool: str


class Instance:
    """Holds the public socket, serves one generation, and swaps to the next. Safe to use from several threads."""

    def __init__(
        self,
        spec: InstanceSpec,
        layout: Layout,
        programs: Programs,
        method: copying.CopyMethod,
        discard: Callable[[Place], None],
    ) -> None:
        self.spec = spec
        self._layout = layout
        self._programs = programs
        self._method = method
        self._discard = discard
        self._copies = Copies(spec.name, layout, method, throw_away=lambda path: discard(Place(path, path / "no.sock")))
        self._lock = threading.RLock()
        self._public: socket.socket | None = None
        self._server: Server | None = None
        self._crashes: list[float] = []
        self._trouble = ""

    # -- coming back -----------------------------------------------------------------------------------------------

    def come_back(self, orphans: dict[int, str]) -> None:
        """Serve what was served before: adopt a server that outlived us, or start it.

        `orphans` are the servers that run (process id → data directory); an adopted one is taken out of them.
        """
        with self._lock:
            current = self._layout.current(self.spec.name)
            if current is None or current.wanted != "running":
                return
            place = self._place(current.generation)
            pid = next((pid for pid, data in orphans.items() if data == str(place.data)), None)
            if pid is not None:
                del orphans[pid]
            if pid is None or not self._adopt(pid, place):
                trouble = self._start_current(current)
                if trouble:
                    self._give_up(trouble)

    def _adopt(self, pid: int, place: Place) -> bool:
        """Take over a server that a former supervisor started, with the sockets it was given; False if we may not."""
        try:
            held = process.Process.of(pid)
        except ProcessLookupError:
            return False
        try:
            public = socket.socket(fileno=held.borrow(3))
        except OSError:
            held.kill()
            return False
        if public.getsockname()[:2] != (self.spec.bind, self.spec.port):
            public.close()
            held.kill()
            return False
        self._public = public
        self._server = Server(held, place, self._programs.admin())
        self._server.resume()
        self._watch(self._server)
        return True

    def _start_current(self, current: Current) -> str:
        """Start what was served last; what stood in the way, or nothing."""
        place, started = self._place(current.generation), None
        try:
            manifest = self._layout.manifest_of(place.directory)
            started = self._launch(place, manifest, fresh=False)
            self._confirm(started, manifest)
        except (DbsError, OSError) as error:
            if started is not None:
                started.kill()
            return f"It could not be started: {error}"
        self._server, self._trouble = started, ""
        self._watch(started)
        return ""

    # -- restore ---------------------------------------------------------------------------------------------------

    def restore(self, manifest: Manifest, ticket: Ticket, progress: Progress) -> Restored:
        """Copy aside, start behind the held socket, verify, swap. On any failure the old server goes on."""
        with self._lock:
            current = self._layout.current(self.spec.name)
            if current and current.job_id == ticket.job_id:
                return Restored(self.spec.name, current.snapshot_id, current.seconds, self._method.name)
            if current and ticket.epoch <= current.epoch:
                raise SnapshotError(
                    f"A later job has changed {self.spec.name} since this one began; this one does nothing."
                )
            began = time.perf_counter()
            seconds: dict[str, float] = {}
            place = self._place((current.generation if current else 0) + 1)
            progress("copy")
            self._copies.make(manifest, place)
            seconds["copy"] = time.perf_counter() - began

            def commit() -> None:
                seconds["total"] = time.perf_counter() - began
                made = Current(_number(place), manifest.id, ticket.job_id, ticket.epoch, _now(), "running", seconds)
                self._layout.commit(self.spec.name, made)

            self._swap_in(place, manifest, progress, seconds, commit)
            if current is not None:
                self._discard(self._place(current.generation))
            self._copies.prepare(manifest)
            return Restored(self.spec.name, manifest.id, seconds, self._method.name)

    def _swap_in(
        self,
        place: Place,
        manifest: Manifest,
        progress: Progress,
        seconds: dict[str, float],
        commit: Callable[[], None],
    ) -> None:
        """Pause the old server, start the new one behind the same socket, commit; undo all when it is not right."""
        progress("start")
        began = time.perf_counter()
        old, new = self._server, None
        if old is not None:
            old.pause()
        try:
            new = self._launch(place, manifest, fresh=True)
            new.wait()
            seconds["start"] = time.perf_counter() - began
            progress("verify")
            began = time.perf_counter()
            self._confirm(new, manifest)
            seconds["verify"] = time.perf_counter() - began
            commit()
        except BaseException:
            if new is not None:
                new.kill()
            if old is not None:
                old.resume()
            self._discard(place)
            raise
        self._server, self._trouble = new, ""
        self._crashes.clear()
        if old is not None:
            old.kill()
        self._watch(new)

    def _launch(self, place: Place, manifest: Manifest, *, fresh: bool) -> Server:
        init = place.directory / "init.sql"
        initfile.write(init, initfile.statements(manifest, self._programs.admin(), self.spec.account, fresh=fresh))
        process.own(init, self._programs.user)
        if self._public is None:
            self._public = server.listen_public(self.spec.bind, self.spec.port)
        with server.listen_private(place.private) as private:
            options = [*server.INSTANCE_OPTIONS, f"--init-file={init}", f"--port={self.spec.port}"]
            options.append(f"--innodb-buffer-pool-size={self.spec.buffer_pool}")
            return server.start(self._programs, place, [self._public, private], options)

    def _confirm(self, new: Server, manifest: Manifest) -> None:
        """Ask the server itself what it serves; raises `SnapshotError` when it is not this snapshot."""
        new.wait(CONFIRM_SECONDS)
        with new.admin() as connection:
            found = rows(connection, f"SELECT id, dump_sha256 FROM {initfile.MARKER_DATABASE}.marker")  # noqa: S608
        if found != [(manifest.id, manifest.dump_sha256)]:
            raise SnapshotError(f"The new server of {self.spec.name} does not serve snapshot {manifest.id}.")

    # -- crashes ---------------------------------------------------------------------------------------------------

    def _watch(self, watched: Server) -> None:
        threading.Thread(target=self._restart_when_ended, args=(watched,), daemon=True).start()

    def _restart_when_ended(self, watched: Server) -> None:
        while not watched.process.ended(3600):
            pass
        with self._lock:
            if self._server is not watched:
                return  # it was replaced or stopped on purpose
            self._server = None
            watched.process.collect()
            self._start_again(watched.last_words())

    def _start_again(self, words: str) -> None:
        """After a crash, and after a crash in that start, until it is hopeless. `words` are the server's last ones."""
        current = self._layout.current(self.spec.name)
        while current is not None and self._server is None:
            self._crashes = [at for at in self._crashes if time.monotonic() - at < _CRASH_WINDOW_SECONDS]
            self._crashes.append(time.monotonic())
            if len(self._crashes) > _CRASHES:
                self._give_up(f"It crashed {len(self._crashes)} times within a minute: {words}")
                return
            self._trouble = f"It crashed and is being started again: {words}"
            words = self._start_current(current) or words

    def _give_up(self, trouble: str) -> None:
        """Better refused at once than left hanging behind a socket that nobody serves."""
        self._trouble = trouble
        failed, self._server = self._server, None
        if failed is not None:
            failed.kill()
        self._close_public()

    def _close_public(self) -> None:
        if self._public is not None:
            self._public.close()
            self._public = None

    # -- stop, start, look -----------------------------------------------------------------------------------------

    def stop(self, *, remember: bool) -> None:
        """Shut the server down cleanly. `remember` keeps it stopped after the next start of the supervisor too."""
        with self._lock:
            current = self._layout.current(self.spec.name)
            if remember and current is not None:
                self._layout.commit(self.spec.name, replace(current, wanted="stopped"))
            stopped, self._server = self._server, None
            try:
                if stopped is not None:
                    stopped.shut_down()
            finally:
                self._close_public()

    def start(self) -> None:
        """Start it again where it was stopped. Raises `SnapshotError` when it was never restored or does not start."""
        with self._lock:
            current = self._layout.current(self.spec.name)
            if current is None:
                raise SnapshotError(f"{self.spec.name} was never restored. Type: dbs restore {self.spec.name}")
            if self._server is None:
                self._layout.commit(self.spec.name, replace(current, wanted="running"))
                self._crashes.clear()
                trouble = self._start_current(current)
                if trouble:
                    self._give_up(trouble)
                    raise SnapshotError(trouble)

    def generation(self) -> int | None:
        """The number of the generation that is served, or None when it was never restored."""
        current = self._layout.current(self.spec.name)
        return current.generation if current else None

    def status(self) -> InstanceStatus:
        """What it serves and who is connected; it does not wait for a restore that is going on."""
        current, serving = self._layout.current(self.spec.name), self._server
        if current is None:
            return InstanceStatus(self.spec.name, "empty", None, None, self.spec.told)
        if serving is None:
            state = "failed" if self._trouble else "stopped"
            return InstanceStatus(
                self.spec.name, state, current.snapshot_id, current.since, self.spec.told, self._trouble
            )
        sessions, trouble = sessions_of(serving)
        return InstanceStatus(
            self.spec.name, "running", current.snapshot_id, current.since, self.spec.told, trouble, sessions
        )

    # -- small things ----------------------------------------------------------------------------------------------

    def _place(self, generation: int) -> Place:
        private = self._layout.socket(f"{self.spec.name}.{generation}")
        return Place(self._layout.generation(self.spec.name, generation), private)


def _number(place: Place) -> int:
    return int(place.directory.name)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
