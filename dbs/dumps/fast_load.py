"""Loading one of our own masked dumps, some 2.5 times as fast as its statements would be.

The head and the tables run as they stand; then each table's rows go in by one LOAD DATA LOCAL, straight from their
frames of the file, two tables at a time; then the indexes of large tables, two at a time; then the objects. What
`dbs/dumps/writing.py` writes is a row per line, and that is what LOAD DATA reads: only the INSERT lines are left out.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from dbs.dumps import late_indexes
from dbs.dumps import load as plain
from dbs.dumps.frames import Packed, packed
from dbs.dumps.interface import DumpError, DumpFrame, DumpManifest
from dbs.dumps.late_indexes import LateIndexes
from dbs.dumps.row_lines import insert_line, load_statement, rows_of
from dbs.mysql.feeding import hang_up, load_local
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
LEADING = 2
"""Frames in front of the rows: head and tables."""


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
    """Load the whole dump into `database`, which exists and is empty, the largest table first; the rows per table,
    counted there.

    Optimizer statistics are made as well. Raises `DumpError` when anything is not as the manifest says: the database is
    then to be thrown away.
    """
    with packed(path) as file, closing(connector()) as connection:
        plain.load(file.text(manifest.frames[:LEADING]), connection, database)
        schema = read_schema(connection, database)
        check_tables(manifest, schema)
        frames = _frames(manifest)
        sizes = {name: sum(frame.bytes for frame in own) for name, own in frames.items()}
        loading = Loading(file, schema, connector)
        loading.take_off({name for name, size in sizes.items() if size >= late_indexes.WORTH_BYTES})
        names = sorted(frames, key=lambda name: -sizes[name])
        loading.rows((name, manifest.columns[name], frames[name]) for name in names if frames[name])
        counts = loading.finish(names)
        finish(file, manifest, counts, connection, database)
    return counts


def finish(file: Packed, manifest: DumpManifest, counts: dict[str, int], connection: Connection, database: str) -> None:
    """Hold the rows of the tables against the manifest, then load what comes behind them. Raises `DumpError`."""
    for name, wanted in manifest.rows.items():
        if counts[name] != wanted:
            raise DumpError(f"The table {name} has {counts[name]} rows when loaded, and {wanted} in the manifest.")
    behind = [frame for frame in manifest.frames[LEADING:] if not frame.table]
    plain.load(file.text(behind), connection, database)
    _check_views(connection, database)


_STOPPED = "The load was stopped before its end."


class Stopped(DumpError):  # noqa: N818 - nothing is wrong with this table
    """Another table failed, or nobody wants the rest any more."""


_Result = TypeVar("_Result")


class Stop:
    """Whether a load is to end early; `set` by the first failure."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._connections: list[Connection] = []

    @property
    def is_set(self) -> bool:
        """Whether it is."""
        return self._event.is_set()

    def set(self) -> None:
        """End it: whoever is loading raises `Stopped` soon. An index in the making is not waited for."""
        self._event.set()
        for connection in list(self._connections):
            hang_up(connection)

    @contextmanager
    def ending(self, connection: Connection) -> Iterator[None]:
        """While the block runs, the connection ends as soon as the load is to end."""
        self._connections.append(connection)
        try:
            self.check()
            yield
        finally:
            self._connections.remove(connection)

    def check(self) -> None:
        """Raise `Stopped` when it is to end."""
        if self.is_set:
            raise Stopped(_STOPPED)


