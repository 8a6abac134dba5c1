"""Is what was found in the dump really an original? Asked of the source itself, since the search only guesses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dbs.masking.originals import fold
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.mysql.interface import Connection
from dbs.mysql.names import quote_name
from dbs.mysql.query import rows


def confirmed(
    connection: Connection, database: str, plans: Mapping[str, TablePlan], table: str, found: Mapping[bytes, set[int]]
) -> Iterator[str]:
    """A sentence for each masked column whose originals are among what was `found` in a table, value → its columns.

    Only columns of which no original may be anywhere are asked. The values go to the source, where they come from, and
    nowhere else. Raises `DatabaseError`.
    """
    for plan in plans.values():
        for column in plan.columns:
            if not column.hides:
                continue
            there = _there(connection, database, plan.name, column, found)
            if there:
                holders = {plans[table].columns[at].name for value in there for at in found[value]}
                places = " and ".join(f"{table}.{holder}" for holder in sorted(holders))
                yield f"{places} still holds {len(there):,} of the originals of {plan.name}.{column.name}"


def _there(
    connection: Connection, database: str, table: str, column: ColumnPlan, values: Collection[bytes]
) -> set[bytes]:
    """Which of the folded values the column holds."""
    name, place = quote_name(column.name), f"{quote_name(database)}.{quote_name(table)}"
    wanted: list[object] = list(values) if column.kind == "binary" else [_text(value) for value in values]
    marks = ", ".join(["%s"] * len(wanted))
    # What is percent in a name would be taken for a place of a value.
    select = f"SELECT DISTINCT {name} FROM {place} WHERE {name} IN (".replace("%", "%%")  # noqa: S608 - quoted
    there = [value for (value,) in rows(connection, f"{select}{marks}) LIMIT 1000", wanted)]
    return {folded for value in there if value is not None and (folded := fold(_bytes(value))) in values}


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
