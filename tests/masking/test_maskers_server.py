"""A real server takes every stand-in, in strict mode, without a warning and without a duplicate key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dbs.masking.interface import Place
from dbs.mysql.interface import Connection
from dbs.mysql.query import rows
from tests.dumps.private_server import private_server
from tests.support import maskers as at
from tests.support.maskers import mask, unique

NAMES = ("Anna Müller", "José", "ANNA", "zoë ", "Łukasz O'Brien", "李小龍", "a", "", "Straße 7", "ß")
TEXTS = [*NAMES, "anna@shop.example", "+49 (170) 123-4567", "10.0.0.1", "fe80::1", "x" * 60, "two\nlines", "0", "cafe"]
NUMBERS = [0, 1, -1, 9, 10, 127, -128, 99, 55]
LATIN = replace(at.LONG, characters=60, octets=60)
COLUMNS: list[tuple[str, str, Place, list[str]]] = [
    *((name, "VARCHAR(60) CHARACTER SET latin1", LATIN, TEXTS) for name in ("name", "address", "text", "hash")),
    *((name, "VARCHAR(60) CHARACTER SET utf8mb3", LATIN, TEXTS) for name in ("email", "phone", "token", "ip")),
    *((name, "VARCHAR(60) CHARACTER SET ascii UNIQUE", unique(LATIN), TEXTS) for name in ("name", "hash", "token")),
    *((name, "VARCHAR(60) CHARACTER SET utf16 UNIQUE", unique(LATIN), TEXTS) for name in ("email", "text", "phone")),
    *((name, "TINYINT UNIQUE", unique(at.TINY), [str(one) for one in NUMBERS]) for name in ("number", "phone")),
    ("ip", "INT UNSIGNED UNIQUE", unique(at.UNSIGNED), ["0", "4294967295", "2130706433"]),
    ("ip", "INET6 UNIQUE", replace(unique(at.LONG), data_type="inet6"), ["::1", "fe80::1", "2001:db8::ff"]),
    ("token", "UUID UNIQUE", replace(unique(at.LONG), data_type="uuid"), ["123e4567-e89b-12d3-a456-426655440000"]),
    ("number", "DECIMAL(65,30)", at.EXACT, ["9" * 35 + "." + "9" * 30, "-1." + "0" * 30, "0." + "0" * 29 + "1"]),
    ("number", "DOUBLE", at.DOUBLE, ["1.7976931348623157e308", "-2.2250738585072014e-308", "0.1", "-0"]),
    ("date", "DATE UNIQUE", unique(at.DAY), ["1000-01-01", "2020-02-29", "9999-12-31", "9999-12-30"]),
    ("date", "DATETIME(6)", at.MOMENT, ["1000-01-01 00:00:00.000001", "9999-12-30 23:59:59.999999"]),
    ("date", "TIMESTAMP(6) NULL", at.STAMP, ["1970-01-01 00:00:01.000000", "2038-01-19 03:14:07.999999"]),
    ("date", "YEAR UNIQUE", unique(at.YEAR), ["1901", "2155", "1985"]),
    ("json", "JSON", at.DOCUMENT, ['{"a": ["x", 1, 1.5, true, null]}', '"é"', "no document"]),
    ("hash", "ENUM('new','open','closed')", at.CHOICE, ["new", "open", "closed"]),
    ("hash", "SET('new','open','closed')", at.CHOICES, ["new,open", "closed"]),
]


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with private_server() as server:
        connected = server.connect()
        rows(connected, "CREATE DATABASE masked CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        rows(connected, "USE masked")
        rows(connected, "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'TRADITIONAL'")
        yield connected
        connected.close()


@pytest.mark.server
@pytest.mark.parametrize(("name", "column", "place", "values"), COLUMNS)
def test_a_real_server_takes_every_stand_in(
    connection: Connection, name: str, column: str, place: Place, values: list[str]
) -> None:
    rows(connection, f"CREATE OR REPLACE TABLE one (it {column})")
    function = mask(name, place)
    stand_ins = [function(value.encode(), b"7") for value in values]
    for stand_in in stand_ins:
        assert stand_in is not None
        rows(connection, "INSERT INTO one VALUES (%s)", (stand_in.decode(),))
        assert rows(connection, "SHOW WARNINGS") == []
    assert rows(connection, "SELECT count(*) FROM one") == [(len(values),)]
