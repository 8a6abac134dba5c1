"""How far a replica is behind."""

from __future__ import annotations

from collections.abc import Mapping

from dbs.mysql.interface import Connection, DatabaseError, expected
from dbs.mysql.version import MARIADB, ServerVersion
from dbs.sources.interface import Lag

# MariaDB has one line for each of several primaries only in the first; MySQL dropped the old words in 8.4.
_STATEMENTS = {
    MARIADB: ("SHOW ALL SLAVES STATUS",),
    "MySQL": ("SHOW REPLICA STATUS", "SHOW SLAVE STATUS"),
}
_UNKNOWN_WORD = 1064
_NO_RIGHT = frozenset({1044, 1045, 1142, 1227})
_SECONDS = ("Seconds_Behind_Master", "Seconds_Behind_Source")


def replica_lag(connection: Connection, version: ServerVersion) -> Lag:
    """Where the server stands; with several primaries the largest lag counts, and one that is stopped.

    Raises `DatabaseError` when the connection is lost.
    """
    for statement in _STATEMENTS[version.flavour]:
        try:
            return _lag(records(connection, statement))
        except DatabaseError as error:
            if error.code in _NO_RIGHT:
                return Lag(None)
            if error.code != _UNKNOWN_WORD:
                raise
    return Lag(None)


def records(connection: Connection, statement: str) -> list[Mapping[str, object]]:
    """All rows of a statement as dictionaries, for those whose columns differ between versions."""
    with expected("run a statement"), connection.cursor() as cursor:
        cursor.execute(statement)
        names = [str(column[0]) for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _lag(found: list[Mapping[str, object]]) -> Lag:
    if not found:
        return Lag(replica=False)
    seconds = [next((row[name] for name in _SECONDS if name in row), None) for row in found]
    if any(value is None for value in seconds):
        return Lag(replica=True)
    return Lag(True, float(max(int(str(value)) for value in seconds)))
