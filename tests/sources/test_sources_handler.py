"""MariaDB with a binary log: only a HANDLER lets go of a table before the end; on real servers."""

from __future__ import annotations

import pytest

from dbs.masking.interface import Policy, Rule, TablePolicy
from dbs.masking.selecting import readings
from dbs.mysql.query import rows
from dbs.mysql.schema import read_schema
from dbs.sources.opening import open_source
from dbs.sources.reading import consistent, table
from tests.sources.servers import NETWORK, PASSWORD, Server
from tests.sources.shop import plain, read, write

# Column → its value, as SQL.
VALUES = {
    "id BIGINT UNSIGNED PRIMARY KEY": "18446744073709551615",
    "big DECIMAL(65,30)": "12345.000000000000000000000000000001",
    "d DOUBLE": "0.1",
    "b BIT(9)": "b'101010101'",
    "t TINYTEXT": r"'it''s \\ \n'",
    "blobs LONGBLOB": "x'00ff0a27'",
    "e ENUM('a','é')": "'é'",
    "s SET('x','y')": "'x,y'",
    "j JSON": """'{"k": "☃"}'""",
    "g POINT": "ST_GeomFromText('POINT(1 2)')",
    "day DATE": "'0000-00-00'",
    "at DATETIME(6)": "'2026-11-20 01:02:03.456789'",
    "ts TIMESTAMP(3) NULL": "'2026-11-20 01:02:03.456'",
    "y YEAR": "2026",
    "latin VARCHAR(9) CHARSET latin1": "'grün'",
}


def test_a_handler_gives_what_a_select_gives(primary: Server) -> None:
    write(
        primary,
        "SET sql_mode = ''",
        f"CREATE OR REPLACE TABLE types ({', '.join(VALUES)}) CHARSET utf8mb4",
        f"INSERT INTO types VALUES ({', '.join(VALUES.values())})",
        "INSERT INTO types (id) VALUES (0), (1), (2)",
    )
    select = plain(*(column.split()[0] for column in VALUES), table="types")
    with open_source(primary.local(), PASSWORD, NETWORK) as found, consistent(found):
        with table(found.connection, "types") as one:
            sent = one.statement(select)
            assert sent.startswith("HANDLER ") and one.releases(select) and not one.released_early
            by_handler = rows(found.connection, sent)
        assert by_handler == rows(found.connection, f"{select} ORDER BY id") and len(by_handler) == 4


@pytest.mark.parametrize("key", ["", ", PRIMARY KEY (id)", ", UNIQUE (word, id)"], ids=["none", "primary", "unique"])
def test_a_handler_reads_in_the_snapshot(primary: Server, key: str) -> None:
    write(
        primary,
        f"CREATE OR REPLACE TABLE many (id INT NOT NULL, word VARCHAR(9) NOT NULL{key})",
        "INSERT INTO many SELECT seq, 'old' FROM seq_1_to_20000",
    )
    with open_source(primary.local(), PASSWORD, NETWORK) as found, consistent(found):
        write(
            primary, "UPDATE many SET word = 'new'", "DELETE FROM many WHERE id % 2", "INSERT INTO many VALUES (0, 'x')"
        )
        with table(found.connection, "many") as one:
            assert set(read(found, one)) == {(number, "old") for number in range(1, 20001)}


@pytest.mark.parametrize(
    "definition",
    [
        "(id INT PRIMARY KEY, word VARCHAR(9)) PARTITION BY HASH(id) PARTITIONS 2",
        "(id INT, word VARCHAR(9)) WITH SYSTEM VERSIONING",
        "(id INT, word VARCHAR(9), twice INT AS (id * 2))",
        "(id INT, word VARCHAR(9), hidden INT INVISIBLE DEFAULT 3)",
        "(id INT, word FLOAT)",
    ],
    ids=["partitioned", "versioned", "generated", "invisible", "float"],
)
def test_what_a_handler_would_not_give_rightly_is_selected(primary: Server, definition: str) -> None:
    write(primary, f"CREATE OR REPLACE TABLE odd {definition}", "INSERT INTO odd (id, word) VALUES (1, 1)")
    with open_source(primary.local(), PASSWORD, NETWORK) as found, consistent(found):
        write(primary, "UPDATE odd SET word = 2")
        select = plain("id", "word", table="odd")
        with table(found.connection, "odd") as one:
            assert one.statement(select) == select and not one.releases(select)
            assert [(number, float(word)) for number, word in rows(found.connection, select)] == [(1, 1.0)]


def test_another_select_stays_as_it_is(primary: Server) -> None:
    with (
        open_source(primary.local(), PASSWORD, NETWORK) as found,
        consistent(found),
        table(found.connection, "first") as one,
    ):
        select = plain("id", "word", table="first") + " WHERE id = 1"
        assert (one.statement(select), one.releases(select)) == (select, False)
        assert one.statement(plain("id", table="first")) == plain("id", table="first")


def test_where_savepoints_release_nothing_changes(replica: Server) -> None:
    with (
        open_source(replica.local(), PASSWORD, NETWORK) as found,
        consistent(found),
        table(found.connection, "first") as one,
    ):
        assert one.released_early and one.statement("SELECT 1") == "SELECT 1" and one.releases("SELECT 1")


def test_the_select_of_a_masked_table_is_one_that_a_handler_can_replace(primary: Server) -> None:
    write(
        primary,
        "CREATE OR REPLACE TABLE masked (id INT PRIMARY KEY, `od``d` TEXT)",
        "INSERT INTO masked VALUES (1, 'x')",
    )
    with open_source(primary.local(), PASSWORD, NETWORK) as found, consistent(found):
        schema = read_schema(found.connection, "shop")
        keep = {
            name: TablePolicy({column.name: Rule("keep") for column in one.columns})
            for name, one in schema.tables.items()
        }
        (reading,) = (one for one in readings(Policy("shop", keep), schema) if one.plan.name == "masked")
        with table(found.connection, "masked") as one:
            assert reading.select is not None and one.releases(reading.select)
            assert rows(found.connection, one.statement(reading.select)) == [(1, "x")]
