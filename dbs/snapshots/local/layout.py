"""Where everything of a local provider lies below its root, and how its small records are written.

root/owner                       which dbs home this root belongs to
root/snapshots/<id>/data         golden data directory, never started again
root/snapshots/<id>/manifest.json
root/building/<id>/              a snapshot in the making; removed when nobody makes it any more
root/instances/<name>/current.json
root/instances/<name>/added.json what is known of an instance that the configuration does not name
root/instances/<name>/spare/     a copy that is ready for the next restore
root/instances/<name>/<n>/data   generation n of an instance: data, tmp, init.sql, server.log
root/run/<name>.<n>.sock         private socket of one generation
root/empty/<key>                 data directory of a server that nobody has used yet, to begin a snapshot with
root/trash/                      what is being deleted
"""

from __future__ import annotations

import json
import os
import re
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from dbs.snapshots.interface import Manifest, SnapshotError

log = structlog.get_logger()

_SNAPSHOT_ID = re.compile(r"[a-z][a-z0-9_-]{0,30}-\d{8}T\d{6}Z-[0-9a-f]{4}(\.[0-9a-f]{8})?")
_UNIX_PATH_BYTES = 107  # sun_path of sockaddr_un(7), less its closing NUL
# Only `snapshots` is closed to the servers' account: a server must not reach the golden state.
_DIRECTORIES = {"snapshots": 0o700, "building": 0o711, "instances": 0o711, "run": 0o711, "empty": 0o700, "trash": 0o700}


@dataclass(frozen=True)
class Kept:
    """The state before the last restore, kept for an undo `until` (ISO 8601 UTC)."""

    generation: int
    snapshot_id: str
    until: str


@dataclass(frozen=True)
class Current:
    """What an instance serves. `seconds` are those of the restore that made it, kept so that it is answered twice.

    `written` is what servers that ended had counted in it (see `InstanceStatus`), None once one ended uncounted;
    `counted` says that the last one was counted when it ended.
    """

    generation: int
    snapshot_id: str
    job_id: str
    epoch: int
    since: str
    wanted: str = "running"
    seconds: dict[str, float] = field(default_factory=dict)
    previous: Kept | None = None
    written: int | None = None
    counted: bool = False


class Layout:
    """Paths below one root. `prepare` makes the directories and claims the root for one dbs home."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self, home: Path) -> None:
        """Create what is missing. Raises `SnapshotError` when another dbs home owns this root."""
        owner = self.root / "owner"
        try:
            self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
            self.root.chmod(0o711)
            for name, mode in _DIRECTORIES.items():
                (self.root / name).mkdir(exist_ok=True)
                (self.root / name).chmod(mode)
            if not owner.exists():
                write_atomically(owner, str(home))
        except OSError as error:
            raise SnapshotError(
                f"{self.root} cannot be made ready for databases: {error}. Give the provider another root, or its "
                "owner's rights to whoever runs dbs."
            ) from error
        if owner.read_text() != str(home):
            raise SnapshotError(
                f"{self.root} belongs to the dbs in {owner.read_text()}; two must not share it. "
                f"Give this one another root, or remove {owner} if the other one is gone."
            )

    def snapshot(self, snapshot_id: str) -> Path:
        """Directory of a snapshot; the id is checked, because it comes from outside."""
        return self.root / "snapshots" / checked_id(snapshot_id)

    def building(self, snapshot_id: str) -> Path:
        """Directory of a snapshot in the making."""
        return self.root / "building" / checked_id(snapshot_id)

    def instance(self, name: str) -> Path:
        """Directory of an instance."""
        return self.root / "instances" / name

    def added(self, name: str) -> Path:
        """The record of an instance that the configuration does not name."""
        return self.instance(name) / "added.json"

    def generation(self, name: str, number: int) -> Path:
        """Directory of one generation of an instance."""
        return self.instance(name) / str(number)

    def spare(self, name: str) -> Path:
        """Directory of the copy that an instance has ready for its next restore."""
        return self.instance(name) / "spare"

    def socket(self, name: str) -> Path:
        """Path of a private Unix socket. Raises `SnapshotError` when the system could not bind it."""
        return checked_socket(self.root / "run" / f"{name}.sock")

    def trash(self) -> Path:
        """A fresh name in the trash."""
        return self.root / "trash" / uuid.uuid4().hex

    def manifest(self, snapshot_id: str) -> Manifest:
        """Read a snapshot's manifest. Raises `SnapshotError` when there is no such snapshot."""
        return self.manifest_of(self.existing(snapshot_id))

    def existing(self, snapshot_id: str) -> Path:
        """Directory of a snapshot that is there, whole or not. Raises `SnapshotError`."""
        directory = self.snapshot(snapshot_id)
        if not directory.exists():
            raise SnapshotError(f"There is no snapshot {snapshot_id}. `dbs status` lists them.")
        return directory

    def manifest_of(self, directory: Path) -> Manifest:
        """The manifest kept in a snapshot's or a generation's directory. Raises `SnapshotError`."""
        file = directory / "manifest.json"
        try:
            return Manifest(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise SnapshotError(f"{file} is missing or damaged ({error}); nothing can be made from it.") from error

    def keep_manifest(self, directory: Path, manifest: Manifest) -> None:
        """Write a manifest beside its data; a generation keeps one because its snapshot may be deleted."""
        write_atomically(directory / "manifest.json", json.dumps(manifest.to_json(), indent=1))

    def manifests(self) -> list[Manifest]:
        """All whole snapshots, oldest first; one that cannot be read does not hide the others."""
        found = []
        for path in (self.root / "snapshots").iterdir():
            try:
                found.append(self.manifest(path.name))
            except SnapshotError as error:
                log.warning("a snapshot is left out", snapshot=path.name, error=str(error))
        return sorted(found, key=lambda manifest: manifest.created_at)

    def current(self, name: str) -> Current | None:
        """What an instance serves, or None when it was never restored."""
        try:
            data = json.loads((self.instance(name) / "current.json").read_text())
        except FileNotFoundError:
            return None
        kept = data.pop("previous", None)
        return Current(**data, previous=Kept(**kept) if kept else None)

    def commit(self, name: str, current: Current) -> None:
        """The point of no return of a swap: from here on, a restart serves this generation."""
        write_atomically(self.instance(name) / "current.json", json.dumps(asdict(current)))

    def note(self, name: str, current: Current) -> None:
        """The same of what may be lost: a full disk keeps no server from starting or ending."""
        try:
            self.commit(name, current)
        except OSError as error:
            log.warning("how much was written is told wrong from now on", instance=name, error=str(error))


def next_generation(current: Current | None) -> int:
    """A number that none of the generations has that are there."""
    if current is None:
        return 1
    return max(current.generation, current.previous.generation if current.previous else 0) + 1


def now() -> str:
    """This moment as the records write it: ISO 8601, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def checked_id(snapshot_id: str) -> str:
    """The id itself, when it has the form of one. Raises `SnapshotError`."""
    if not _SNAPSHOT_ID.fullmatch(snapshot_id):
        raise SnapshotError(f"{snapshot_id!r} is not the id of a snapshot. `dbs status` lists them.")
    return snapshot_id


def checked_socket(path: Path) -> Path:
    """The path itself, when a Unix socket can have it. Raises `SnapshotError`."""
    if len(os.fsencode(path)) > _UNIX_PATH_BYTES:
        raise SnapshotError(
            f"The path {path} is too long for a Unix socket ({_UNIX_PATH_BYTES} bytes at most). Use a shorter root."
        )
    return path


def write_atomically(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file so that a crash leaves the old or the new text, on disk."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make a rename inside a directory last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
