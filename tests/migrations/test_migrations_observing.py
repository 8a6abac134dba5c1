"""Observations: what a run did to tables, rows, sizes and schema, seen in the dictionary and nowhere else."""

from __future__ import annotations

import pytest

from dbs.migrations.encoding import from_json, to_json
from dbs.migrations.interface import Difference, Observed
from dbs.migrations.observing import compare, observe
from tests.migrations.places import Place

pytestmark = pytest.mark.server
SHOP = (
    "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, mail VARCHAR(50) NOT NULL DEFAULT 'NOT NULL', n INT)",
    "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, total DECIMAL(10, 2) DEFAULT 1.5, KEY u (user_id),"
    " CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE TABLE logs (id INT)",
    "INSERT INTO users (mail) VALUES ('a'), ('b'), ('c')",
    "INSERT INTO orders (id, user_id) VALUES (1, 1), (2, 1), (3, 2)",
)


def difference(place: Place, *statements: str) -> Difference:
    """What these statements change."""
    before = look(place)
    place.execute(*statements)
    found = compare(before, look(place))
    assert from_json(Difference, to_json(found)) == found
    return found


def look(place: Place) -> Observed:
    """The database now."""
    with place.admin() as admin:
        return observe(admin, place.database)


def schema(found: Difference) -> list[tuple[str, str, str, str]]:
    """What changed of the schema."""
    return [(each.what, each.kind, each.table, each.name) for each in found.schema]


def test_nothing_done_is_no_difference(each_copy: Place) -> None:
    each_copy.execute(*SHOP)
    found = difference(each_copy, "SELECT COUNT(*) FROM users")
    assert (found.tables, found.schema, found.text) == ((), (), "")
    assert found.bytes_before == found.bytes_after > 0


def test_rows_are_counted_and_so_are_changes_by_cascades(each_copy: Place) -> None:
    each_copy.execute(*SHOP)
    found = difference(each_copy, "UPDATE users SET n = 1", "DELETE FROM users WHERE id = 1")
    changes = {each.name: each for each in found.tables}
    assert sorted(changes) == ["orders", "users"]
    users, orders = changes["users"], changes["orders"]
    assert (
        users.before and users.after and (users.before.rows, users.after.rows, users.after.rows_exact) == (3, 2, True)
    )
    assert users.rows_changed == 4 and orders.rows_changed == 2 and not users.rebuilt


def test_the_schema_is_compared_part_by_part(each_copy: Place) -> None:
    each_copy.execute(*SHOP)
    found = difference(
        each_copy,
        "ALTER TABLE users ADD COLUMN age INT NOT NULL DEFAULT 18 COMMENT 'in years' AFTER id,"
        " ADD UNIQUE KEY m (mail(5) DESC)",
        "ALTER TABLE orders MODIFY total DECIMAL(12, 2), DROP FOREIGN KEY fk,"
        " ADD CONSTRAINT positive CHECK (total > 0)",
        "CREATE TRIGGER t BEFORE INSERT ON logs FOR EACH ROW SET NEW.id = 1",
        "CREATE VIEW v AS SELECT id FROM users",
        "CREATE PROCEDURE p (x INT) SELECT x",
        "CREATE TABLE fresh (id INT)",
    )
    assert sorted(schema(found)) == [
        ("added", "check", "orders", "positive"),
        ("added", "column", "fresh", "id"),
        ("added", "column", "users", "age"),
        ("added", "index", "users", "m"),
        ("added", "routine", "", "p"),
        ("added", "table", "", "fresh"),
        ("added", "trigger", "logs", "t"),
        ("added", "view", "", "v"),
        ("changed", "column", "orders", "total"),
        ("dropped", "foreign key", "orders", "fk"),
    ]
    by_name = {each.name: each for each in found.schema}
    # MySQL has forgotten how wide a number is shown.
    assert by_name["age"].after.replace("int(11)", "int") == "int NOT NULL DEFAULT 18 COMMENT 'in years'"
    assert by_name["m"].after.startswith("UNIQUE (mail(5)")
    assert (by_name["total"].before.split()[0], by_name["total"].after.split()[0]) == ("decimal(10,2)", "decimal(12,2)")
    assert (
        by_name["fk"].before == "(user_id) REFERENCES users (id) ON UPDATE " + by_name["fk"].before.split("UPDATE ")[1]
    )
    assert "+column users.age int" in found.text and "-foreign key orders.fk" in found.text
    assert [each.name for each in found.tables if each.before is None] == ["fresh"]


def test_renamed_rebuilt_and_reordered(each_copy: Place) -> None:
    each_copy.execute(*SHOP)
    found = difference(
        each_copy,
        "RENAME TABLE logs TO history",
        "ALTER TABLE users MODIFY n INT FIRST",
        "ALTER TABLE orders ENGINE=InnoDB",
    )
    changes = {each.name: each for each in found.tables}
    renamed = changes["history"]
    assert renamed.before and renamed.before.name == "logs" and not renamed.rebuilt
    assert changes["orders"].rebuilt and changes["orders"].rows_changed is None
    assert ("changed", "column order", "users", "") in schema(found)
    assert "logs" not in changes


def test_a_default_reads_as_it_was_written(each_copy: Place) -> None:
    each_copy.execute(
        "CREATE TABLE d (a VARCHAR(20) DEFAULT 'it''s', b INT DEFAULT 5, c DATETIME DEFAULT CURRENT_TIMESTAMP,"
        " e INT GENERATED ALWAYS AS (b + 1) STORED, f TEXT, g VARCHAR(9) DEFAULT '')"
    )
    found = {each.name: each.definition for each in look(each_copy).objects if each.kind == "column"}
    assert "DEFAULT 'it" in found["a"] and "DEFAULT 5" in found["b"] and "DEFAULT" not in found["f"]
    assert "DEFAULT CURRENT_TIMESTAMP" in found["c"].upper() and "GENERATED ALWAYS AS" in found["e"]
    assert found["g"].endswith("DEFAULT ''")


@pytest.mark.parametrize("name", ["with-dash", "ünïcode", "a b"])
def test_any_name_is_found_again(each_copy: Place, name: str) -> None:
    each_copy.execute(f"CREATE TABLE `{name}` (id INT)", f"INSERT INTO `{name}` VALUES (1)")
    [table] = look(each_copy).tables
    assert (table.name, table.rows) == (name, 1)
    if name.isascii() or each_copy.flavour == "MariaDB":
        assert table.changed == 1 and table.file_bytes
    else:
        assert table.changed is None and table.file_bytes is None  # MySQL does not tell how it names the file


def test_partitions_count_as_one_table(each_copy: Place) -> None:
    each_copy.execute(
        "CREATE TABLE parts (id INT) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10),"
        " PARTITION b VALUES LESS THAN MAXVALUE)",
        "INSERT INTO parts VALUES (1), (20)",
    )
    [table] = look(each_copy).tables
    assert (table.rows, table.changed) == (2, 2 if each_copy.flavour == "MariaDB" else None)
    assert (table.file_bytes or 0) >= 2 * 65536
    found = difference(each_copy, "ALTER TABLE parts DROP PARTITION b")
    assert ("dropped", "partition", "parts", "b") in schema(found)


def test_a_large_table_is_not_counted(copy: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbs.migrations.observing.COUNTED_ROWS", 1)
    copy.execute(*SHOP, "ANALYZE TABLE users")
    tables = {table.name: table for table in look(copy).tables}
    assert not tables["users"].rows_exact and tables["logs"].rows_exact
