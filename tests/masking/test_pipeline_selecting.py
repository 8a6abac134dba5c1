"""Which rows are read of a real database, so that none points to one that is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from dbs.masking.interface import KEEP, Policy, PolicyError, Rule, TablePolicy
from dbs.masking.selecting import readings
from dbs.mysql.interface import Connection
from dbs.mysql.packets import Fields, parse
from dbs.mysql.query import execute
from dbs.mysql.rows import stream
from dbs.mysql.schema import Schema, read_schema
from tests.dumps.private_server import private_server

pytestmark = pytest.mark.server

STATEMENTS = """
CREATE TABLE country (id INT PRIMARY KEY, name VARCHAR(20));
CREATE TABLE person (id INT PRIMARY KEY, email VARCHAR(50), made DATETIME, country INT NOT NULL, friend INT,
  FOREIGN KEY (country) REFERENCES country (id), FOREIGN KEY (friend) REFERENCES person (id));
CREATE TABLE purchase (id INT PRIMARY KEY, person INT NOT NULL, agent INT,
  FOREIGN KEY (person) REFERENCES person (id), FOREIGN KEY (agent) REFERENCES person (id));
CREATE TABLE item (id INT PRIMARY KEY, purchase INT NOT NULL, FOREIGN KEY (purchase) REFERENCES purchase (id));
CREATE TABLE pair (a INT, b INT, PRIMARY KEY (a, b));
CREATE TABLE to_pair (id INT PRIMARY KEY, a INT, b INT NOT NULL, FOREIGN KEY (a, b) REFERENCES pair (a, b));
CREATE TABLE node (id INT PRIMARY KEY, parent INT NOT NULL, kind INT, FOREIGN KEY (parent) REFERENCES node (id));
CREATE TABLE customer (id INT PRIMARY KEY, favourite INT);
CREATE TABLE address (id INT PRIMARY KEY, customer INT NOT NULL, FOREIGN KEY (customer) REFERENCES customer (id));
INSERT INTO customer VALUES (1,1), (2,2), (3,2);
INSERT INTO address VALUES (1,1), (2,2);
ALTER TABLE customer ADD FOREIGN KEY (favourite) REFERENCES address (id);
CREATE TABLE measure (id INT PRIMARY KEY, f FLOAT, d DOUBLE, s INT AS (id * 2) STORED);
INSERT INTO country VALUES (1,'Here'), (2,'There');
INSERT INTO person VALUES (1,'a@b',NOW(),1,NULL), (2,'b@b',NOW() - INTERVAL 100 DAY,2,1), (3,'c@b',NOW(),2,2),
  (4,'d@b',NOW(),1,4);
