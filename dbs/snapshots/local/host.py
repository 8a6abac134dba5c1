"""One local provider inside the supervisor: its root, its instances, its snapshots in the making, its rubbish."""

from __future__ import annotations

import json
import os
import queue
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from dbs import process
from dbs.errors import DbsError
from dbs.snapshots.interface import Manifest, NewInstance, SnapshotError
from dbs.snapshots.local import copying
from dbs.snapshots.local.builder import Builder, building
from dbs.snapshots.local.copies import Copies
from dbs.snapshots.local.engines.interface import Account
from dbs.snapshots.local.front import InstanceSpec
from dbs.snapshots.local.instance import Instance
from dbs.snapshots.local.layout import Layout, write_atomically
from dbs.snapshots.local.server import Place, Programs

log = structlog.get_logger()
_END_SECONDS = 20.0
_FORGET_SECONDS = 30.0


def spec_of(new: NewInstance) -> InstanceSpec:
    """What the rest of this package knows of an instance that was added."""
    return InstanceSpec(new.name, new.bind, new.port, new.told, Account(new.user, new.password), new.buffer_pool)


@dataclass(frozen=True)
class ProviderSpec:
    """What the configuration says of a local provider."""

    name: str
    root: Path
    programs: Programs
    copy_method: str
    instances: tuple[InstanceSpec, ...]


