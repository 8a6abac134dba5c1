"""Everything of a dump that is not rows, read from a server: tables and sequences, and what goes behind the rows.

It takes no locks: SHOW CREATE gives its metadata locks back by itself. The texts are in utf8mb4 and end with a line
break, ready for a file; `objects` is meant to come after the rows, so that no trigger fires while they are loaded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbs.dumps.interface import DumpError
from dbs.dumps.objects import Session, compound_objects, view_objects
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute, rows
from dbs.mysql.schema import Schema, Table
from dbs.mysql.undecoded import byte_rows

# Their tables are windows to another server: rows come from there, and the definition may hold its password.
_ELSEWHERE = {"FEDERATED", "CONNECT", "SPIDER"}
_NO_SAVEPOINT = 1305

# What stands in quotes is skipped as a whole, so none of the other patterns is ever found inside.
_TEXT, _NAME = rb"'(?:[^'\\]|\\.|'')*+'", rb"`(?:[^`]|``)*+`"
_PLACES = (
    # Where the files are on the source's disk; which key or tablespace they are in.
    rb"\s(?:DATA|INDEX) DIRECTORY\s*=\s*" + _TEXT,
    rb"\s/\*!50100 TABLESPACE " + _NAME + rb" \*/",
    rb"\s/\*!80016 ENCRYPTION='\w' \*/",
    rb"\s`?(?:ENCRYPTED|ENCRYPTION_KEY_ID)`?=\w+",
)
_NOT_TEXT = re.compile(rb"'((?:[^'\\]|\\.|'')*+)'|" + _NAME, re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)|''", re.DOTALL)
_ESCAPED = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"Z": b"\x1a"}


@dataclass(frozen=True)
class Structure:
    """Pieces of a dump's text, each one or more whole statements. `tables` go before the rows, `objects` behind them.

    `left_out` are sentences about what cannot be copied because it does not work on the source either.
    """

    tables: tuple[str, ...]
    objects: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def read_structure(connection: Connection, database: str, schema: Schema) -> Structure:
    """Read it in the reader's session, whose database becomes `database`.

    Raises `DumpError`, which names the GRANT where a right is missing, and `DatabaseError`.
    """
    execute(connection, f"USE {quote_name(database)}")
    execute(connection, "SET SESSION sql_mode = '', sql_quote_show_create = 1")
    tables = [_table(connection, database, table) for table in schema.tables.values()]
    session = Session(connection, database)
    routines = compound_objects(session, "routines")
    views, left_out = view_objects(session)
    behind = [compound_objects(session, kind) for kind in ("triggers", "events")]
    objects = [session.opening(), *routines, *views, *behind[0], *behind[1], session.closing()]
    return Structure((session.defaults(), *_sequences(connection, database), *tables), tuple(objects), tuple(left_out))


def _sequences(connection: Connection, database: str) -> list[str]:
    """MariaDB's sequences, each where it stands now; tables may take their defaults from them."""
    listing = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'SEQUENCE'"
    found = []
    for (name,) in sorted(rows(connection, listing, (database,))):
        place = quote_name(str(name))
        created = str(rows(connection, f"SHOW CREATE SEQUENCE {place}")[0][1])
        value, cycles = _state(connection, place)
        found.append(
            f"DROP SEQUENCE IF EXISTS {place};\n{created};\n"
            f"DO SETVAL({place}, {value}, 0, {cycles});\n"  # 0: that value itself is the next one
        )
    return found


def _state(connection: Connection, place: str) -> tuple[int, int]:
    """Next value and cycles; in a transaction the sequence is let go of at once, so that it can be altered."""
    execute(connection, "SAVEPOINT dbs_sequence")
    query = f"SELECT next_not_cached_value, cycle_count FROM {place}"  # noqa: S608 - quoted
    value, cycles = rows(connection, query)[0]
    try:
        execute(connection, "ROLLBACK TO SAVEPOINT dbs_sequence")
    except DatabaseError as error:
        if error.code != _NO_SAVEPOINT:  # there is none outside a transaction
            raise
    return int(value), int(cycles)


def _table(connection: Connection, database: str, table: Table) -> str:
    if table.engine.upper() in _ELSEWHERE:
        raise DumpError(
            f"The table {table.name} is a window to another server (engine {table.engine}) and cannot be dumped "
            "from here; keep it in another database."
        )
    place = quote_name(table.name)
    created: bytes = byte_rows(connection, f"SHOW CREATE TABLE {place}")[0][1]
    return f"DROP TABLE IF EXISTS {place};\n{rewrite_table(created, database)};\n"


def rewrite_table(created: bytes, database: str) -> str:
    """A CREATE TABLE for another server: without places on the source's disk, without the database's name.

    Defaults that are no text become numbers in hex: in a dump in utf8mb4 the server would refuse them as they are.
    """
    own = re.escape(quote_name(database).encode()) + rb"\.(?=`)"  # DEFAULT nextval(`shop`.`numbers`)
    wanted = re.compile(
        rb"(?P<drop>" + rb"|".join(_PLACES) + rb"|" + own + rb")|" + _TEXT + rb"|" + _NAME, re.IGNORECASE | re.DOTALL
    )
    kept = wanted.sub(lambda found: b"" if found["drop"] is not None else found[0], created)
    return _NOT_TEXT.sub(_as_hex, kept).decode()


def _as_hex(found: re.Match[bytes]) -> bytes:
    try:
        found[0].decode()
    except UnicodeDecodeError:
        value = _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]) if escape[1] else b"'", found[1])
        return b"0x" + value.hex().encode()
    return found[0]