INSERT INTO purchase VALUES (1,1,NULL), (2,2,1), (3,3,2), (4,4,4);
INSERT INTO item VALUES (1,1), (2,2), (3,3), (4,4);
INSERT INTO pair VALUES (1,1), (1,2);
INSERT INTO to_pair VALUES (1,1,1), (2,1,2), (3,NULL,2);
INSERT INTO node VALUES (1,1,0), (2,1,1), (3,2,0);
INSERT INTO measure (id, f, d) VALUES (1, 16777216, 0.1), (2, 123456.7, 1e300);
"""


@pytest.fixture(scope="module")
def source() -> Iterator[tuple[Connection, Schema]]:
    with private_server() as server, server.connect() as connection:
        execute(connection, "CREATE DATABASE shop")
        execute(connection, "USE shop")
        for statement in STATEMENTS.strip().split(";\n"):
            execute(connection, statement.rstrip(";"))
        yield connection, read_schema(connection, "shop")


def keeping(schema: Schema, limits: Mapping[str, TablePolicy]) -> Policy:
    """Everything is kept; `limits` say of which rows."""
    tables = {}
    for name, table in schema.tables.items():
        limit = limits.get(name, TablePolicy())
        columns = {column.name: Rule(KEEP) for column in table.stored}
        tables[name] = TablePolicy(columns, limit.skip_data, limit.where, limit.newest_days, limit.newest_by)
    return Policy("shop", tables)


def read(source: tuple[Connection, Schema], policy: Policy, skipped: tuple[str, ...] = ()) -> dict[str, list[Fields]]:
    """Table → rows, as they are read."""
    connection, schema = source
    found = {}
    for one in readings(policy, schema, skipped):
        count = len(one.plan.columns)
        fields: Fields = []
        if one.select is not None:
            for block in stream(connection, one.select):
                assert block.fields == count
                fields += parse(block.packets, count)
        found[one.plan.name] = sorted((fields[at : at + count] for at in range(0, len(fields), count)), key=repr)
    return found


def ids(rows: list[Fields]) -> list[int]:
    return [int(row[0] or 0) for row in rows]


def orphans(schema: Schema, rows: Mapping[str, list[Fields]]) -> list[str]:
    """The keys that point to a row which was not read."""
    found = []
    for table in schema.tables.values():
        places = {column.name: at for at, column in enumerate(table.stored)}
        for key in table.foreign_keys:
            there = {column.name: at for at, column in enumerate(schema.tables[key.table].stored)}
            targets = {tuple(row[there[name]] for name in key.referenced) for row in rows[key.table]}
            for row in rows[table.name]:
                values = tuple(row[places[name]] for name in key.columns)
                if None not in values and values not in targets:
                    found.append(f"{table.name} {values}")
    return found


def test_without_limits_everything_is_read(source: tuple[Connection, Schema]) -> None:
    rows = read(source, keeping(source[1], {}))
    assert {name: len(found) for name, found in rows.items()} == {
        "country": 2, "person": 4, "purchase": 4, "item": 4, "pair": 2, "to_pair": 3, "node": 3, "measure": 2,
        "customer": 3, "address": 2,
    }  # fmt: skip
    assert orphans(source[1], rows) == []


def test_a_float_comes_with_all_its_digits_and_what_is_generated_not_at_all(source: tuple[Connection, Schema]) -> None:
    rows = read(source, keeping(source[1], {}))["measure"]
    assert [len(row) for row in rows] == [3, 3]
    assert [float(row[1] or 0) for row in rows] == [16777216.0, 123456.703125]


LIMITS = {
    "where": {"person": TablePolicy(where="id <> 2")},
    "newest": {"person": TablePolicy(newest_days=30, newest_by="made")},
    "where far away": {"country": TablePolicy(where="name = 'Here'")},
    "skipped": {"person": TablePolicy(skip_data=True)},
    "skipped far away": {"country": TablePolicy(skip_data=True)},
    "a composite key": {"pair": TablePolicy(where="b = 1")},
    "a skipped composite key": {"pair": TablePolicy(skip_data=True)},
    "a self reference that is nullable": {"person": TablePolicy(where="id > 1")},
    "several": {"person": TablePolicy(where="id <> 4"), "purchase": TablePolicy(where="id > 1")},
    "an expression with OR": {"person": TablePolicy(where="id = 1 OR id = 3")},
}


@pytest.mark.parametrize("limit", LIMITS)
def test_no_row_points_to_one_that_is_left_out(source: tuple[Connection, Schema], limit: str) -> None:
    rows = read(source, keeping(source[1], LIMITS[limit]))
    assert orphans(source[1], rows) == []
    assert len(rows["measure"]) == 2


def test_rows_that_have_to_point_somewhere_go_and_others_point_to_nothing(source: tuple[Connection, Schema]) -> None:
    rows = read(source, keeping(source[1], LIMITS["where"]))
    assert ids(rows["person"]) == [1, 3, 4]
    assert [row[4] for row in rows["person"]] == [None, None, b"4"]  # the friend of 3 was 2
    assert ids(rows["purchase"]) == [1, 3, 4]
    assert [row[2] for row in rows["purchase"]] == [None, None, b"4"]
    assert ids(rows["item"]) == [1, 3, 4]
    assert read(source, keeping(source[1], LIMITS["newest"])) == rows


def test_what_hangs_on_a_skipped_table_goes_with_it(source: tuple[Connection, Schema]) -> None:
    for rows in (
        read(source, keeping(source[1], LIMITS["skipped"])),
        read(source, keeping(source[1], {}), skipped=("person",)),
    ):
        assert {name for name, found in rows.items() if not found} == {"person", "purchase", "item"}
        assert len(rows["country"]) == 2


def test_a_key_with_null_in_it_points_nowhere_and_stays(source: tuple[Connection, Schema]) -> None:
    rows = read(source, keeping(source[1], LIMITS["a composite key"]))["to_pair"]
    assert rows == [[b"1", b"1", b"1"], [b"2", None, b"2"], [b"3", None, b"2"]]


def test_a_required_circle_is_read_whole_or_not_at_all(source: tuple[Connection, Schema]) -> None:
    with pytest.raises(PolicyError, match="node points to it in a circle by parent"):
        readings(keeping(source[1], {"node": TablePolicy(where="kind = 0")}), source[1])
    assert read(source, keeping(source[1], {"node": TablePolicy(skip_data=True)}))["node"] == []


def test_a_circle_that_a_null_can_end_is_followed_once_around(source: tuple[Connection, Schema]) -> None:
    """A customer has a favourite address, and each address a customer: not always the same one."""
    rows = read(source, keeping(source[1], {"customer": TablePolicy(where="id <> 2")}))
    assert orphans(source[1], rows) == []
    assert rows["customer"] == [[b"1", b"1"], [b"3", None]]
    assert ids(rows["address"]) == [1]


def test_a_column_without_a_rule_is_not_read(source: tuple[Connection, Schema]) -> None:
    policy = keeping(source[1], {})
    columns = {name: rule for name, rule in policy.tables["person"].columns.items() if name != "email"}
    short = Policy("shop", {**policy.tables, "person": TablePolicy(columns)})
    with pytest.raises(PolicyError, match=r"person\.email is not in the policy"):
        readings(short, source[1])
    emptied = Policy("shop", short.tables, unclassified="null")
    plan = next(one.plan for one in readings(emptied, source[1]) if one.plan.name == "person")
    assert [column.mask for column in plan.columns] == [KEEP, "null", KEEP, KEEP, KEEP]
