"""One instance: it serves one generation, comes back after crashes, and swaps to the next or to the one before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dbs.errors import DbsError
from dbs.snapshots.interface import Address, InstanceStatus, Manifest, Progress, Restored, SnapshotError, Ticket
from dbs.snapshots.local import fitting, looking
from dbs.snapshots.local.copies import Copies
from dbs.snapshots.local.front import Front, InstanceSpec
from dbs.snapshots.local.held import HeldFront
from dbs.snapshots.local.layout import Current, Kept, Layout, next_generation, now
from dbs.snapshots.local.own import OwnFront
from dbs.snapshots.local.server import Place, Programs, Server
from dbs.snapshots.local.swap import Clock, OldEndedError, Swap

# A server that dies five times within a minute is broken, not unlucky.
_CRASHES, _CRASH_WINDOW_SECONDS = 5, 60.0
# How long the state before a restore is kept for an undo.
KEEP_FOR = timedelta(hours=1)


class Instance:
    """Serves one generation of data and swaps it for another. Safe to use from several threads."""

    def __init__(
        self, spec: InstanceSpec, layout: Layout, programs: Programs, copies: Copies, discard: Callable[[Place], None]
    ) -> None:
        self.spec = spec
        self._layout = layout
        self._copies = copies
        self._discard = discard
        self._programs = programs
        self._front: Front = (HeldFront if programs.engine.inherits_socket else OwnFront)(spec, programs)
        self._lock = threading.RLock()
        self._server: Server | None = None
        self._crashes: list[float] = []
        self._trouble = ""

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
            adopted = None
            if pid is not None:
                del orphans[pid]
                adopted = self._front.adopt(pid, place)
            if adopted is not None:
                self._serve(adopted)
                return
            trouble = self._start_current(current)
            if trouble:
                self._give_up(trouble)

    def _serve(self, serving: Server) -> None:
        self._server, self._trouble = serving, ""
        threading.Thread(target=self._restart_when_ended, args=(serving,), daemon=True).start()

    def _start_current(self, current: Current) -> str:
        """Start what was served last; what stood in the way, or nothing."""
        again = looking.began(current)
        if again != current:
            self._layout.note(self.spec.name, again)
        place = self._place(current.generation)
        try:
            started = self._front.launch(place, self._layout.manifest_of(place.directory))
        except (DbsError, OSError) as error:
            return f"It could not be started: {error}"
        self._serve(started)
        return ""

    def restore(self, manifest: Manifest, ticket: Ticket, progress: Progress) -> Restored:
        """Copy aside, start behind the held socket, verify, swap. On any failure the old server goes on."""
        with self._lock:
            current = self._layout.current(self.spec.name)
            if current and current.job_id == ticket.job_id:
                return self._restored(current)
            self._check(ticket, current)
            fitting.check(manifest, self._programs.version())
            clock = Clock()
            place = self._place(next_generation(current))
            progress("copy")
            self._copies.make(manifest, place)
            clock.lap("copy")
            try:
                made = self._swap_to(Swap(place, manifest, fresh=True), ticket, current, clock, progress)
            except BaseException:
                self._discard(place)
                raise
            self._copies.prepare(manifest)
            return self._restored(made)

    def undo(self, ticket: Ticket, progress: Progress) -> Restored:
        """Swap back to the state before the last restore; undone again, it is the restored state once more.

        Raises `SnapshotError` when that state was not kept or is kept no longer.
        """
        with self._lock:
            current = self._layout.current(self.spec.name)
            if current and current.job_id == ticket.job_id:
                return self._restored(current)
            self._check(ticket, current)
            if current is None or current.previous is None:
                raise SnapshotError(
                    f"There is nothing to undo: {self.spec.name} was not restored within the last hour, or its disk "
                    "had no room to keep the state before."
                )
            place = self._place(current.previous.generation)
            manifest = self._layout.manifest_of(place.directory)
            fitting.check(manifest, self._programs.version())
            back = Swap(place, manifest, fresh=False)
            return self._restored(self._swap_to(back, ticket, current, Clock(), progress))

    def _swap_to(self, new: Swap, ticket: Ticket, current: Current | None, clock: Clock, progress: Progress) -> Current:
        """Swap, keep the state before it for a while, and throw away the one that was kept until now."""
        kept = self._keep(current)
        generation = int(new.place.directory.name)

        def made() -> Current:
            seconds = clock.finished()
            snapshot, written = new.manifest.id, 0 if new.fresh else None
            return Current(generation, snapshot, ticket.job_id, ticket.epoch, now(), "running", seconds, kept, written)

        def commit() -> None:
            self._layout.commit(self.spec.name, made())

        try:
            self._serve(self._front.swap(self._server, new, clock, progress, commit))
        except OldEndedError as error:
            raise self._brought_back(current, error) from error
        self._crashes.clear()
        self._forget(current, {generation, kept.generation if kept else generation})
        committed = self._layout.current(self.spec.name) or made()
        if committed.seconds != clock.finished():  # what came after the commit is a figure people are told
            committed = replace(committed, seconds=clock.finished())
            self._layout.commit(self.spec.name, committed)
        return committed

    def _brought_back(self, current: Current | None, error: OldEndedError) -> SnapshotError:
        """Serve what was served before, on its own data; it was killed, so what nobody had committed is lost."""
        self._server = None
        if current is None:
            return error
        self._layout.commit(self.spec.name, current)
        trouble = self._start_current(current)
        if trouble:
            self._give_up(trouble)
        return SnapshotError(f"{error} {trouble or 'The state before it was started again; all sessions were cut.'}")

    def _keep(self, current: Current | None) -> Kept | None:
        if current is None or not self._copies.room_for_another():
            return None
        until = (datetime.now(UTC) + KEEP_FOR).isoformat(timespec="microseconds")
        return Kept(current.generation, current.snapshot_id, until)

    def _forget(self, before: Current | None, wanted: set[int]) -> None:
        """Discard the generations of the record before that nobody wants any more."""
        if before is None:
            return
        for number in {before.generation, before.previous.generation if before.previous else before.generation}:
            if number not in wanted:
                self._discard(self._place(number))

    def forget_expired(self) -> None:
        """Throw the kept state away when its time is over."""
        with self._lock:
            current = self._layout.current(self.spec.name)
            if current is None or current.previous is None or current.previous.until > now():
                return
            self._layout.commit(self.spec.name, replace(current, previous=None))
            self._discard(self._place(current.previous.generation))

    def _check(self, ticket: Ticket, current: Current | None) -> None:
        if current and ticket.epoch <= current.epoch:
            raise SnapshotError(
                f"A later job has changed {self.spec.name} since this one began; this one does nothing."
            )

    def _restored(self, current: Current) -> Restored:
        until = current.previous.until if current.previous else None
        return Restored(self.spec.name, current.snapshot_id, current.seconds, self._copies.method, until)

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
        self._trouble = trouble
        failed, self._server = self._server, None
        if failed is not None:
            failed.kill()
        self._front.close()

    def stop(self, *, remember: bool) -> None:
        """Shut the server down cleanly. `remember` keeps it stopped after the next start of the supervisor too."""
        with self._lock:
            current = self._layout.current(self.spec.name)
            if current is not None and self._server is not None:
                current = looking.ends(current, self._server)
                self._layout.note(self.spec.name, current)
            if remember and current is not None:
                self._layout.commit(self.spec.name, replace(current, wanted="stopped"))
            stopped, self._server = self._server, None
            try:
                if stopped is not None:
                    stopped.shut_down()
            finally:
                self._front.close()

    def end(self) -> None:
        """End the server at once and give the port back: the instance is going to be deleted."""
        with self._lock:
            self._give_up("It was removed.")

    def start(self) -> None:
        """Start it again where it was stopped. Raises `SnapshotError` when it was never restored or does not start."""
        with self._lock:
            current = self._layout.current(self.spec.name)
            if current is None:
                raise SnapshotError(f"{self.spec.name} was never restored. Type: dbs restore {self.spec.name}")
            if self._server is None:
                current = replace(current, wanted="running")
                self._layout.commit(self.spec.name, current)
                self._crashes.clear()
                trouble = self._start_current(current)
                if trouble:
                    self._give_up(trouble)
                    raise SnapshotError(trouble)

    def status(self) -> InstanceStatus:
        """What it serves and who is connected; it does not wait for a restore that is going on."""
        current, serving = self._layout.current(self.spec.name), self._server
        if current is None:
            return InstanceStatus(self.spec.name, "empty", None, None, self.spec.told)
        seen = looking.look(serving) if serving else None
        state, kept = ("failed" if self._trouble else "stopped") if seen is None else "running", current.previous
        return InstanceStatus(
            self.spec.name,
            state,
            current.snapshot_id,
            current.since,
            self.spec.told,
            detail=self._trouble if seen is None else seen.trouble,
            sessions=() if seen is None else seen.sessions,
            undo_until=kept.until if kept else None,
            undo_snapshot=kept.snapshot_id if kept else None,
            written=looking.total(current, seen),
        )

    def address(self) -> Address:
        """The private address of its server. Raises `SnapshotError` when it does not run."""
        serving = self._server
        if serving is None:
            raise SnapshotError(f"{self.spec.name} does not run. {self._trouble}".strip())
        return serving.address

    def places(self) -> tuple[Place | None, Place | None]:
        """Where the generation that is served lies, and the one that is kept for an undo."""
        current = self._layout.current(self.spec.name)
        if current is None:
            return None, None
        return self._place(current.generation), self._place(current.previous.generation) if current.previous else None

    def _place(self, generation: int) -> Place:
        private = self._layout.socket(f"{self.spec.name}.{generation}")
        return self._programs.place(self._layout.generation(self.spec.name, generation), private)
