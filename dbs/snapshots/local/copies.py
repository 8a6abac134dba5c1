"""Copies of snapshots for one instance: made when they are asked for, or ready before that.

A *spare* is a copy of the snapshot that the instance serves, made in the background after each restore, its start-up
files read once. The next restore takes it by a rename: that saves the copy (seconds, where the file system cannot copy
instantly) and the cold reads of a fresh copy (about 25 ms of a start of 80 ms, measured on btrfs and XFS).
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from dbs.errors import DbsError
from dbs.snapshots.interface import Manifest, SnapshotError
from dbs.snapshots.local import copying
from dbs.snapshots.local.layout import Layout
from dbs.snapshots.local.server import Place

log = structlog.get_logger()
_WARM_BYTES = 64 * 2**20
# What a running server may write while a full copy is made.
RESERVE_BYTES = 64 * 2**20
# A spare that is a full copy must leave room for the next snapshot and then some.
_ROOM_FOR_FULL_COPIES = 4


class Copies:
    """Makes data directories for the generations of one instance. Safe to use from several threads.

    `start_up` are patterns of the files that a server reads before its first answer.
    """

    def __init__(
        self,
        name: str,
        layout: Layout,
        method: copying.CopyMethod,
        start_up: tuple[str, ...],
        throw_away: Callable[[Path], None],
    ) -> None:
        self._name = name
        self._layout = layout
        self._method = method
        self.method = method.name
        self._start_up = start_up
        self._throw_away = throw_away
        self._directory = layout.spare(name)
        self._lock = threading.Lock()
        self._ready: str | None = None
        self._preparing = threading.Lock()

    def make(self, manifest: Manifest, place: Place) -> None:
        """Fill a generation's directory: with the spare when it is of this snapshot, else with a copy made now.

        Raises `SnapshotError`; then nothing of it is left.
        """
        if place.directory.exists():  # left over by a swap that was cut off
            self._throw_away(place.directory)
        if not self._take_spare(manifest, place):
            self._copy(manifest, place.directory)

    def _take_spare(self, manifest: Manifest, place: Place) -> bool:
        with self._lock:
            ready, self._ready = self._ready, None
            if ready is None:
                return False
            if ready != manifest.id:
                self._throw_away(self._directory)
                return False
            self._directory.rename(place.directory)
            return True

    def _check_space(self, manifest: Manifest) -> None:
        """A full copy must not fill the disk: the server that is to go on serving writes to it too."""
        free = shutil.disk_usage(self._layout.root).free
        if not self._method.instant and free < manifest.data_bytes + RESERVE_BYTES:
            raise SnapshotError(
                f"The disk of {self._layout.root} has {free / 2**20:,.0f} MB free, and a copy of the snapshot needs "
                f"{(manifest.data_bytes + RESERVE_BYTES) / 2**20:,.0f} MB. Free some space, or use btrfs or XFS."
            )

    def _copy(self, manifest: Manifest, directory: Path) -> None:
        self._check_space(manifest)
        directory.mkdir(parents=True, mode=0o711)
        try:
            self._method.copy(self._layout.snapshot(manifest.id) / "data", directory / "data")
            if copying.digest(directory / "data") != manifest.tree_digest:
                raise SnapshotError(
                    f"The copy of snapshot {manifest.id} is not whole. The snapshot may be damaged: make a new one "
                    f"with dbs refresh {manifest.source}."
                )
            self._layout.keep_manifest(directory, manifest)
        except BaseException:
            self._throw_away(directory)
            raise

    def prepare(self, manifest: Manifest) -> None:
        """Make a spare in the background, if none is there or being made."""
        threading.Thread(target=self._prepare, args=(manifest,), daemon=True).start()

    def _prepare(self, manifest: Manifest) -> None:
        if not self._preparing.acquire(blocking=False):
            return
        try:
            if self._ready is None and self._has_room(manifest):
                self._copy(manifest, self._directory)
                _warm(self._directory / "data", self._start_up)
                with self._lock:
                    self._ready = manifest.id
        except (DbsError, OSError) as error:
            # Not worth failing anything for: the next restore makes its own copy, and says what is wrong if it is.
            log.warning("no spare copy", snapshot=manifest.id, reason=str(error))
        finally:
            self._preparing.release()

    def room_for_another(self) -> bool:
        """Whether the disk can keep one more state of the instance, for an undo."""
        if self._method.instant:
            return True
        there = copying.size(self._layout.instance(self._name))
        return shutil.disk_usage(self._layout.root).free > _ROOM_FOR_FULL_COPIES * there

    def _has_room(self, manifest: Manifest) -> bool:
        free = shutil.disk_usage(self._layout.root).free
        return self._method.instant or free > _ROOM_FOR_FULL_COPIES * manifest.data_bytes


def _warm(data: Path, patterns: tuple[str, ...]) -> None:
    """Read the files of a start once, so that the server finds them in memory."""
    left = _WARM_BYTES
    for pattern in patterns:
        for path in sorted(data.glob(pattern)):
            if path.is_file() and left > 0:
                with path.open("rb") as file:
                    left -= len(file.read(min(left, 16 * 2**20)))
