"""The indexes of a database as the checks compare them."""

from __future__ import annotations

from dbs.migrations.checks.interface import IndexParts
from dbs.mysql.interface import Connection
from dbs.mysql.query import rows

# A functional part (MySQL) has no column. Some clients of MySQL get the names of these columns in upper case.
_INDEXES = (
    "SELECT table_name AS t, index_name AS i, non_unique AS n, column_name AS c FROM information_schema.statistics "
    "WHERE table_schema = %s ORDER BY table_name, index_name, seq_in_index"
)


def indexes(connection: Connection, database: str) -> dict[tuple[str, str], IndexParts]:
    """All indexes, by table and name. A part that is no column is an empty name. Raises `DatabaseError`."""
    found: dict[tuple[str, str], IndexParts] = {}
    for table, name, non_unique, column in rows(connection, _INDEXES, (database,)):
        key = (str(table), str(name))
        before = found[key].columns if key in found else ()
        found[key] = IndexParts((*before, str(column or "")), not int(non_unique))
    return found
