"""The data directory of a server that nobody has used yet, kept for the next snapshot: to make one takes 0.5 to 3 s.

It is known by what makes it: the programs, the options and the logins. What is kept for other ones is removed. Only
where copies share their blocks: elsewhere it would take 110 MB of the disk, and as long to copy.
"""

from __future__ import annotations

import getpass
import hashlib
import threading
import uuid
from pathlib import Path

import structlog

from dbs import process
from dbs.errors import DbsError
from dbs.snapshots.local.copying import CopyMethod, delete
from dbs.snapshots.local.layout import Layout, sync_directory
from dbs.snapshots.local.server import Programs

log = structlog.get_logger()

_TURN = threading.Lock()
"""So that nobody copies what another one removes; it is held for as long as a server takes to be made."""


class EmptyData:
    """Makes new data directories of one provider."""

    def __init__(self, layout: Layout, programs: Programs, method: CopyMethod) -> None:
        self._root = layout.root / "empty"
        self._programs = programs
        self._method = method

    def create(self, data: Path) -> None:
        """A new server's data directory at `data`, which is not there yet. Raises `DbsError`."""
        kept = self._root / self._key()
        with _TURN:
            if kept.exists():
                self._method.copy(kept, data)
                return
            self._method.create(data)
            data.chmod(0o700)
            process.own(data, self._programs.user)
            self._programs.create_data(data)
            if self._method.instant:
                self._keep(data, kept)

    def forget(self) -> None:
        """Make the next one anew: the last one did not start."""
        with _TURN:
            self._remove()

    def _remove(self) -> None:
        for path in self._root.iterdir():
            delete(path)

    def _key(self) -> str:
        facts = Path(self._programs.server()).stat()
        engine = self._programs.engine
        made_of = (self._programs.server(), facts.st_mtime_ns, facts.st_size, engine.options, engine.volatile)
        return hashlib.sha256(repr((made_of, self._programs.user, getpass.getuser())).encode()).hexdigest()[:16]

    def _keep(self, data: Path, kept: Path) -> None:
        """Keep a copy of what was made, whole or not at all; without one the next is made anew, only later."""
        aside = self._root / f".{uuid.uuid4().hex}"
        try:
            self._remove()
            self._method.copy(data, aside)
            for name in self._programs.engine.volatile:
                (aside / name).unlink(missing_ok=True)
            # A power cut must not leave the name of files that are not on the disk.
            process.run(["sync", "--file-system", str(aside)], timeout_seconds=600)
            aside.rename(kept)
            sync_directory(self._root)
        except (DbsError, OSError) as error:
            log.warning("no empty data directory is kept", error=str(error))
