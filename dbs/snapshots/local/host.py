"""One local provider inside the supervisor: its root, its instances, its snapshots in the making, its rubbish."""

from __future__ import annotations

import queue
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbs import process
from dbs.snapshots.interface import Manifest, SnapshotError
from dbs.snapshots.local import copying
from dbs.snapshots.local.builder import Builder, building
from dbs.snapshots.local.instance import Instance, InstanceSpec
from dbs.snapshots.local.layout import Layout
from dbs.snapshots.local.server import Place, Programs


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
        self._makers: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.instances = {one.name: self._instance(one) for one in spec.instances}

    def _instance(self, spec: InstanceSpec) -> Instance:
        return Instance(spec, self.layout, self.spec.programs, self.method, self.discard)

    def come_back(self) -> None:
        """After a start: serve what was served, end every server nobody asked for, remove everything half-made."""
        threading.Thread(target=self._delete_rubbish, daemon=True).start()
        orphans = self._servers()
        for instance in self.instances.values():
            instance.come_back(orphans)
        for pid in orphans:
            process.Process.of(pid).kill()
        for leftover in self._leftovers():
            self._throw_away(leftover)
        for path in (self.layout.root / "trash").iterdir():
            self._rubbish.put(path)

    def _servers(self) -> dict[int, str]:
        """Process id → data directory of every server that runs below this root."""
        prefix = f"--datadir={self.layout.root}/"
        return {
            pid: next(word for word in words if word.startswith(prefix)).removeprefix("--datadir=")
            for pid, words in process.running(prefix).items()
        }

    def _leftovers(self) -> list[Path]:
        """Snapshots in the making and generations that are not served, all from before this start.

        An instance that the configuration does not name (any more) is left alone: it may come back.
        """
        found = list((self.layout.root / "building").iterdir())
        for name, instance in self.instances.items():
            directory = self.layout.instance(name)
            generations = [path for path in directory.glob("[0-9]*") if path.is_dir()]
            found += [path for path in generations if path.name != str(instance.generation())]
        return found

    def discard(self, place: Place) -> None:
        """Remove a generation, later: nobody waits for it."""
        place.private.unlink(missing_ok=True)
        self._throw_away(place.directory)

    def _throw_away(self, directory: Path) -> None:
        if directory.exists():
            trash = self.layout.trash()
            directory.rename(trash)
            self._rubbish.put(trash)

    def _delete_rubbish(self) -> None:
        while True:
            copying.delete(self._rubbish.get())

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
            with building(self.layout, self.spec.programs, self.method, manifest) as builder:
                yield builder

    def _whole(self, wanted: Manifest) -> Manifest | None:
        if not self.layout.snapshot(wanted.id).exists():
            return None
        there = self.layout.manifest(wanted.id)
        if there.dump_sha256 != wanted.dump_sha256:
            raise SnapshotError(f"There is a snapshot {wanted.id} already, made from another dump.")
        return there

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove a snapshot; what is running on a copy of it goes on."""
        self._throw_away(self.layout.existing(snapshot_id))

    def describe(self) -> dict[str, str]:
        """What `dbs doctor` shows of it."""
        free = shutil.disk_usage(self.layout.root).free
        return {
            "root": str(self.layout.root),
            "copies by": self.method.name,
            "instant copies": "yes" if self.method.instant else "no",
            "free space": f"{free / 2**30:.1f} GB",
            "server": self.spec.programs.server(),
        }
