"""The hash chain: each row's hash covers all its columns, one of which is the hash of the row before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select

from dbs.audit.encoding import canonical
from dbs.audit.interface import GENESIS, Verification
from dbs.state.tables import audit_event


def row_hash(row: Mapping[str, Any]) -> str:
    """sha256 over the canonical JSON of all columns but `hash`; 64 hexadecimal digits."""
    covered = {
        # Bytes where text was written can only come from a hand; spelled so that they match no text.
        name: value if not isinstance(value, bytes) else {"bytes": value.hex()}
        for name, value in row.items()
        if name != "hash"
    }
    return hashlib.sha256(canonical(covered).encode("ascii")).hexdigest()


def walk(connection: Connection, expected_head: str | None) -> Verification:
    """Follow the chain from the first row; see `Audit.verify`."""
    rows, head, problem = 0, GENESIS, None
    met = expected_head in (None, GENESIS)
    with _any_bytes(connection):
        for found in connection.execute(select(audit_event).order_by(audit_event.c.id)).mappings():
            row, rows = dict(found), rows + 1
            problem = problem or _problem(rows, head, row)
            if problem is None:
                head = row["hash"]
                met = met or head == expected_head
    if problem is None and not met:
        problem = rows + 1, "The expected head is not in the table: its end was cut off, or all was rewritten."
    if problem is None:
        return Verification(rows, head, None, f"All {rows} rows are as they were written.")
    return Verification(rows, head, *problem)


def _problem(position: int, head: str, row: Mapping[str, Any]) -> tuple[int, str] | None:
    """What is wrong with the row at a position (from 1) that follows the row with hash `head`."""
    if row["id"] != position:
        return position, f"Row {position} is missing."
    if row["prev_hash"] != head:
        return position, f"Row {position} does not follow row {position - 1}."
    if row["hash"] != row_hash(row):
        return position, f"Row {position} was altered."
    return None


@contextmanager
def _any_bytes(connection: Connection) -> Iterator[None]:
    """Read text that is no valid UTF-8 too: an altered byte must be found, not end the walk."""
    driver: Any = connection.connection.driver_connection
    driver.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str
