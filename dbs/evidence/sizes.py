"""How large an index is."""

from __future__ import annotations

from dataclasses import dataclass

from dbs.evidence.asking import Denied, ask
from dbs.evidence.dictionary import PRIMARY, TableShape
from dbs.mysql.interface import Connection
from dbs.mysql.query import rows

# A partition is a table of its own there, called `orders#P#p0` (`#p#` in MySQL).
_STATISTICS = (
    "SELECT SUM(stat_value) * @@innodb_page_size FROM mysql.innodb_index_stats WHERE stat_name = 'size' "
    "AND database_name = %s AND index_name = %s AND (table_name = %s OR LEFT(table_name, %s) IN (%s, %s))"
)
_TABLE = (
    "SELECT engine, table_rows, data_length, index_length FROM information_schema.tables "
    "WHERE table_schema = %s AND table_name = %s"
)


@dataclass(frozen=True)
class Size:
    """Sizes in bytes and rows, all of them the server's estimates. `index_bytes` is None when they cannot be known;
    `why` says then what would help. `all_bytes` are those of all indexes of the table but the primary key.
    """

    engine: str
    rows: int
    table_bytes: int
    all_bytes: int
    index_bytes: int | None
    why: str = ""


def read_size(connection: Connection, shape: TableShape, index: str) -> Size:
    """The size of an index as of the last run of the statistics. Raises `DatabaseError`."""
    engine, count, data, others = rows(connection, _TABLE, (shape.database, shape.name))[0]
    facts = str(engine or ""), int(count or 0), int(data or 0), int(others or 0)
    if facts[0].lower() != "innodb":
        return Size(*facts, None, f"Only InnoDB keeps the sizes of its indexes, and the table is {facts[0]}.")
    if index == PRIMARY:
        return Size(*facts, facts[2])
    parts = [f"{shape.name}#{mark}#" for mark in "Pp"]
    values = (shape.database, index, shape.name, len(parts[0]), *parts)
    answer = ask(connection, _STATISTICS, values, "SELECT ON mysql.innodb_index_stats")
    if isinstance(answer, Denied):
        return Size(*facts, None, f"The account may not read it. As an administrator: {answer.grant}")
    found = answer[0][0]
    if found is None:
        return Size(*facts, None, "The server has no statistics of it yet: ANALYZE TABLE makes them.")
    return Size(*facts, int(found))