class Host:
    """Everything below one root. Made by the supervisor, one per provider of kind `local`."""

    def __init__(self, spec: ProviderSpec, home: Path) -> None:
        self.spec = spec
        self.layout = Layout(spec.root)
        self.layout.prepare(home)
        self.method = copying.choose(spec.root, spec.copy_method)
        self._rubbish: queue.Queue[Path] = queue.Queue()
        self._builders: set[str] = set()
        self._makers: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.instances = {one.name: self._instance(one) for one in (*self._added(), *spec.instances)}

    def _instance(self, spec: InstanceSpec) -> Instance:
        copies = Copies(spec.name, self.layout, self.method, self.spec.programs.engine.start_up, self._throw_away)
        return Instance(spec, self.layout, self.spec.programs, copies, self.discard)

    def _added(self) -> list[InstanceSpec]:
        records = [path / "added.json" for path in (self.layout.root / "instances").iterdir()]
        return [spec_of(NewInstance(**json.loads(path.read_text()))) for path in records if path.exists()]

    def add(self, new: NewInstance) -> None:
        """Know an instance from now on, also after a restart. Raises `SnapshotError` when the name is taken."""
        there = self.instances.get(new.name)
        if there is not None:
            if there.spec != spec_of(new):
                raise SnapshotError(f"There is an instance {new.name} already.")
            return
        self.layout.instance(new.name).mkdir(mode=0o711, exist_ok=True)
        write_atomically(self.layout.added(new.name), json.dumps(asdict(new)))
        self.instances[new.name] = self._instance(spec_of(new))

    def remove(self, name: str) -> None:
        """End an instance that was added and delete its data. One that is gone is no error."""
        if name not in self.instances:
            return
        if not self.layout.added(name).exists():
            raise SnapshotError(f"{name} is in the configuration; only instances that were added can be removed.")
        self.instances.pop(name).end()
        self._throw_away(self.layout.instance(name))

    def come_back(self) -> None:
        """After a start: serve what was served, end every server nobody asked for, remove everything half-made."""
        threading.Thread(target=self._delete_rubbish, daemon=True).start()
        threading.Thread(target=self._forget_expired, daemon=True).start()
        served = {str(place.data) for place, _ in self._places() if place}
        orphans = self._servers()
        # First of all: one of them may be answering people behind the socket of a paused server, after a cut-off swap.
        for pid in [pid for pid, data in orphans.items() if data not in served]:
            process.end(pid)
            del orphans[pid]
        for instance in self.instances.values():
            instance.come_back(orphans)
        for pid in orphans:
            process.end(pid)
        for leftover in self._leftovers():
            with _staying(leftover):
                self._throw_away(leftover)
        for path in (self.layout.root / "trash").iterdir():
            self._rubbish.put(path)

    def _places(self) -> list[tuple[Place | None, Place | None]]:
        """For each instance where its served and its kept generation lie."""
        return [instance.places() for instance in self.instances.values()]

    def _servers(self) -> dict[int, str]:
        """Process id → data directory of every server that runs below this root."""
        prefix = f"--datadir={self.layout.root}/"
        ours = {os.geteuid(), process.uid_of(self.spec.programs.user)}
        return {
            pid: next(word for word in words if word.startswith(prefix)).removeprefix("--datadir=")
            for pid, words in process.running(prefix, ours).items()
        }

    def _leftovers(self) -> list[Path]:
        """Snapshots in the making, generations nobody wants and their sockets, all from before this start.

        An instance that the configuration does not name (any more) is left alone: it may come back.
        """
        places = self._places()
        kept = {place.directory for pair in places for place in pair if place}
        kept |= {place.private for place, _ in places if place}
        found = [*(self.layout.root / "building").iterdir(), *(self.layout.root / "run").iterdir()]
        for name in self.instances:
            directory = self.layout.instance(name)
            found += [*directory.glob("[0-9]*"), self.layout.spare(name), *directory.glob(".current.json.*")]
        return [path for path in found if path not in kept]

    def discard(self, place: Place) -> None:
        """Remove a generation, later: nobody waits for it, and nothing fails because it cannot be removed."""
        with _staying(place.directory):
            place.private.unlink(missing_ok=True)
            self._throw_away(place.directory)

    def _throw_away(self, directory: Path) -> None:
        if directory.exists():
            trash = self.layout.trash()
            directory.rename(trash)
            self._rubbish.put(trash)

    def _forget_expired(self) -> None:
        while True:
            for instance in list(self.instances.values()):
                with _staying(self.layout.instance(instance.spec.name)):
                    instance.forget_expired()
            time.sleep(_FORGET_SECONDS)

    def _delete_rubbish(self) -> None:
        while True:
            path = self._rubbish.get()
            with _staying(path):
                copying.delete(path)

    def instance(self, name: str) -> Instance:
        """The instance of that name. Raises `SnapshotError`."""
        if name not in self.instances:
            raise SnapshotError(
                f"The supervisor knows no instance {name!r}; it has {', '.join(self.instances) or 'none'}. "
                "If it is new in the configuration, restart the supervisor: dbs supervise --restart"
            )
        return self.instances[name]

    @contextmanager
    def building(self, manifest: Manifest) -> Iterator[Builder | Manifest]:
        """A snapshot in the making, removed at the end unless it was frozen; or the whole one that is there already.

        Whoever asked for it may have been killed and ask again, while its first try is still frozen or removed.
        """
        with self._makers[manifest.id]:
            whole = self._whole(manifest)
            if whole is not None:
                yield whole
                return
            self._builders.add(manifest.id)
            try:
                with building(self.layout, self.spec.programs, self.method, manifest) as builder:
                    yield builder
            finally:
                self._builders.discard(manifest.id)  # only now: its server is gone, and `end_builds` may stop waiting

    def end_builds(self) -> None:
        """End the servers of snapshots in the making; those who make them see it and remove the rest."""
        until = time.monotonic() + _END_SECONDS
        while self._builders and time.monotonic() < until:
            for pid, data in self._servers().items():
                if data.startswith(f"{self.layout.root}/building/"):
                    process.end(pid)
            time.sleep(0.05)

    def _whole(self, wanted: Manifest) -> Manifest | None:
        if not self.layout.snapshot(wanted.id).exists():
            return None
        there = self.layout.manifest(wanted.id)
        if there.dump_sha256 != wanted.dump_sha256:
            raise SnapshotError(f"There is a snapshot {wanted.id} already, made from another dump.")
        return there

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove a snapshot and those made from it; what is running on a copy of one goes on."""
        directory = self.layout.existing(snapshot_id)
        for manifest in self.layout.manifests():
            if manifest.parent == snapshot_id:
                self._throw_away(self.layout.snapshot(manifest.id))
        self._throw_away(directory)

    def describe(self) -> dict[str, str]:
        """What `dbs doctor` shows of it."""
        free = shutil.disk_usage(self.layout.root).free
        return {
            "root": str(self.layout.root),
            "copies by": self.method.name,
            "instant copies": "yes" if self.method.instant else "no",
            "free space": f"{free / 2**30:.1f} GB",
            "server": self.spec.programs.server(),
            "engine": str(self.spec.programs.version()),
            "while a restore swaps": self.spec.programs.engine.swaps,
        }


@contextmanager
def _staying(path: Path) -> Iterator[None]:
    """Rubbish that cannot be removed stays: the next start of the supervisor tries again."""
    try:
        yield
    except (DbsError, OSError) as error:
        log.warning("rubbish stays", path=str(path), error=str(error))
