"""Reading one table after the other, so that each can be altered as soon as it was read.

A transaction holds the metadata lock of every table that it looked into until its end: with one that lasts a night, the
first ALTER waits all night, and every later statement on that table behind it. There are two ways out.

*Savepoints.* MySQL, and MariaDB without a binary log, release the locks that were taken after a savepoint when the
transaction goes back to that. MariaDB with a binary log does not, even if nothing was written.

*HANDLER*, for that case: its lock ends with HANDLER CLOSE, and InnoDB reads it in the snapshot of the transaction like
a SELECT. It gives all columns as they are, and partitioned or system-versioned tables not as they were in the snapshot:
those, and what needs another SELECT, are locked until the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute, rows
from dbs.sources.interface import SourceError, source_errors

_SAVEPOINT = "dbs_table"
_HANDLER = "dbs_handler"
_ALL_ROWS = 18_446_744_073_709_551_615
_CHANGED = 1412
_ENGINES = frozenset({"innodb", "myisam", "aria"})
_TABLE = (
    "SELECT DATABASE(), engine, table_type, create_options FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = %s"
)
_COLUMNS = (
    "SELECT column_name, data_type, extra FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position"
)


@dataclass(frozen=True)
class TableRead:
    """A table that is being read. `released_early` says whether its lock ends with it whatever SELECT is used."""

    name: str
    released_early: bool
    _plain: str | None = None

    def statement(self, select: str) -> str:
        """What to send in place of that SELECT; gives the same rows.

        Where only a HANDLER is released early, that is one, for ``SELECT t.`a`, t.`b` FROM `db`.`name` AS t``
        with all columns of the table and nothing else; any other comes back as it is.
        """
        return f"HANDLER {_HANDLER} READ FIRST LIMIT {_ALL_ROWS}" if select == self._plain else select

    def releases(self, select: str) -> bool:
        """Whether the table can be altered once `statement(select)` was read to its end."""
        return self.released_early or select == self._plain


@contextmanager
def table(connection: Connection, name: str) -> Iterator[TableRead]:
    """Read one table of the connection's database inside `consistent`.

    Everything that was asked for has to be read by the end of the block. After an exception the connection is of no
    use. Raises `SourceError`, transient when somebody altered the table since the snapshot was made.
    """
    with source_errors(f"While the table {name} was read: "):
        found = _table(connection, name)
        try:
            execute(connection, f"SAVEPOINT {_SAVEPOINT}")
            if found._plain is not None:
                execute(connection, f"HANDLER {quote_name(name)} OPEN AS {_HANDLER}")
            yield found
            if found._plain is not None:
                execute(connection, f"HANDLER {_HANDLER} CLOSE")
            execute(connection, f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        except DatabaseError as error:
            if error.code == _CHANGED:
                sentence = f"The table {name} was altered after the snapshot was made, so it cannot be read in it."
                raise SourceError(sentence, transient=True) from error
            raise


def releases(connection: Connection, name: str, select: str) -> bool:
    """Whether a table can be altered once it was read with that SELECT, so that others are better read last."""
    with source_errors():
        return _table(connection, name).releases(select)


def _table(connection: Connection, name: str) -> TableRead:
    if _savepoints_release(connection):
        return TableRead(name, released_early=True)
    facts = rows(connection, _TABLE, (name,))
    if not facts:
        return TableRead(name, released_early=False)
    database, engine, kind, options = (str(fact or "") for fact in facts[0])
    columns = [tuple(map(str, row)) for row in rows(connection, _COLUMNS, (name,))]
    # A FLOAT is written with fewer digits than it has, so whoever reads it sends another SELECT anyway.
    odd = any("GENERATED" in extra or "INVISIBLE" in extra or kind == "float" for _, kind, extra in columns)
    if kind != "BASE TABLE" or "partitioned" in options or engine.lower() not in _ENGINES or odd:
        return TableRead(name, released_early=False)
    listed = ", ".join(f"t.{quote_name(column)}" for column, _, _ in columns)
    plain = f"SELECT {listed} FROM {quote_name(database)}.{quote_name(name)} AS t"  # noqa: S608 - quoted
    return TableRead(name, released_early=False, _plain=plain)


def _savepoints_release(connection: Connection) -> bool:
    """Whether going back to a savepoint releases locks: not in MariaDB when changes are recorded for replicas."""
    found: dict[str, object] = dict(
        rows(connection, "SHOW VARIABLES WHERE variable_name IN ('version', 'log_bin', 'wsrep_on')")
    )
    return "mariadb" not in str(found["version"]).lower() or "ON" not in (found.get("log_bin"), found.get("wsrep_on"))
