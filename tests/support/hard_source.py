"""A source with everything that a dump can get wrong, and a fingerprint that says which column came out otherwise.

`create(connection)` makes it in the connection's database, on MariaDB or MySQL. The statements are in hard_source.sql
and, for what only one of them has, hard_source_mariadb.sql and hard_source_mysql.sql beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

from dbs.mysql.interface import Connection
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute, execute_bytes, rows
from dbs.mysql.schema import Column, Table, read_schema
from dbs.mysql.script import statements
from dbs.mysql.version import MARIADB, parse

_HERE = Path(__file__).parent
# Without the zero dates, invalid dates and ids of nought that old production databases are full of, it were not hard.
MODES = "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'"
LARGEST = 16 * 2**20
"""Bytes of the two largest values, in the table `large`."""

CANARIES = ("canary.person@mail.example.org", "+49 1512 5550199", "DE89370400440532013000", "4111 1111 1111 1111")
"""Personal data of somebody who does not exist: in users, orders, addresses and inside the texts of messages."""

NASTY = (
    "", " ", "'", "''", '"', "\\", "\\\\", "\\'", "'\\", "\\N", "NULL", "null", "0x41", "0", "-0", "1e5", "%s", "%",
    "\n", "\r\n", "\0", "\x1a", "\t", "\b", "),\n(", ");\n", "'),\n('", "');\nINSERT INTO `nasty` VALUES\n(", "(", ")",
    ",", ";", "`", "-- x\n", "#", "/*!", "*/", "é", "😀", "\u200d", "\u200b", "\ufeffx", "DELIMITER ;;\n", "$$",
    "trailing  ", "line\\\nend", "\\\n",
)  # fmt: skip


def create(connection: Connection, large: bool = True) -> None:
    """Make it all in the database that the connection is in; `large` with the 16 MB values in the table `large`."""
    execute(connection, "SET NAMES utf8mb4")
    execute(connection, "SET SESSION time_zone = '+00:00'")
    execute(connection, MODES)
    own = "mariadb" if is_mariadb(connection) else "mysql"
    for name in ("hard_source.sql", f"hard_source_{own}.sql"):
        for statement in statements([(_HERE / name).read_bytes()]):
            execute_bytes(connection, statement.text)
    connection.begin()
    _texts(connection)
    _bytes(connection)
    _wide(connection)
    _persons(connection)
    connection.commit()
    if large:
        _large(connection)


def is_mariadb(connection: Connection) -> bool:
    """Whether the server is MariaDB."""
    version = parse(str(rows(connection, "SELECT VERSION()")[0][0]))
    return version is not None and version.flavour == MARIADB


def _texts(connection: Connection) -> None:
    for number, text in enumerate(NASTY):
        execute(connection, "INSERT INTO nasty (v, t) VALUES (%s, %s)", (text, text * 3))
        values = (number, text[:10].rstrip(), text, text, text, text * 100, text * 7, text[:20])
        execute(connection, "INSERT INTO texts VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", values)
    execute(connection, "INSERT INTO nasty (v, t) VALUES (NULL, NULL)")
    execute(connection, "INSERT INTO texts (id) VALUES (1000)")


def _bytes(connection: Connection) -> None:
    every = bytes(range(256))
    nasty = [text.encode() for text in NASTY]
    insert = "INSERT INTO raw_bytes VALUES (%s" + ", _binary %s" * 7 + ")"
    for number, value in enumerate([every, every[::-1], *nasty]):
        values = (number, value[:4], value, value[:255], value, value * 20, value, value[:20])
        execute(connection, insert, values)
    for byte in range(256):
        one = bytes([byte])
        execute(connection, insert, (1000 + byte, *[one] * 7))
    execute(connection, "INSERT INTO raw_bytes (id) VALUES (5000)")


def _wide(connection: Connection) -> None:
    """A table of sixty columns."""
    kinds = ("INT", "VARCHAR(30)", "DECIMAL(12,4)", "DATETIME", "VARBINARY(20)", "DOUBLE")
    columns = [f"c{number} {kinds[number % len(kinds)]}" for number in range(60)]
    execute(connection, f"CREATE TABLE wide ({', '.join(columns)}, PRIMARY KEY (c0))")
    values = {"INT": "%d", "VARCHAR(30)": "'v%d'", "DECIMAL(12,4)": "%d.5", "DATETIME": "'2026-01-%02d'"}
    for row in range(1, 29):
        cells = [values.get(kinds[number % len(kinds)], "%d") % (row,) for number in range(60)]
        execute(connection, f"INSERT INTO wide VALUES ({', '.join(cells)})")


def _persons(connection: Connection) -> None:
    email, phone, iban, card = CANARIES
    # What is loaded must be this: triggers that fire would change it, and leave lines in `changes`.
    for trigger in ("zeroth_shout", "first_shout", "second_shout", "then_note", "ordering"):
        assert rows(connection, "SELECT 1 FROM information_schema.triggers WHERE trigger_name = %s", (trigger,))
    for number in range(1, 41):
        own = email if number == 7 else f"Person{number}@mail.example.org"
        user = (number, own, f"Änne Müller {number}", phone if number == 7 else f"+49151{number:07}", "1980-02-29")
        insert = "INSERT INTO users (id, email, name, phone, born, ip, api_token) VALUES (%s, %s, %s, %s, %s, %s, %s)"
        execute(connection, insert, (*user, f"192.0.2.{number}", bytes([number]) * 32))
        address = (number, number, f"Straße {number}, 2. Stock", "Köln", iban if number == 7 else f"DE{number:020}")
        execute(connection, "INSERT INTO addresses VALUES (%s, %s, %s, %s, %s)", address)
        order = (
            number,
            number,
            own.upper(),
            f"{number}.99",
            "2026-11-19 01:02:03.000004",
            card if number == 7 else None,
        )
        execute(connection, "INSERT INTO orders VALUES (%s, %s, %s, %s, %s, %s)", order)
        meta = json.dumps({"to": own, "cc": [own, {"deep": f"<{own}>"}], "n": number})
        message = (number, number, f"Dear all, write to {own} or call {phone}.\n", meta, own.encode())
        execute(connection, "INSERT INTO messages VALUES (%s, %s, %s, %s, _binary %s)", message)


def _large(connection: Connection) -> None:
    """Two rows that take more than one statement, and one that just does not."""
    execute(connection, "CREATE TABLE `large` (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT CHARACTER SET utf8mb4)")
    blob = f"REPEAT(0x{bytes(range(256)).hex()}, %s)"
    text = r"REPEAT('é''\\),\n(', %s)"
    execute(connection, f"INSERT INTO `large` VALUES (1, {blob}, NULL)", (LARGEST // 256,))
    execute(connection, f"INSERT INTO `large` VALUES (2, 0x00, {text})", (LARGEST // 8,))
    execute(connection, f"INSERT INTO `large` VALUES (3, {blob}, {text})", (2**20 // 128, 2**20 // 4))


Fingerprint = dict[str, dict[str, str]]


def fingerprint(connection: Connection, database: str) -> Fingerprint:
    """Table → column → digest of its values, exact to the bit, in the order of the primary key.

    Without a primary key each column is taken in its own order. Generated columns count as well, but not those that
    say since when a row is there.
    """
    execute(connection, "SET SESSION group_concat_max_len = 1073741824")
    execute(connection, "SET SESSION time_zone = '+00:00'")
    tables = read_schema(connection, database).tables.values()
    return {table.name: _digests(connection, database, table) for table in tables}


def _digests(connection: Connection, database: str, table: Table) -> dict[str, str]:
    key = ", ".join(_exact(table.by_name[name]) for name in table.primary_key)
    query = "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
    kept = rows(connection, query + "AND generation_expression = 'ROW START'", (database, table.name))
    columns = [column for column in table.columns if (column.name,) not in kept]
    parts = []
    for column in columns:
        value = f"IFNULL(SHA2({_exact(column)}, 256), 'NULL')"
        parts.append(f"SHA2(GROUP_CONCAT({value} ORDER BY {key or value} SEPARATOR ','), 256)")
    where = f"{quote_name(database)}.{quote_name(table.name)}"
    found = rows(connection, f"SELECT {', '.join(parts)} FROM {where}")[0]
    return {column.name: str(digest) for column, digest in zip(columns, found, strict=True)}


def _exact(column: Column) -> str:
    """An expression of bytes or ASCII that differs whenever the value does."""
    name = quote_name(column.name)
    if column.data_type == "float":
        return f"CAST(CAST({name} AS DOUBLE) AS CHAR)"  # FLOAT itself is shown with six digits
    if column.data_type == "bit":
        return f"HEX({name})"
    if column.binary or (column.text and column.data_type != "json"):
        return f"CAST({name} AS BINARY)"
    return f"CAST({name} AS CHAR)"
