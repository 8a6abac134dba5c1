"""Migrations run on a real server, and what the checks say of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dbs.migrations.checks import CHECKS, Case, Finding, Judged, indexes, judge
from dbs.migrations.encoding import to_json
from dbs.migrations.failures import explain
from dbs.migrations.interface import Limits, Migration, MigrationFile
from dbs.migrations.observing import compare, observe
from dbs.migrations.running import run
from dbs.mysql.query import execute_bytes
from dbs.mysql.script import statements
from tests.migrations.checks.written_cases import CASES, Expected, Written, read
from tests.migrations.places import Place


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_migration_is_judged_as_its_file_says(path: Path, each_copy: Place) -> None:
    written = read(path)
    judged = tried(each_copy, written)
    found, shown = list(judged.findings), "\n".join([judged.sentence, *map(told, judged.findings)])
    for expected in written.expected:
        fitting = [one for one in found if fits(one, expected)]
        assert fitting, f"not found: {expected}\n{shown}"
        found.remove(fitting[0])
    assert not found, f"found without being expected: {found}\n{shown}"
    assert judged.verdict == written.verdict, shown
    assert all(part in judged.sentence for part in written.sentences), shown
    assert all(any(part in one.query for one in judged.findings) for part in written.queries), judged.findings
    everything = json.dumps(to_json(judged))
    assert not [secret for secret in written.never if secret in everything]


def test_each_check_has_a_case_of_its_name_that_finds_something() -> None:
    for check in CHECKS:
        written = read(Path(__file__).parent / "cases" / f"{check.name}.sql")
        assert check.name in {expected.check for expected in written.expected}


def test_the_same_run_again_is_judged_alike(copy: Place) -> None:
    written = read(Path(__file__).parent / "cases" / "column-drop-shrinks-index.sql")
    first = tried(copy, written).findings
    copy.execute("DROP TABLE orders")
    assert tried(copy, written).findings == first


def tried(copy: Place, written: Written) -> Judged:
    """Everything that a rehearsal does with the database."""
    up = MigrationFile(written.name, "1", "x", "up", written.migration, written.line_offset)
    with copy.admin() as admin:
        for statement in statements([written.setup]):
            execute_bytes(admin, statement.text)
        before, parts_before = observe(admin, copy.database), indexes(admin, copy.database)
        ran = run(copy.connect, [Migration("plain", "1", "x", up)], Limits())
        after, parts_after = observe(admin, copy.database), indexes(admin, copy.database)
        why = explain(ran.failed, admin, copy.database) if ran.failed else None
    return judge(Case(ran, before, after, compare(before, after), why, parts_before, parts_after), {})


def fits(one: Finding, expected: Expected) -> bool:
    """Whether a finding is the expected one."""
    return (one.check, one.severity, one.line) == (expected.check, expected.severity, expected.line) and (
        expected.part in one.sentence
    )


def told(one: Finding) -> str:
    """As it is written in a case."""
    return f'{one.check} {one.severity} line {one.line} "{one.sentence}" {one.query}'
