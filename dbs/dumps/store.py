"""The masked dumps that people can have: each whole, with its manifest, or not there.

root/<source>/<id>.sql.zst        the dump
root/<source>/<id>.json           its manifest, written last: a dump without one is not there
root/<source>/latest.sql.zst      → the newest dump, for people on this machine
root/<source>/.<id>.sql.zst.part  a dump in the making, locked by whoever makes it
"""

from __future__ import annotations

import json
import os
import re
import stat
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog

from dbs.dumps import disk
from dbs.dumps.interface import DumpError, DumpManifest

log = structlog.get_logger()

SUFFIX = ".sql.zst"
LATEST = "latest"

_SOURCE = re.compile(r"[a-z][a-z0-9_-]{0,30}")  # as dbs.settings.checks has it
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_PARTIAL = re.compile(r"\.(?P<id>.+)\.(?:sql\.zst|json|latest)\.part")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DumpStore:
    """The dumps below `root`, which is made when it is needed (0700, files 0600). Safe for several processes.

    Names from outside may be given to `find`, `latest` and `list`: what can be no name is not there. `clock` gives
    the time in UTC. Everything else raises `DumpError` with a sentence when the disk does not do it.
    """

    def __init__(self, root: Path, clock: Callable[[], datetime] = _utc_now) -> None:
        self.root = root
        self._clock = clock
        self._claims: dict[Path, disk.Claim] = {}
        self._guard = threading.Lock()

    # -- making ----------------------------------------------------------------------------------------------------

    def begin(self, source: str, dump_id: str) -> Path:
        """A new empty file to write the dump to; it is ours until `publish` or `discard`, or until we die."""
        partial = self._partial(_named(source, dump_id), dump_id)
        if self.find(source, dump_id) is not None:
            raise DumpError(f"There is a dump {dump_id} already; a new one needs a new id.")
        with _failing(f"The dump {dump_id} cannot be begun"):
            for directory in (self.root, partial.parent):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                directory.chmod(0o700)
            os.ftruncate(self._claim(partial, create=True).descriptor, 0)
        return partial

    def hold(self, partial: Path) -> None:
        """Take over a file that another process had begun, as when a job is resumed; ours as after `begin`."""
        with _failing(f"{partial.name} is gone, or cannot be used; the dump has to be made again"):
            self._claim(partial if partial.exists() else _published(partial), partial)

    def publish(self, manifest: DumpManifest, partial: Path) -> Path:
        """Make a finished file the dump of that manifest; where it is now. Again for the same dump changes nothing.

        The renaming of the manifest is the moment from which it is there. When this raises, it is not there, and the
        file is still ours. Its size is checked against the manifest, its digest is not.
        """
        target = self._file(_named(manifest.source, manifest.id), manifest.id)
        there = self.find(manifest.source, manifest.id)
        if there is not None:
            if there.sha256 != manifest.sha256:
                raise DumpError(f"There is another dump {manifest.id} already; a new one needs a new id.")
            self._release(partial)
            return target
        self.hold(partial)
        claim = self._claims[partial]
        with _failing(f"The dump {manifest.id} cannot be published"):
            size = os.fstat(claim.descriptor).st_size
            if size != manifest.bytes_on_disk:
                raise DumpError(
                    f"{partial.name} has {size} bytes and should have {manifest.bytes_on_disk}; make it again."
                )
            os.fsync(claim.descriptor)
            with disk.turn(target.parent / ".lock"):
                self._put_there(replace(manifest, file=target.name), partial, target)
        self._release(partial)
        return target

    def discard(self, partial: Path) -> None:
        """Remove a file that will not be published."""
        with _failing(f"{partial.name} cannot be removed"):
            partial.unlink(missing_ok=True)
        self._release(partial)

    def _put_there(self, manifest: DumpManifest, partial: Path, target: Path) -> None:
        beside, record = partial.with_name(f".{manifest.id}.json.part"), target.with_name(f"{manifest.id}.json")
        try:
            if partial.exists():
                disk.rename(partial, target)
            disk.write(beside, json.dumps(manifest.to_json(), indent=1, sort_keys=True))
            disk.rename(beside, record)
        except OSError:
            # Back to where it was, the manifest first: the file may have taken hours, and can be published later.
            for path in (record, beside):
                with suppress(OSError):
                    path.unlink()
            with suppress(OSError):
                target.replace(partial)
            raise
        try:
            self._link(manifest.source)
        except OSError as error:
            # Nothing here reads the link, and the next `sweep` makes it.
            log.warning("the link to the newest dump stays as it was", dump=manifest.id, reason=str(error))

    def _link(self, source: str, without: str | None = None) -> None:
        """`latest.sql.zst` → the newest."""
        link = self._file(source, LATEST)
        newest = next((one for one in self.list(source) if one.id != without), None)
        if newest is None:
            link.unlink(missing_ok=True)
        elif not link.is_symlink() or os.readlink(link) != newest.file:
            disk.link(link, newest.file, link.with_name(f".{newest.id}.latest.part"))

    # -- having ----------------------------------------------------------------------------------------------------

    def find(self, source: str, dump_id: str) -> DumpManifest | None:
        """The dump with an id; None when it is not there, or not whole."""
        if not _is_name(source, dump_id):
            return None
        try:
            manifest = DumpManifest.from_json(json.loads(self._file(source, dump_id, ".json").read_bytes()))
            facts = os.stat(self._file(source, dump_id), follow_symlinks=False)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, DumpError) as error:
            log.warning("a dump with a manifest that cannot be read", source=source, dump=dump_id, reason=str(error))
            return None
        whole = stat.S_ISREG(facts.st_mode) and facts.st_size == manifest.bytes_on_disk
        return manifest if whole and (manifest.source, manifest.id) == (source, dump_id) else None

    def latest(self, source: str) -> DumpManifest | None:
        """The newest dump: the one with the newest data."""
        return next(iter(self.list(source)), None)

    def path(self, manifest: DumpManifest) -> Path:
        """Where a dump lies."""
        return self._file(manifest.source, manifest.id)

    def open(self, manifest: DumpManifest) -> BinaryIO:
        """A dump to read, from its beginning; it stays readable while it is deleted. Raises `FileNotFoundError`."""
        return os.fdopen(os.open(self.path(manifest), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb", buffering=0)

    # -- going -----------------------------------------------------------------------------------------------------

    def delete(self, source: str, dump_id: str) -> None:
        """Remove a dump, be it the newest. Whoever is reading it reads on."""
        directory = self.root / _named(source, dump_id)
        if self.find(source, dump_id) is None:
            raise DumpError(f"There is no dump {dump_id} of {source}.")
        with _failing(f"The dump {dump_id} cannot be deleted"), disk.turn(directory / ".lock"):
            self._link(source, without=dump_id)
            self._file(source, dump_id, ".json").unlink(missing_ok=True)
            disk.sync_directory(directory)
            self._file(source, dump_id).unlink(missing_ok=True)

    def prune(self, source: str, keep: timedelta, in_use: Collection[str] = ()) -> tuple[str, ...]:
        """Delete what was made longer than `keep` ago; the ids. Never the newest, and none whose id is `in_use`."""
        before = self._clock() - keep
        old = [one.id for one in self.list(source)[1:] if datetime.fromisoformat(one.created_at) < before]
        gone = tuple(dump_id for dump_id in old if dump_id not in in_use)
        for dump_id in gone:
            self.delete(source, dump_id)
        return gone

    def sweep(self, busy: Collection[str] = ()) -> tuple[str, ...]:
        """Remove what runs that died left; the names of the files. Sources that are `busy` are left alone: a job that
        is resumed may want what its process left. What somebody holds stays too.
        """
        gone: tuple[str, ...] = ()
        for directory in sorted(self.root.glob("*/")):
            if _SOURCE.fullmatch(directory.name) and directory.name not in busy:
                with _failing(f"What is left over in {directory} cannot be removed"):
                    gone += tuple(self._swept(directory.name))
                    with disk.turn(directory / ".lock"):
                        self._link(directory.name)
        return gone

    def _swept(self, source: str) -> Iterator[str]:
        for name in sorted(os.listdir(self.root / source)):
            dump_id = _left_over(name)
            if dump_id is None:
                continue
            with self._unclaimed(source, dump_id) as free:
                # Looked up under the lock: it may have been published since the names were listed.
                if free and (name.startswith(".") or self.find(source, dump_id) is None):
                    (self.root / source / name).unlink(missing_ok=True)
                    yield name

    # -- names and locks -------------------------------------------------------------------------------------------

    def _file(self, source: str, dump_id: str, suffix: str = SUFFIX) -> Path:
        return self.root / source / f"{dump_id}{suffix}"

    def _partial(self, source: str, dump_id: str) -> Path:
        return self.root / source / f".{dump_id}{SUFFIX}.part"

    @contextmanager
    def _unclaimed(self, source: str, dump_id: str) -> Iterator[bool]:
        """Whether nobody is making that dump; while the block runs nobody can begin to."""
        with ExitStack() as stack:
            free = True
            for path in (self._partial(source, dump_id), self._file(source, dump_id)):
                with suppress(FileNotFoundError):
                    claim = disk.Claim.take(path)
                    free = free and claim is not None
                    if claim is not None:
                        stack.callback(claim.release)
            yield free

    def _claim(self, path: Path, partial: Path | None = None, *, create: bool = False) -> disk.Claim:
        """Our lock on a file, known by the name of the partial file. Raises `DumpError` when it is somebody else's."""
        with self._guard:
            mine = self._claims.get(partial or path)
            if mine is None:
                mine = disk.Claim.take(path, create=create)
                if mine is None:
                    raise DumpError(f"{path.name} is being written by somebody else; wait until that has ended.")
                self._claims[partial or path] = mine
            return mine

    def _release(self, partial: Path) -> None:
        with self._guard:
            claim = self._claims.pop(partial, None)
        if claim is not None:
            claim.release()

    def list(self, source: str) -> list[DumpManifest]:
        """The dumps of a source, the one with the newest data first."""
        if not _SOURCE.fullmatch(source):
            return []
        records = (self.root / source).glob("[!.]*.json")
        found = [one for path in records if (one := self.find(source, path.stem)) is not None]
        return sorted(found, key=_age, reverse=True)


def _age(manifest: DumpManifest) -> tuple[datetime, datetime, str]:
    made = datetime.fromisoformat(manifest.created_at)
    return datetime.fromisoformat(manifest.data_state_at), made, manifest.id


def _is_name(source: str, dump_id: str) -> bool:
    return bool(_SOURCE.fullmatch(source) and _ID.fullmatch(dump_id)) and dump_id != LATEST


def _named(source: str, dump_id: str) -> str:
    """The source, when both are names. A path made of anything else would be a bug, so it is a `ValueError`."""
    if not _is_name(source, dump_id):
        raise ValueError(f"{source!r} and {dump_id!r} name no dump")
    return source


def _published(partial: Path) -> Path:
    """The name that a partial file gets."""
    return partial.with_name(partial.name.removeprefix(".").removesuffix(".part"))


def _left_over(name: str) -> str | None:
    """The id of the dump that a file may be left over from."""
    found = _PARTIAL.fullmatch(name)
    dump_id = found["id"] if found else name.removesuffix(SUFFIX) if name.endswith(SUFFIX) else ""
    return dump_id if _ID.fullmatch(dump_id) and dump_id != LATEST else None


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise DumpError(f"{what}: {reason}. The dumps that were there before still are.") from error
