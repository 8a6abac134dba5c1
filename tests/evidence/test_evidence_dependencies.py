"""What depends on an index, a column, a table: as the comments of the SQL files expect, and as the server does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbs.evidence.dependencies import dependencies
from dbs.evidence.dictionary import read_table
from dbs.evidence.gathering import gather
from dbs.evidence.indexes import Asked
from dbs.evidence.interface import Dependency, NoSuchThingError, Touched
from dbs.evidence.serving import of_foreign_keys
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import execute
from tests.evidence.production import FEW, Production

FINDINGS = sorted((Path(__file__).parent / "findings").glob("*.sql"))
_TOUCH = re.compile(r"-- touch (table|column|index) (\S+)")


@dataclass
class Expected:
    """One `touch` of a file, and the lines after it."""

    touched: Touched
    lines: set[str] = field(default_factory=set)


def expectations(text: str) -> Iterator[Expected]:
    """All of a file."""
    current: Expected | None = None
    for line in text.splitlines():
        found = _TOUCH.match(line)
        if found is not None:
            if current is not None:
                yield current
            table, _, part = found[2].rpartition(".") if found[1] != "table" else (found[2], "", "")
            current = Expected(Touched(table, **({found[1]: part} if part else {})))
        elif current is not None and line.startswith("--   "):
            current.lines.add(line.removeprefix("--   ").strip())
    if current is not None:
        yield current


def line(one: Dependency) -> str:
    """A finding as the files write it."""
    return f"{one.kind} {one.name}" + (" blocks" if one.blocks else "") + ("" if one.certain else " perhaps")


@pytest.mark.parametrize("file", FINDINGS, ids=lambda file: file.stem)
def test_everything_that_the_file_expects_and_no_more(production: Production, file: Path) -> None:
    text = file.read_text()
    if production.version.flavour == "MySQL":  # it has no EXECUTE IMMEDIATE in procedures
        text = text.replace("EXECUTE IMMEDIATE 'SELECT status FROM orders'", "SELECT status FROM orders")
    plain = [one.strip() for one in text.split("\n-- touch")[0].split(";\n")]
    checked = 0
    with production.database(*(one for one in plain if one)) as database, production.account(database) as connection:
        for expected in expectations(text):
            found = dependencies(connection, production.version, database, expected.touched)
            assert {line(one) for one in found.found} == expected.lines, expected.touched
            assert len(found.found) == len(expected.lines), expected.touched
            assert found.unseen == ()
            checked += 1
    assert checked == text.count("-- touch ")


def test_what_the_account_may_not_see_is_said_with_the_grant(production: Production) -> None:
    made = ["CREATE TABLE t (id INT PRIMARY KEY, x INT, KEY k (x))", "CREATE PROCEDURE p() SELECT x FROM t"]
    with production.database(*made) as database, production.account(database, FEW) as connection:
        found = dependencies(connection, production.version, database, Touched("t", column="x"))
    assert [line(one) for one in found.found] == ["index k"]
    process, routines = found.unseen
    assert "databases that the account cannot see" in process and "GRANT PROCESS ON *.* TO 'reader'@'%';" in process
    right = "SELECT ON mysql.proc" if production.version.flavour == "MariaDB" else "SHOW_ROUTINE ON *.*"
    assert f"GRANT {right} TO 'reader'@'%';" in routines


def test_a_foreign_key_of_a_database_that_the_account_cannot_see(production: Production) -> None:
    parent, key = Touched("p arent"), Touched("p arent", index="PRIMARY")
    with production.database("CREATE TABLE `p arent` (id INT PRIMARY KEY)") as database, production.admin() as admin:
        execute(admin, "CREATE DATABASE hidden")
        try:
            far = f"CONSTRAINT far FOREIGN KEY (i) REFERENCES {database}.`p arent` (id)"
            execute(admin, f"CREATE TABLE hidden.child (i INT, {far})")
            with production.account(database) as connection:
                found = dependencies(connection, production.version, database, parent).found
                (index,) = dependencies(connection, production.version, database, key).found
        finally:
            execute(admin, "DROP DATABASE hidden")
    assert [(one.kind, one.name, one.blocks) for one in found] == [("foreign key", "far", True)]
    assert "from hidden.child (i) to p arent (id)" in index.sentence


def test_a_view_that_is_broken_already_is_said_to_be(production: Production) -> None:
    made = [
        "CREATE TABLE a (x INT)",
        "CREATE TABLE b (y INT)",
        "CREATE VIEW v AS SELECT x, y FROM a, b",
        "DROP TABLE b",
    ]
    with production.database(*made) as database, production.account(database) as connection:
        (view,) = dependencies(connection, production.version, database, Touched("a")).found
    assert view.kind == "view" and "It is broken already, says CHECK TABLE: " in view.sentence


def test_unknown_names_get_the_nearest(production: Production) -> None:
    made = ["CREATE TABLE orders (id INT PRIMARY KEY, email INT, KEY idx_email (email))"]
    cases = {
        Touched("order"): "There is no table 'order' in {}. Did you mean orders? There are: orders.",
        Touched("orders", index="idx_mail"): "There is no index 'idx_mail' on orders. Did you mean idx_email?",
        Touched("orders", column="mail"): "There is no column 'mail' in orders. There are: id, email.",
    }
    with production.database(*made) as database, production.account(database) as connection:
        for touched, sentence in cases.items():
            with pytest.raises(NoSuchThingError) as raised:
                dependencies(connection, production.version, database, touched)
            assert str(raised.value).startswith(sentence.format(database))


def test_the_sentence_of_a_table_and_of_a_column(production: Production) -> None:
    made = [
        "CREATE TABLE t (id INT PRIMARY KEY, x INT, y INT, KEY k (x), CONSTRAINT c CHECK (x > y))",
        "CREATE VIEW v AS SELECT id FROM t",
        "CREATE PROCEDURE p() SELECT x FROM t",
    ]
    sentences = {
        Touched("t"): "1 view depends on t. 1 routine may: its text names it.",
        Touched(
            "t", column="x"
        ): "The check c reads it: the server refuses to drop it. 1 index and 1 check depend on t.x. "
        "1 routine may: its text names it.",
    }
    with production.database(*made) as database, production.account(database) as connection:
        for touched, sentence in sentences.items():
            assert gather(connection, production.version, database, touched, Asked("shop", ())).sentence == sentence
    with production.database("CREATE TABLE t (x INT)") as database, production.account(database, FEW) as connection:
        found = gather(connection, production.version, database, Touched("t"), Asked("shop", ()))
    assert found.sentence == ("Nothing that dbs can see depends on t. There may be more: not everything could be seen.")


def test_capitals_of_index_and_column_do_not_count(production: Production) -> None:
    made = ["CREATE TABLE t (Id INT PRIMARY KEY, x INT, KEY Idx (x))"]
    with production.database(*made) as database, production.account(database) as connection:
        assert read_table(connection, production.version, database, "t").index("IDX").name == "Idx"
        (index,) = dependencies(connection, production.version, database, Touched("t", column="X")).found
    assert index.name == "Idx"


@pytest.mark.parametrize(
    "definition",
    [
        "a INT, b INT CHECK (b > 0)",
        "a INT, b INT, CHECK (b > a)",
        "a INT, b INT, c INT AS (b + 1) VIRTUAL",
        "a INT, b INT, c INT AS (b + 1) STORED",
        "a INT, b INT, UNIQUE u (a, b)",
        "a INT, b INT, KEY k (a, b)",
        "a INT, b INT, UNIQUE u (b)",
        "a INT, b INT, PRIMARY KEY (a, b)",
        "a INT, b INT) PARTITION BY HASH (b",
        "a INT, b INT) PARTITION BY RANGE (b + 1) (PARTITION p VALUES LESS THAN MAXVALUE",
        "a INT, b INT AUTO_INCREMENT, KEY (b)",
        "a INT, b INT REFERENCES parent (id), CONSTRAINT fk FOREIGN KEY (b) REFERENCES parent (id)",
    ],
)
def test_the_server_refuses_to_drop_a_column_where_it_is_said_to(production: Production, definition: str) -> None:
    with (
        production.database("CREATE TABLE parent (id INT PRIMARY KEY)", f"CREATE TABLE t ({definition})") as database,
        production.account(database) as connection,
        production.admin(database) as admin,
    ):
        found = dependencies(connection, production.version, database, Touched("t", column="b")).found
        try:
            execute(admin, "ALTER TABLE t DROP COLUMN b")
        except DatabaseError:
            assert [one for one in found if "the server refuses" in one.sentence and one.blocks], found
        else:
            assert not [one for one in found if "the server refuses" in one.sentence], found


def test_an_index_of_an_expression(counted_mysql: Production) -> None:
    made = ["CREATE TABLE t (id INT PRIMARY KEY, b INT, KEY f ((b + 1), id))"]
    with counted_mysql.database(*made) as database, counted_mysql.account(database) as connection:
        (index,) = dependencies(connection, counted_mysql.version, database, Touched("t", column="b")).found
    assert index.sentence == "f ((`b` + 1), id) is made from it: the server refuses to drop it."


_COLUMNS = st.lists(st.sampled_from(["id", "a", "b", "c", "t(5)"]), min_size=1, max_size=3, unique=True)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    indexes=st.lists(_COLUMNS, min_size=1, max_size=4), key=st.permutations(["a", "b", "id"]), width=st.integers(1, 2)
)
def test_the_server_refuses_to_drop_what_is_said_to_block(
    production: Production, indexes: list[list[str]], key: list[str], width: int
) -> None:
    """Which index serves a foreign key, and whether another one could: the server has the last word."""
    columns = ", ".join(key[:width])
    parent = f"CREATE TABLE parent ({', '.join(f'{one} INT' for one in key[:width])}, PRIMARY KEY ({columns}))"
    keys = ", ".join(f"KEY k{at} ({', '.join(parts)})" for at, parts in enumerate(indexes))
    child = (
        f"CREATE TABLE child (id INT PRIMARY KEY, a INT, b INT, c INT, t VARCHAR(20), {keys}, "
        f"CONSTRAINT fk FOREIGN KEY ({columns}) REFERENCES parent ({columns}))"
    )
    with production.database(parent, child) as database, production.account(database) as connection:
        names = [one.name for one in read_table(connection, production.version, database, "child").indexes]
        for name in names:
            shape = read_table(connection, production.version, database, "child")  # as the drops before left it
            said = any(one.blocks for one in of_foreign_keys(shape, shape.index(name)))
            if name != "PRIMARY":
                with production.admin(database) as admin:
                    assert refuses(admin, name) == said, (child, name)


def refuses(admin: Connection, index: str) -> bool:
    """Whether the server refuses to drop it because of a foreign key; else it is gone."""
    try:
        execute(admin, f"DROP INDEX {quote_name(index)} ON child")
    except DatabaseError as error:
        assert error.code == 1553, error
        return True
    return False
