"""Loading a masked dump while it is still written: into a server that nobody sees before the dump is published."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path

from dbs.dumps import load as plain
from dbs.dumps.fast_load import LEADING, Connector, Loading, Stop, Stopped, check_tables, finish
from dbs.dumps.frames import packed
from dbs.dumps.interface import DumpFrame, DumpManifest
from dbs.mysql.schema import read_schema


class Growing(Stop):
    """A dump in the making, between whoever writes it and whoever loads it.

    `columns` is table → the columns that its rows give; `large` names the tables whose indexes are made after the rows.
    """

    def __init__(self, columns: Mapping[str, list[str]], large: Collection[str]) -> None:
        super().__init__()
        self.columns = columns
        self.large = large
        self._changed = threading.Condition()
        self._frames: list[DumpFrame] = []
        self._whole = False
        self._manifest: DumpManifest | None = None

    # -- who writes ------------------------------------------------------------------------------------------------

    def add(self, frame: DumpFrame) -> None:
        """A frame can be read from the file."""
        with self._changed:
            self._frames.append(frame)
            self._changed.notify_all()

    def whole(self) -> None:
        """There are no more frames."""
        with self._changed:
            self._whole = True
            self._changed.notify_all()

    def publish(self, manifest: DumpManifest) -> None:
        """The dump was verified: what was loaded may be used."""
        with self._changed:
            self._manifest = manifest
            self._changed.notify_all()

    def set(self) -> None:
        """The dump will not be finished, or nobody loads it any more."""
        super().set()
        with self._changed:
            self._changed.notify_all()

    # -- who loads -------------------------------------------------------------------------------------------------

    def frames(self) -> Iterator[DumpFrame]:
        """All frames, each once it is there. Raises `Stopped`."""
        at = 0
        while (frame := self._frame(at)) is not None:
            yield frame
            at += 1

    def tables(self) -> Iterator[tuple[str, list[str], Iterator[DumpFrame]]]:
        """Each table with rows, once the first of them are there, with its frames as they come. Raises `Stopped`."""
        before = ""
        for at, frame in enumerate(self.frames()):
            if frame.table and frame.table != before:
                yield frame.table, self.columns[frame.table], self._of_table(frame.table, at)
            before = frame.table

    def manifest(self) -> DumpManifest:
        """The manifest, once the dump is published. Raises `Stopped`."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_set or self._manifest is not None)
            self.check()
            if self._manifest is None:
                raise Stopped("The dump has no manifest.")
            return self._manifest

    def _of_table(self, name: str, at: int) -> Iterator[DumpFrame]:
        while (frame := self._frame(at)) is not None and frame.table == name:
            yield frame
            at += 1

    def _frame(self, at: int) -> DumpFrame | None:
        """The frame at a place; None behind the last one."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_set or self._whole or at < len(self._frames))
            self.check()
            return self._frames[at] if at < len(self._frames) else None


def load_growing(path: Path, growing: Growing, connector: Connector, database: str) -> dict[str, int]:
    """Load a dump as `fast_load.load_masked` does, table by table as it is written; the rows per table.

    Returns after the dump was published. Raises `Stopped` when it is not, and `DumpError` as `load_masked` does.
    """
    with packed(path) as file, closing(connector()) as connection:
        plain.load(file.text(islice(growing.frames(), LEADING)), connection, database)
        schema = read_schema(connection, database)
        loading = Loading(file, schema, connector, growing)
        loading.take_off(schema.tables.keys() & set(growing.large))
        loading.rows(growing.tables())
        counts = loading.finish(schema.tables)
        manifest = growing.manifest()
        check_tables(manifest, schema)
        finish(file, manifest, counts, connection, database)
    return counts
