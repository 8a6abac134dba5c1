"""Migrations as data: the files, what ran, what the instance looked like, and why something failed.

Every dataclass here can become plain JSON and come back by `dbs.migrations.encoding`, since job steps keep plain JSON.
Values of somebody's data never stand in `error`, `warnings` or an `Explanation`.

DbsError
└── FailedError
    └── MigrationError     files that cannot be ordered, taken apart or run; the sentence says what to do
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dbs.errors import FailedError
from dbs.mysql.interface import Connection

Style = Literal["golang-migrate", "flyway", "dbmate", "goose", "sql-migrate", "diesel", "sqlx", "plain"]
STYLES: tuple[Style, ...] = ("golang-migrate", "flyway", "dbmate", "goose", "sql-migrate", "diesel", "sqlx", "plain")
Direction = Literal["up", "down"]
StoppedBy = Literal["time limit", "cancelled", "connection lost"]
Connect = Callable[[], Connection]
"""Opens a new connection, each time it is called."""

TEXT_CHARACTERS = 20_000
"""So much of a statement's text is kept: enough to read, and an INSERT of megabytes does not fill the job's row."""


class MigrationError(FailedError):
    """`path` and `line` (from 1) say where; empty and 0 where no single file is to blame."""

    def __init__(self, sentence: str, path: str = "", line: int = 0) -> None:
        super().__init__(sentence)
        self.path = path
        self.line = line


@dataclass(frozen=True)
class MigrationFile:
    """One direction of a migration: a whole file, or a section of one that begins `line_offset` lines into it."""

    path: str
    version: str
    name: str
    direction: Direction
    text: bytes
    line_offset: int = 0


@dataclass(frozen=True)
class Migration:
    """One step of the history. `version` is written as the tool's own history table writes it.

    A `repeatable` one (Flyway's `R__…`) has no version and comes after all others. `down` is None where there is none.
    """

    style: Style
    version: str
    name: str
    up: MigrationFile
    down: MigrationFile | None = None
    repeatable: bool = False


@dataclass(frozen=True)
class Pending:
    """What a copy of production has still to run. `table` is the history table that said so, None when there is none.

    `unknown` are versions that the copy has run and no file has: the branch is behind production, or the wrong one.
    `unfinished` are versions that the history marks as failed or dirty. `out_of_order` are pending ones with a smaller
    version than one that has run: most tools skip or refuse these. `sentence` says it for people.
    """

    migrations: tuple[Migration, ...]
    table: str | None
    unknown: tuple[str, ...]
    unfinished: tuple[str, ...]
    out_of_order: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Step:
    """One statement of a file, as the server gets it: `line` (from 1) in the file, `number` (from 1) within it."""

    path: str
    line: int
    number: int
    text: bytes


@dataclass(frozen=True)
class Limits:
    """How a run is bounded, and how the project's own tool sets its session.

    `seconds` is for the whole run. `sql_mode` None leaves the server's own.
    """

    seconds: float = 900
    sql_mode: str | None = None
    foreign_key_checks: bool = True


@dataclass(frozen=True)
class Warned:
    """Warnings of one code that a statement gave. `message` is the first one, without values; `level` is the server's.

    `count` is exact up to the server's `max_error_count` (64 at least); the number of all is in `Ran.warning_count`.
    """

    code: int
    level: str
    count: int
    message: str


@dataclass(frozen=True)
class Ran:
    """A statement that was run, and what came of it. `started_at` is UTC; `seconds` is the caller's wall clock.

    `error_code` is None when it succeeded; with an error and without a number (a lost connection) it is 0.
    """

    file: str
    line: int
    number: int
    text: str
    started_at: datetime
    seconds: float
    rows_affected: int
    rows_examined: int | None = None
    error_code: int | None = None
    error: str = ""
    sqlstate: str = ""
    warning_count: int = 0
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True)
class Run:
    """What was run, in order. `failed_at` is the index in `statements` of the one that failed, which is the last.

    `stopped_by` says why a run that was not let to its end was ended; the statement it hit is `failed_at` if one ran.
    `notes` are sentences about what a reviewer should know though nothing failed.
    """

    statements: tuple[Ran, ...]
    failed_at: int | None
    seconds: float
    stopped_by: StoppedBy | None = None
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> Ran | None:
        """The statement that failed."""
        return None if self.failed_at is None else self.statements[self.failed_at]


@dataclass(frozen=True)
class Progress:
    """Told before each statement: `done` statements of `total` have run, and this one is next."""

    done: int
    total: int
    step: Step


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Captured:
    """A statement that really ran on the server, whoever sent it.

    `connection` is the server's number of the connection, `order` counts from 1 within it. `inside` is True for a
    statement that ran within a routine, a trigger or EXECUTE; those come before the one that called them.
    `rows_examined`, `rows_affected` and `error` are None where the server's sources do not tell.
    """

    connection: int
    order: int
    text: str
    started_at: datetime
    seconds: float
    database: str = ""
    rows_affected: int | None = None
    rows_examined: int | None = None
    error_code: int | None = None
    error: str = ""
    prepared: bool = False
    inside: bool = False


@dataclass(frozen=True)
class TableState:
    """A base table at one moment. `bytes` are data and indexes by the dictionary, `file_bytes` those of its file.

    `rows` are counted where `rows_exact`, else the server's estimate. `table_id` is InnoDB's, and another one after a
    rebuild; `changed` is its counter of changed rows since the table was opened. None where the server tells neither.
    """

    name: str
    engine: str
    rows: int
    rows_exact: bool
    bytes: int
    file_bytes: int | None
    table_id: int | None
    changed: int | None


@dataclass(frozen=True)
class SchemaObject:
    """A column, index, constraint, trigger, … of a table, or a table, view, routine or event of its own (no `table`).

    `definition` is one line that changes whenever the object does.
    """

    kind: str
    table: str
    name: str
    definition: str


@dataclass(frozen=True)
class Observed:
    """A database at one moment. `bytes` is what its tables take together."""

    database: str
    tables: tuple[TableState, ...]
    objects: tuple[SchemaObject, ...]

    @property
    def bytes(self) -> int:
        """Data and indexes of all tables together, files where they are known."""
        return sum(table.bytes if table.file_bytes is None else table.file_bytes for table in self.tables)


@dataclass(frozen=True)
class TableChange:
    """What became of a table; `before` or `after` is None for one that was created or dropped.

    `rows_changed` counts changes of rows by statements, cascades and triggers (a row changed twice counts twice, and
    changes that were rolled back count too); None where the server cannot tell. `rebuilt` is True when the table's
    data was written anew.
    """

    name: str
    before: TableState | None
    after: TableState | None
    rows_changed: int | None
    rebuilt: bool


@dataclass(frozen=True)
class SchemaChange:
    """One difference of the schema."""

    what: Literal["added", "dropped", "changed"]
    kind: str
    table: str
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """What a run changed. `text` shows the schema's part as a unified diff; it is empty when nothing differs."""

    tables: tuple[TableChange, ...]
    schema: tuple[SchemaChange, ...]
    bytes_before: int
    bytes_after: int
    text: str


Kind = Literal["duplicates", "nulls", "orphans", "truncation", "out of range", "wrong values", "syntax", "other"]


@dataclass(frozen=True)
class Explanation:
    """Why a statement failed, in numbers and never in values.

    `counts` is empty when nothing could be counted. Its keys: `groups` and `rows` of duplicates; `rows` else.
    `query` lists the rows that are in the way, for a person with access to production to run there; empty without one.
    """

    kind: Kind
    sentence: str
    table: str = ""
    columns: tuple[str, ...] = ()
    constraint: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    query: str = ""
    advice: str = ""
