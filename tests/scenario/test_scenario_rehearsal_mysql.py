"""The same on MySQL: what fails, why, and what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.support import mysql
from tests.support.ports import free_port
from tests.support.whole import Whole, whole

pytestmark = pytest.mark.server

MORE = """[source.shop]
url = "mysql://nobody@127.0.0.1:3306/shop"
engine_mismatch = "allow"
[project.shop]
remote = "/nowhere"
source = "shop"
migrations = "**"
runner = "sql"
[instance.builds]
source = "shop"
provider = "local"
role = "builds"
port = {port}
"""


@pytest.fixture(scope="module")
def dbs(workplace: Path) -> Iterator[Whole]:
    """Three orders on MySQL."""
    basedir = mysql.basedir()
    if basedir is None:
        pytest.skip(mysql.lack())
    directory = workplace / "mysql"
    directory.mkdir(mode=0o711)
    with whole(directory / "home", directory / "root", "socket", MORE.format(port=free_port()), basedir) as running:
        yield running


def tried(file: Path, text: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of a file."""
    file.write_text(text)
    run = CliRunner().invoke(app, ["migrate-test", "--sql", str(file), "--json"])
    return run.exit_code, json.loads(run.stdout)


def test_duplicates_are_counted(dbs: Whole, tmp_path: Path) -> None:
    update = "UPDATE orders SET note = 'same' WHERE id < 3;\n"
    alter = "ALTER TABLE orders MODIFY note VARCHAR(20), ADD UNIQUE (note);\n"
    code, report = tried(tmp_path / "unique.sql", update + alter)
    assert (code, report["verdict"]) == (3, "fails")
    (finding,) = [one for one in report["findings"] if one["severity"] == "error"]
    assert (finding["check"], finding["line"]) == ("duplicates-for-unique", 2)
    assert "1 value occurs 2 times" in finding["sentence"]


def test_what_changes_is_seen(dbs: Whole, tmp_path: Path) -> None:
    code, report = tried(tmp_path / "add.sql", "ALTER TABLE orders ADD amount INT, ADD INDEX idx_amount (amount);\n")
    assert (code, report["verdict"]) == (0, "passes")
    changes = {(one["kind"], one["name"], one["how"], tuple(one["columns"])) for one in report["changes"]}
    assert changes == {("column", "amount", "added", ()), ("index", "idx_amount", "added", ("amount",))}
    assert [each[0] for each in dbs.sql("SHOW COLUMNS FROM orders", "builds")] == ["id", "note"]
