"""Loading one of our own masked dumps, some 2.5 times as fast as its statements would be.

The head and the tables run as they stand; then each table's rows go in by one LOAD DATA LOCAL, straight from their
frames of the file, two tables at a time; then the indexes of large tables, two at a time; then the objects. What
`dbs/dumps/writing.py` writes is a row per line, and that is what LOAD DATA reads: only the INSERT lines are left out.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from dbs.dumps import late_indexes
from dbs.dumps import load as plain
from dbs.dumps.frames import frame_text
from dbs.dumps.interface import DumpError, DumpFrame, DumpManifest
from dbs.dumps.late_indexes import LateIndexes
from dbs.dumps.row_lines import insert_line, load_statement, rows_of
from dbs.mysql.feeding import load_local
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import Row, execute, rows
from dbs.mysql.schema import Schema, read_schema

PARALLEL = 2
"""Tables loaded at once: more did not help on two cores (performance.md, section 3)."""

Connector = Callable[[], Connection]
"""Opens one more connection to the empty server, in the database, with `local_infile=True`."""

_SESSION = (
    "SET NAMES utf8mb4",
    # Unique checks stay on: without them a value that masking made twice may get in unnoticed, and it is no faster.
    "SET SESSION time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 1",
    # The source may hold 31 February; the checks of the strict mode are replaced by looking at the warnings.
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
)
_AT_ROW = re.compile(r"\bat row (\d+)\s*$")
_COLUMN = re.compile(r"\bcolumn (?:`[^`]*`\.`[^`]*`\.`([^`]+)`|'([^']+)')")
_LEADING = 2  # frames: head and tables


@contextmanager
def local_infile_allowed(admin: Connection) -> Iterator[None]:
    """LOAD DATA LOCAL is off on our servers; this lets it in for as long as it takes. `admin` may set globals."""
    before = int(rows(admin, "SELECT @@GLOBAL.local_infile")[0][0])
    execute(admin, "SET GLOBAL local_infile = 1")
    try:
        yield
    finally:
        execute(admin, f"SET GLOBAL local_infile = {before}")


def load_masked(path: Path, manifest: DumpManifest, connector: Connector, database: str) -> dict[str, int]:
    """Load the whole dump into `database`, which exists and is empty; the rows per table, counted there.

    Raises `DumpError` when anything is not as the manifest says: the database is then to be thrown away.
    """
    with closing(connector()) as connection:
        plain.load(frame_text(path, manifest.frames[:_LEADING]), connection, database)
        counts = load_rows(path, manifest, connector, database)
        behind = [frame for frame in manifest.frames[_LEADING:] if not frame.table]
        plain.load(frame_text(path, behind), connection, database)
        _check_views(connection, database)
    return counts


def load_rows(path: Path, manifest: DumpManifest, connector: Connector, database: str) -> dict[str, int]:
    """Load the rows of all tables, which exist and are empty, the largest first; the rows per table.

    Optimizer statistics are made as well. Raises `DumpError` at the first table that is not exact.
    """
    frames = _frames(manifest)
    sizes = {name: sum(frame.bytes for frame in own) for name, own in frames.items()}
    with closing(connector()) as connection:
        schema = read_schema(connection, database)
        _check_tables(manifest, schema)
        _prepare(connection)
        large = [schema.tables[name] for name, size in sizes.items() if size >= late_indexes.WORTH_BYTES]
        late = {table.name: taken for table in large if (taken := late_indexes.take_off(connection, table))}
    names = sorted(frames, key=lambda name: -sizes[name])
    loading = _Loading(path, manifest, schema, connector)
    _in_parallel([name for name in names if frames[name]], lambda name: loading.rows(name, frames[name]), loading.stop)
    # Only now: an index of a parent would wait for the transaction that fills its child.
    counts = _in_parallel(names, lambda name: loading.finish(name, late.get(name)), loading.stop)
    return dict(sorted(counts.items()))


_Result = TypeVar("_Result")


def _in_parallel(names: list[str], do: Callable[[str], _Result], stop: threading.Event) -> dict[str, _Result]:
    """Do it for all, the first ones first. The first failure stops the others and is raised."""
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="load") as pool:
        running = {name: pool.submit(do, name) for name in names}
        try:
            done, _ = wait(running.values(), return_when=FIRST_EXCEPTION)
            if any(one.exception() for one in done):
                stop.set()
        except BaseException:
            stop.set()
            raise
    errors = [error for one in running.values() if (error := one.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, _Stopped)):
        raise error
    return {name: one.result() for name, one in running.items()}


def _prepare(connection: Connection) -> None:
    for setting in _SESSION:
        execute(connection, setting)


class _Stopped(Exception):  # noqa: N818 - nothing is wrong with this table
    """Another table failed."""


class _Loading:
    """What the threads of one load share."""

    def __init__(self, path: Path, manifest: DumpManifest, schema: Schema, connector: Connector) -> None:
        self.stop = threading.Event()
        self._path, self._manifest, self._schema = path, manifest, schema
        self._connector = connector

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if self.stop.is_set():
            raise _Stopped
        with closing(self._connector()) as connection:
            _prepare(connection)
            yield connection

    def rows(self, name: str, frames: list[DumpFrame]) -> None:
        """Load the rows of one table."""
        statement = load_statement(self._schema.tables[name], self._manifest.columns[name])
        many = [frame for frame in frames if statement is not None and not frame.wide]
        with self._connected() as connection:
            if statement is not None and many:
                self._load_data(connection, name, statement, many)
            for frame in frames:
                if frame not in many:
                    text = self._stoppable(frame_text(self._path, [frame]))
                    plain.load(text, connection, self._schema.database)

    def finish(self, name: str, late: LateIndexes | None) -> int:
        """Make the indexes, count, compare, and make the optimizer's statistics."""
        place = quote_name(name)
        with self._connected() as connection:
            if late is not None:
                late_indexes.put_back(connection, late)
            count = int(rows(connection, f"SELECT COUNT(*) FROM {place}")[0][0])  # noqa: S608 - quoted
            wanted = self._manifest.rows[name]
            if count != wanted:
                raise DumpError(f"The table {name} has {count} rows when loaded, and {wanted} in the manifest.")
            rows(connection, f"ANALYZE NO_WRITE_TO_BINLOG TABLE {place}")
        return count

    def _load_data(self, connection: Connection, name: str, statement: str, frames: list[DumpFrame]) -> None:
        insert = insert_line(name, self._manifest.columns[name])
        text = self._stoppable(frame_text(self._path, frames))
        try:
            _, warnings = load_local(connection, statement, rows_of(text, insert))
        except DatabaseError as error:
            raise DumpError(f"The rows of {name} cannot be loaded: {_without_values(error.reason)}.") from error
        if warnings:
            raise _inexact(name, warnings)

    def _stoppable(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self.stop.is_set():
                raise _Stopped
            yield chunk


def _frames(manifest: DumpManifest) -> dict[str, list[DumpFrame]]:
    """Table → its frames; none for an empty table."""
    frames: dict[str, list[DumpFrame]] = {name: [] for name in manifest.rows}
    for frame in manifest.frames:
        if frame.table:
            frames[frame.table].append(frame)
    return frames


def _check_tables(manifest: DumpManifest, schema: Schema) -> None:
    others = sorted(set(manifest.rows) ^ set(schema.tables))
    if others:
        raise DumpError(f"The dump and its manifest do not name the same tables: {', '.join(others)}.")


def _inexact(name: str, warnings: list[Row]) -> DumpError:
    """The first warning as a sentence; of the server's words only the row and the column, since it quotes values."""
    _, code, text = warnings[0]
    at, column = _AT_ROW.search(str(text)), _COLUMN.search(str(text))
    place = f", row {at[1]}" if at else ""
    where = f", column {column[1] or column[2]}" if column else ""
    return DumpError(
        f"The rows of {name} do not load as they are{place}{where}: the server warned (code {code}), "
        "so a value would have been changed or a row left out. Look at the masking rule of that column."
    )


def _without_values(reason: str) -> str:
    first, last = reason.find("'"), reason.rfind("'")
    return reason if first < 0 else f"{reason[:first]}'…'{reason[last + 1 :]}"


def _check_views(connection: Connection, database: str) -> None:
    """Each view is resolved, without reading rows."""
    query = "SELECT table_name FROM information_schema.views WHERE table_schema = %s ORDER BY table_name"
    for (name,) in rows(connection, query, (database,)):
        try:
            rows(connection, f"SELECT * FROM {quote_name(str(name))} LIMIT 0")  # noqa: S608 - quoted
        except DatabaseError as error:
            raise DumpError(f"The view {name} does not work in the copy: {error.reason}.") from error
