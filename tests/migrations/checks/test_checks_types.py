"""Which types hold all that another type holds: written down here, and tried on a server."""

from __future__ import annotations

import pytest

from dbs.migrations.checks.columns import Shape, Type, shape
from dbs.migrations.checks.fitting import objection
from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import execute, rows
from tests.migrations.places import Place

SHAPES = {
    "int(11) NOT NULL": Shape(Type("int", (11,)), False, False, False),
    "bigint(20) unsigned NOT NULL AUTO_INCREMENT": Shape(Type("bigint", (20,), True), False, True, False),
    "varchar(20) NULL DEFAULT 'NOT NULL' COMMENT 'x'": Shape(Type("varchar", (20,)), True, True, False),
    "varchar(20) NOT NULL COMMENT 'the DEFAULT one'": Shape(Type("varchar", (20,)), False, False, False),
    "decimal(10,4) NOT NULL DEFAULT 0.0000": Shape(Type("decimal", (10, 4)), False, True, False),
    "enum('a','b)') NOT NULL": Shape(Type("enum"), False, False, False),
    "int(11) GENERATED ALWAYS AS (`a` + 1) VIRTUAL": Shape(Type("int", (11,)), True, True, True),
}
HOLDS = [
    "smallint(6) > int(11)",
    "int(10) > int(11)",
    "int(10) unsigned > bigint(20)",
    "int(11) > decimal(12,2)",
    "int(11) > varchar(11)",
    "int(11) > double",
    "decimal(10,2) > decimal(12,4)",
    "float > double",
    "varchar(20) > varchar(21)",
    "varchar(255) > text",
    "text > longtext",
    "datetime > datetime(6)",
    "date > datetime",
    "timestamp > datetime",
    "enum('a') > varchar(1)",
    "point > geometry",
]
HOLDS_LESS = [
    "int(11) > smallint(6)",
    "int(11) > int(10) unsigned",
    "int(10) unsigned > int(11)",
    "int(11) > decimal(10,2)",
    "int(11) > varchar(10)",
    "bigint(20) > double",
    "decimal(10,2) > decimal(10,1)",
    "decimal(10,2) > decimal(10,4)",
    "decimal(10,2) > int(11)",
    "double > float",
    "double > decimal(30,10)",
    "varchar(21) > varchar(20)",
    "longtext > text",
    "text > varchar(1000)",
    "varbinary(20) > binary(10)",
    "datetime(6) > datetime(3)",
    "datetime > timestamp",
    "datetime > date",
    "varchar(20) > int(11)",
]
# What each type holds at its ends, and what is easily lost in between.
ENDS = {
    "smallint(6)": ["-32768", "32767"],
    "int(10)": ["-2147483648", "2147483647"],
    "int(11)": ["-2147483648", "2147483647", "16777217"],
    "int(10) unsigned": ["0", "4294967295"],
    "bigint(20)": ["9223372036854775807", "9007199254740993"],
    "decimal(10,2)": ["-99999999.99", "99999999.99", "0.01"],
    "float": ["0.5", "3e38", "-3e38"],
    "double": ["0.1", "1e300"],
    "varchar(20)": ["repeat('x', 20)"],
    "varchar(21)": ["repeat('x', 21)"],
    "varchar(255)": ["repeat('é', 255)"],
    "text": ["repeat('x', 65535)"],
    "longtext": ["repeat('x', 65536)"],
    "varbinary(20)": ["repeat('x', 20)"],
    "datetime": ["'1000-01-01 00:00:01'", "'9999-12-31 23:59:59'"],
    "datetime(6)": ["'2026-01-01 00:00:00.123456'"],
    "date": ["'1000-01-01'", "'9999-12-31'"],
    "timestamp": ["'2030-01-01 00:00:01'"],
}


@pytest.mark.parametrize("definition", SHAPES)
def test_a_definition_is_read(definition: str) -> None:
    assert shape(definition) == SHAPES[definition]


@pytest.mark.parametrize("change", HOLDS)
def test_a_type_that_holds_as_much_is_not_narrow(change: str) -> None:
    assert between(change) == ""


@pytest.mark.parametrize("change", HOLDS_LESS)
def test_a_type_that_holds_less_is_narrow(change: str) -> None:
    assert between(change)


@pytest.mark.parametrize("change", [each for each in HOLDS + HOLDS_LESS if each.split(" > ")[0] in ENDS])
def test_the_server_agrees(change: str, copy: Place) -> None:
    old, new = change.split(" > ")
    with copy.admin() as connection:
        execute(connection, f"CREATE TABLE t (a {old} NULL, b {old} NULL)")
        for value in ENDS[old]:
            execute(connection, f"INSERT INTO t VALUES ({value}, {value})")
        try:
            for there_and_back in (new, old):
                execute(connection, f"ALTER TABLE t MODIFY b {there_and_back} NULL")
        except DatabaseError:
            lost = True
        else:
            lost = rows(connection, "SELECT COUNT(*) FROM t WHERE NOT (a <=> b)") != [(0,)]
    assert lost == bool(between(change))


def between(change: str) -> str:
    """The objection to a change that is written `old > new`."""
    old, new = change.split(" > ")
    return objection(shape(old).type, shape(new).type)
