"""Making a snapshot: a fresh server aside, filled by whoever asked for it, shut down cleanly, frozen, renamed."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from dbs import process
from dbs.mysql.query import execute, rows
from dbs.snapshots.interface import Manifest, SnapshotError
from dbs.snapshots.local import copying, fitting, server
from dbs.snapshots.local.empty import EmptyData
from dbs.snapshots.local.engines.interface import MARKER_DATABASE
from dbs.snapshots.local.front import NEW_MARKER
from dbs.snapshots.local.layout import Layout, sync_directory
from dbs.snapshots.local.server import Programs, Server

# Data directory ≈ 1.6 times SQL text (measured), times 1.2 for safety, plus an empty server's own files.
_BYTES_PER_TEXT_BYTE, _EMPTY_BYTES = 1.6 * 1.2, 200 * 2**20
# Checked every 0.1 s; disks here write some 230 MB a second, so the server never meets a full disk by itself.
_RESERVE_BYTES, _GUARD_SECONDS = 128 * 2**20, 0.1


class Builder:
    """One snapshot in the making. Use `building` so that a half-made one is always removed."""

    def __init__(self, layout: Layout, programs: Programs, method: copying.CopyMethod, manifest: Manifest) -> None:
        self.manifest = manifest
        self._layout = layout
        self._programs = programs
        self._method = method
        self.server: Server | None = None
        self.trouble = ""
        self._guarding: threading.Thread | None = None
        directory = layout.building(manifest.id)
        self._place = programs.place(directory, layout.socket(f"build-{manifest.id}"))

    def start(self) -> Server:
        """Start a server that only dbs can reach, on an empty data directory or on a copy of the parent's."""
        self._check_space()
        empty = EmptyData(self._layout, self._programs, self._method)
        self._place.directory.mkdir(mode=0o711)
        if self.manifest.parent:
            fitting.check(self._layout.manifest(self.manifest.parent), self._programs.version())
            self._method.copy(self._layout.existing(self.manifest.parent) / "data", self._place.data)
        else:
            empty.create(self._place.data)
        options = self._programs.engine.build_options(self.manifest.text_bytes)
        self.server = server.start_private(self._programs, self._place, options)
        try:
            self.server.wait()
        except SnapshotError:
            empty.forget()
            raise
        self._guarding = threading.Thread(target=self._guard, args=(self.server,), daemon=True)
        self._guarding.start()
        return self.server

    def _check_space(self) -> None:
        need = int(self.manifest.text_bytes * _BYTES_PER_TEXT_BYTE) + _EMPTY_BYTES + _RESERVE_BYTES
        free = shutil.disk_usage(self._layout.root).free
        if free < need:
            raise SnapshotError(
                f"The disk of {self._layout.root} has {free / 2**20:,.0f} MB free, and the snapshot needs about "
                f"{need / 2**20:,.0f} MB. Free some space, or give the provider another root."
            )

    def _guard(self, watched: Server) -> None:
        """End the server before the disk is full, and note why it ended: its client only sees a lost connection."""
        while self.server is watched and not self.trouble:
            if watched.process.ended(_GUARD_SECONDS):
                if self.server is watched:
                    self.trouble = f"The server that made the snapshot ended: {watched.last_words()}"
            elif shutil.disk_usage(self._layout.root).free < _RESERVE_BYTES:
                self.trouble = f"The disk of {self._layout.root} ran full; the half-made snapshot was removed."
                watched.process.send(signal.SIGKILL)

    def _let_go(self) -> Server:
        """The server, no longer guarded: the guard must not signal a process that was collected."""
        ending, self.server = self.server, None
        if ending is None:
            raise SnapshotError("The snapshot's server was not started.")
        if self._guarding is not None:
            self._guarding.join()
        return ending

    def freeze(self, manifest: Manifest) -> Manifest:
        """Mark the data, shut down cleanly, and turn it into a snapshot by one rename.

        `manifest` is the one that it was begun with, or more exact; what tells which one it is must be the same.
        """
        if self.server is None:
            raise SnapshotError("The snapshot's server was not started.")
        begun = self.manifest
        if (manifest.id, manifest.source, manifest.parent) != (begun.id, begun.source, begun.parent):
            raise SnapshotError(f"The snapshot {begun.id} was begun, and {manifest.id} is to be made of it.")
        self.manifest = manifest
        with self.server.admin() as connection:
            for statement in NEW_MARKER:
                execute(connection, statement)
            mark = f"INSERT INTO {MARKER_DATABASE}.marker VALUES (%s, %s)"  # noqa: S608 - a constant name
            execute(connection, mark, (self.manifest.id, self.manifest.dump_sha256))
            version = str(rows(connection, "SELECT VERSION()")[0][0])
            for statement in self._programs.engine.before_freeze:
                execute(connection, statement)
        self._let_go().shut_down()
        return self._publish(replace(manifest, server_version=version))

    def _publish(self, manifest: Manifest) -> Manifest:
        data, final = self._place.data, self._layout.snapshot(manifest.id)
        for name in self._programs.engine.volatile:
            (data / name).unlink(missing_ok=True)
        shutil.rmtree(self._place.directory / "tmp", ignore_errors=True)
        whole = replace(manifest, tree_digest=copying.digest(data), data_bytes=copying.size(data))
        self._method.freeze(data)
        self._layout.keep_manifest(self._place.directory, whole)
        # One file system only: a sync of everything would wait for the whole machine.
        process.run(["sync", "--file-system", str(self._place.directory)], timeout_seconds=600)
        os.rename(self._place.directory, final)
        sync_directory(final.parent)
        return whole

    def abandon(self) -> None:
        """Remove whatever is left of it; nothing when it was published."""
        if self.server is not None:
            self._let_go().kill()
        self._place.private.unlink(missing_ok=True)
        if self._place.directory.exists():
            copying.delete(self._place.directory)


@contextmanager
def building(layout: Layout, programs: Programs, method: copying.CopyMethod, manifest: Manifest) -> Iterator[Builder]:
    """A builder that leaves nothing behind unless `freeze` was reached."""
    builder = Builder(layout, programs, method, manifest)
    try:
        yield builder
    finally:
        builder.abandon()
