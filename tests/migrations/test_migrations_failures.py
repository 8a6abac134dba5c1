"""Failures explained: the fixtures in `failing/` say what is expected of each, on both flavours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dbs.migrations.encoding import from_json, to_json
from dbs.migrations.failures import ADVICE, KINDS, explain
from dbs.migrations.interface import Explanation
from dbs.migrations.observing import observe
from dbs.migrations.splitting import steps
from dbs.migrations.wording import without_values
from dbs.mysql.query import execute_bytes, rows
from tests.migrations.places import Place, file

FIXTURES = sorted((Path(__file__).parent / "failing").glob("*.sql"))
_EXPECT = re.compile(
    r"-- expect: (?P<kind>[a-z ]+?) (?P<table>\S+) \((?P<columns>.*)\) (?P<constraint>\S+) (?P<counts>.+)"
)


def prepare(place: Place, text: str) -> None:
    """Run what stands before the migration."""
    with place.connect() as connection:
        for step in steps(file(text)):
            execute_bytes(connection, step.text)


def explained(place: Place, migration: str) -> Explanation:
    """Run the migration, which fails, and ask why."""
    failed = place.run(migration).failed
    assert failed is not None
    with place.admin() as admin:
        before = observe(admin, place.database)
        found = explain(failed, admin)
        assert observe(admin, place.database) == before
        assert rows(admin, "SELECT DATABASE()") == [(place.database,)]
        assert not rows(admin, "SHOW DATABASES LIKE 'dbs_trial%'")
    assert from_json(Explanation, to_json(found)) == found
    return found


@pytest.mark.server
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_failure_is_explained_in_numbers(each_copy: Place, fixture: Path) -> None:
    before, _, migration = fixture.read_text().partition("-- migration\n")
    expected = _EXPECT.match(before)
    assert expected is not None
    prepare(each_copy, before)
    found = explained(each_copy, migration)
    counts = "-" if expected["counts"] == "-" else expected["counts"]
    assert found.kind == expected["kind"]
    assert (" ".join(f"{key}={count}" for key, count in found.counts.items()) or "-") == counts
    assert ", ".join(found.columns) == expected["columns"]
    # MySQL names the table of a key, MariaDB does not.
    assert (found.table or "-") == expected["table"] or (expected["table"] == "-" and each_copy.flavour == "MySQL")
    assert (found.constraint or "-") == expected["constraint"]
    assert found.advice == ADVICE[found.kind]
    shown = f"{found.sentence} {found.query} {found.advice}".lower()
    assert "secret" not in shown and "4711" not in shown
    if found.query:
        [*listed] = each_copy.rows(found.query)
        total = sum(int(row[-1]) for row in listed) if found.kind in ("duplicates", "orphans") else len(listed)
        assert total == found.counts["rows"]


def test_each_kind_has_a_fixture_and_an_advice() -> None:
    there = {found["kind"] for path in FIXTURES if (found := _EXPECT.match(path.read_text()))}
    assert there == {*KINDS.values(), "other"} == {*ADVICE}


@pytest.mark.server
def test_a_statement_that_names_the_database_is_not_run_again(copy: Place) -> None:
    copy.execute("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (1)")
    found = explained(copy, f"ALTER TABLE {copy.database}.t ADD UNIQUE KEY u (a);")
    assert (found.kind, found.counts, found.constraint) == ("duplicates", {}, "u")


@pytest.mark.server
def test_tables_around_it_do_not_matter(each_copy: Place) -> None:
    each_copy.execute(
        "CREATE TABLE `pa``rent` (id INT PRIMARY KEY, day DATE)",
        "CREATE TABLE child (id INT, p INT, KEY (p), FOREIGN KEY (p) REFERENCES `pa``rent` (id))",
        "CREATE VIEW v AS SELECT * FROM child",
        "INSERT INTO child VALUES (5, NULL), (5, NULL)",
    )
    assert explained(each_copy, "ALTER TABLE child ADD UNIQUE (id)").counts == {"groups": 1, "rows": 2}


@pytest.mark.parametrize(
    ("code", "message", "shown"),
    [
        (1062, "Duplicate entry 'it's for key 'x' for key 'mail'", "Duplicate entry '…' for key 'mail'"),
        (1366, "Incorrect integer value: 'abc' for column `s`.`t`.`n` at row 1", "… for column `s`.`t`.`n` at row 1"),
        (1292, "Truncated incorrect DOUBLE value: 'abc'", "Truncated incorrect DOUBLE value: '…'"),
        (1526, "Table has no partition for value 4711", "Table has no partition for value …"),
        (1054, "Unknown column 'x' in 'field list'", "Unknown column 'x' in 'field list'"),
    ],
)
def test_messages_lose_their_values_and_keep_their_names(code: int, message: str, shown: str) -> None:
    found = without_values(code, message)
    assert found == shown or found.endswith(shown.removeprefix("… "))
    assert "abc" not in found and "4711" not in found and "it's" not in found