class Loading:
    """One load: tables that exist, and are empty, in a server that nobody else uses."""

    def __init__(self, file: Packed, schema: Schema, connector: Connector, stop: Stop | None = None) -> None:
        self._file = file
        self._schema = schema
        self._connector = connector
        self._stop = stop or Stop()
        self._late: dict[str, LateIndexes] = {}

    def take_off(self, names: Collection[str]) -> None:
        """The indexes of these tables are made after their rows. Before any: one would wait for those of a child."""
        with self._connected() as connection:
            taken = {name: late_indexes.take_off(connection, self._schema.tables[name]) for name in sorted(names)}
        self._late = {name: late for name, late in taken.items() if late is not None}

    def rows(self, tables: Iterable[tuple[str, list[str], Iterable[DumpFrame]]]) -> None:
        """Load the rows of tables, given as (name, columns, frames). Both may come while they are loaded."""
        work = ((name, partial(self._rows, name, columns, frames)) for name, columns, frames in tables)
        self._in_parallel(work)

    def finish(self, names: Iterable[str]) -> dict[str, int]:
        """Make the indexes and the optimizer's statistics; the rows per table as counted.

        After all rows: an index of a parent would wait for the transaction that fills its child.
        """
        return dict(sorted(self._in_parallel((name, partial(self._finish, name)) for name in names).items()))

    def _in_parallel(self, work: Iterable[tuple[str, Callable[[], _Result]]]) -> dict[str, _Result]:
        """Do it all, the first ones first. The first failure stops the others and is raised."""
        running: dict[str, Future[_Result]] = {}
        errors: list[BaseException] = []
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="load") as pool:
            try:
                for name, do in work:
                    running[name] = pool.submit(self._stopping, do)
                wait(running.values())
            except Stopped as error:
                errors = [error]
            except BaseException:
                self._stop.set()
                raise
        errors = [failed for one in running.values() if (failed := one.exception()) is not None] + errors
        for failed in sorted(errors, key=lambda failed: isinstance(failed, Stopped)):
            raise failed
        return {name: one.result() for name, one in running.items()}

    def _stopping(self, do: Callable[[], _Result]) -> _Result:
        try:
            return do()
        except BaseException as error:
            if self._stop.is_set:
                raise Stopped(_STOPPED) from error  # it is no news that the connection is gone
            self._stop.set()
            raise

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        self._stop.check()
        with closing(self._connector()) as connection, self._stop.ending(connection):
            for setting in _SESSION:
                execute(connection, setting)
            yield connection

    def _rows(self, name: str, columns: list[str], frames: Iterable[DumpFrame]) -> None:
        statement = load_statement(self._schema.tables[name], columns)
        wide: list[DumpFrame] = []
        with self._connected() as connection:
            if statement is None:
                wide += frames
            else:
                text = self._stoppable(self._file.text(_aside(frames, wide)))
                self._load_data(connection, name, statement, rows_of(text, insert_line(name, columns)))
            for frame in wide:
                text = self._stoppable(self._file.text([frame]))
                plain.load(text, connection, self._schema.database)

    def _load_data(self, connection: Connection, name: str, statement: str, lines: Iterator[bytes]) -> None:
        try:
            _, warnings = load_local(connection, statement, lines)
        except DatabaseError as error:
            raise DumpError(f"The rows of {name} cannot be loaded: {_without_values(error.reason)}.") from error
        if warnings:
            raise _inexact(name, warnings)

    def _finish(self, name: str) -> int:
        place = quote_name(name)
        with self._connected() as connection:
            if name in self._late:
                late_indexes.put_back(connection, self._late[name])
            count = int(rows(connection, f"SELECT COUNT(*) FROM {place}")[0][0])  # noqa: S608 - quoted
            rows(connection, f"ANALYZE NO_WRITE_TO_BINLOG TABLE {place}")
        return count

    def _stoppable(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._stop.check()
            yield chunk


def _aside(frames: Iterable[DumpFrame], wide: list[DumpFrame]) -> Iterator[DumpFrame]:
    """The frames but for the wide ones, which are put into that list for later."""
    for frame in frames:
        if frame.wide:
            wide.append(frame)
        else:
            yield frame


def _frames(manifest: DumpManifest) -> dict[str, list[DumpFrame]]:
    """Table → its frames; none for an empty table."""
    frames: dict[str, list[DumpFrame]] = {name: [] for name in manifest.rows}
    for frame in manifest.frames:
        if frame.table:
            frames[frame.table].append(frame)
    return frames


def check_tables(manifest: DumpManifest, schema: Schema) -> None:
    """Raise `DumpError` unless both name the same tables."""
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
