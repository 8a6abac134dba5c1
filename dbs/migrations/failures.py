"""Why a statement failed, counted on the copy: how many rows are in the way, and the query that lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from dbs.migrations.counting import duplicates, misfits, orphans, refused
from dbs.migrations.interface import TEXT_CHARACTERS, Explanation, Kind, Ran
from dbs.migrations.trial import Wanted, wanted
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute, rows

KINDS: dict[int, Kind] = {
    **dict.fromkeys((1062, 1169, 1557, 1586, 1761, 1762), "duplicates"),
    **dict.fromkeys((1048, 1138, 1263, 1364, 1830), "nulls"),
    **dict.fromkeys((1216, 1217, 1451, 1452), "orphans"),
    **dict.fromkeys((1406, 1265), "truncation"),
    **dict.fromkeys((1264, 1690), "out of range"),
    **dict.fromkeys((1292, 1366, 1411, 1525, 3140, 3819, 3988, 4025, 1977), "wrong values"),
    **dict.fromkeys((1064, 1149), "syntax"),
}
"""What an error number is about, before rows are counted."""
ADVICE: dict[Kind, str] = {
    "duplicates": "Merge or delete the duplicates in an earlier migration, or make the key wider.",
    "nulls": "Fill the NULLs in an earlier migration, or leave the column nullable.",
    "orphans": "Delete or repair the orphaned rows in an earlier migration, or create the parents that they miss.",
    "truncation": "Shorten the values in an earlier migration, or keep the column as large as it is.",
    "out of range": "Correct the values in an earlier migration, or choose a type that holds them.",
    "wrong values": "Correct the values in an earlier migration, or choose a type that holds them.",
    "syntax": "Correct the statement; the message names the place where the server stopped understanding it.",
    "other": "",
}
_GENERIC: dict[Kind, str] = {
    "duplicates": "Rows have the same value in a unique key.",
    "nulls": "A column that must not be NULL gets no value.",
    "orphans": "A foreign key does not hold: a row points to one that is not there, or one that others point to goes.",
    "truncation": "A value does not fit into its column.",
    "out of range": "A number is too large or too small for its column.",
    "wrong values": "A value means nothing in its column's type, or a check does not let it in.",
    "syntax": "The server does not understand the statement.",
    "other": "The statement failed.",
}
_FOREIGN_KEY = re.compile(
    r"\(`[^`]*`\.`(?P<table>[^`]+)`, CONSTRAINT `(?P<name>[^`]+)` FOREIGN KEY \((?P<columns>[^)]+)\)"
)
_COLUMN = re.compile(r"(?:[Cc]olumn|Field) [`'](?:[^`'.]*[`']?\.[`']?)*(?P<column>[^`'.]+)[`']")
_KEY = re.compile(r"for key [`'](?:(?P<table>[^'`.]+)\.)?(?P<key>[^'`]+)[`']")

_COUNTERS: dict[Kind, Callable[[Connection, Wanted], Iterator[Explanation]]] = {
    "duplicates": duplicates,
    "orphans": orphans,
    "nulls": misfits,
    "truncation": misfits,
    "out of range": misfits,
    "wrong values": refused,
}


def explain(failed: Ran, connection: Connection, database: str | None = None) -> Explanation:
    """Why it failed. `connection` is an administrator's to the copy as the failure left it, in `database` or its own.

    What is in the way of an ALTER TABLE or CREATE INDEX is counted; it takes a scan or a sort of the table. For other
    statements the answer is what the error says, without numbers.
    """
    kind = KINDS.get(failed.error_code or 0, "other")
    plain = _by_message(failed, kind)
    counter = _COUNTERS.get(kind)
    if counter is None or len(failed.text) >= TEXT_CHARACTERS:
        return plain
    if database is None:
        database = str(rows(connection, "SELECT DATABASE()")[0][0])
    execute(connection, f"USE `{database.replace('`', '``')}`")
    seen = wanted(connection, database, failed.text)
    if seen is None:
        return plain
    try:
        found = list(counter(connection, seen))
    except DatabaseError:  # a condition that this server does not take: the message is all there is to say
        return plain
    counted = [each for each in found if any(each.counts.values())]
    best = next((each for each in counted if set(each.columns) & set(plain.columns)), counted[0] if counted else None)
    if best is None:
        return replace(plain, table=seen.table.name)
    return replace(best, advice=ADVICE[best.kind])


def _by_message(failed: Ran, kind: Kind) -> Explanation:
    """What the error alone says. Its text holds no values any more."""
    foreign, column, key = _FOREIGN_KEY.search(failed.error), _COLUMN.search(failed.error), _KEY.search(failed.error)
    found = Explanation(kind, f"{_GENERIC[kind]} The server says: {failed.error}.", advice=ADVICE[kind])
    if foreign and not foreign["table"].startswith("#sql"):
        columns = tuple(name.strip("` ") for name in foreign["columns"].split(","))
        return replace(found, table=foreign["table"], columns=columns, constraint=foreign["name"])
    if kind == "duplicates" and key:
        return replace(found, table=key["table"] or "", constraint=key["key"])
    return replace(found, columns=(column["column"],)) if column and kind not in ("syntax", "other") else found
