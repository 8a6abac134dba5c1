"""From findings to a verdict and its sentence, with cases made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dbs.errors import FailedError
from dbs.migrations.checks import CHECKS, Case, Check, Finding, IndexParts, judge, judging
from dbs.migrations.interface import Difference, Explanation, Observed, Ran, Run, SchemaObject, TableState

USERS = TableState("users", "InnoDB", 120_000, True, 16_384, None, 7, None)
BEFORE = Observed(
    "shop",
    (USERS,),
    (SchemaObject("column", "users", "id", "int(11) NOT NULL"), SchemaObject("column", "users", "email", "text NULL")),
)
NOTHING = Difference((), (), 0, 0, "")
EMPTY = Observed("shop", (), ())
WHY = Explanation("duplicates", "Said.", "users", ("email",), "u", {"groups": 17, "rows": 41}, "SELECT 1", "Do.")


def ran(text: str, line: int = 1, file: str = "db/0001_a.sql", **more: object) -> Ran:
    one = Ran(file, line, 1, text, datetime(2026, 1, 1, tzinfo=UTC), 0.31, 0)
    return replace(one, **more)  # type: ignore[arg-type]


HARMLESS = ran("ALTER TABLE users ADD KEY k (email(10))", seconds=0.1)
FAILED = ran("ALTER TABLE users ADD UNIQUE (email)", 4, "db/0003_unique_email.sql", error_code=1062, error="Duplicate.")


def case(*statements: Ran, after: Observed = BEFORE, **more: object) -> Case:
    failed = next((number for number, one in enumerate(statements) if one.error_code is not None), None)
    return replace(Case(Run(statements, failed, 0.42), BEFORE, after, NOTHING), **more)  # type: ignore[arg-type]


def ended(by: str, *statements: Ran) -> Case:
    one = case(*statements)
    return replace(one, run=replace(one.run, stopped_by=by))  # type: ignore[arg-type]


def test_a_harmless_run_passes_with_numbers() -> None:
    other = ran("CREATE TABLE a (id INT)", file="db/0002_b.sql", seconds=0.01)
    judged = judge(case(HARMLESS, other), {})
    assert (judged.verdict, judged.findings) == ("passes", ())
    assert judged.sentence == "Passes: 2 files, 2 statements in 0.42 s; the longest took 0.10 s on 120,000 rows."


def test_what_a_program_ran_has_no_files_and_one_statement_is_the_longest() -> None:
    assert judge(case(ran("SELECT 1", file="")), {}).sentence == "Passes: 1 statement in 0.42 s."


def test_a_failure_answers_with_file_line_and_counts() -> None:
    judged = judge(case(HARMLESS, FAILED, explanation=WHY), {})
    assert judged.verdict == "fails"
    assert judged.sentence == (
        "Fails: 0003_unique_email.sql line 4 cannot make users.email unique: 17 values occur 41 times."
    )
    (finding,) = judged.findings
    assert (finding.file, finding.line, finding.query) == ("db/0003_unique_email.sql", 4, "SELECT 1")
    assert (finding.evidence, finding.advice) == ("Said. The server said: Duplicate (error 1062).", "Do.")


def test_the_failure_comes_before_what_else_is_wrong() -> None:
    more = [Finding("settings", "error", "`.dbs.toml` is wrong."), Finding("x", "notice", "Is there.")]
    judged = judge(case(FAILED, after=EMPTY, explanation=WHY), {}, more)
    assert [one.check for one in judged.findings] == ["duplicates-for-unique", "settings", "drop-table", "x"]
    assert judged.sentence.endswith("41 times; 1 more error.")


@pytest.mark.parametrize("severity", ["warning", "notice", "off"])
@pytest.mark.parametrize("explanation", [WHY, None], ids=["explained", "unexplained"])
def test_a_statement_that_failed_fails_the_run_whatever_a_project_says(
    severity: str, explanation: Explanation | None
) -> None:
    severities = {"duplicates-for-unique": severity, "statement-fails": severity}
    judged = judge(case(FAILED, explanation=explanation), severities)
    assert judged.verdict == "fails"
    said = "Said" if explanation else "Duplicate"
    assert judged.sentence == f"Fails: 0003_unique_email.sql line 4 fails with error 1062: {said}."
    assert [(one.check, one.severity) for one in judged.findings] == [("statement-fails", "error")]


@pytest.mark.parametrize(
    ("severity", "verdict", "findings"),
    [
        ("error", "fails", 1),
        ("warning", "passes with warnings", 1),
        ("notice", "passes", 1),
        ("off", "passes", 0),
    ],
)
def test_a_project_sets_the_severity_of_a_check(severity: str, verdict: str, findings: int) -> None:
    judged = judge(case(ran("DROP TABLE users"), after=EMPTY), {"drop-table": severity})
    assert (judged.verdict, len(judged.findings)) == (verdict, findings)
    assert all(one.severity == severity for one in judged.findings)


def test_a_check_that_does_not_exist_is_an_error() -> None:
    judged = judge(case(HARMLESS), {"drop-tabel": "off"})
    assert judged.verdict == "fails"
    assert judged.sentence == (
        "Fails: `.dbs.toml` names a check `drop-tabel`, which does not exist; nearest is `drop-table`."
    )


def test_the_time_limit_fails_the_run() -> None:
    during = ended(
        "time limit", HARMLESS, ran("UPDATE users SET a = 1 WHERE b", 3, error_code=1317, error="Interrupted")
    )
    judged = judge(during, {})
    assert (judged.verdict, len(judged.findings)) == ("fails", 1)
    assert judged.sentence == "Fails: 0001_a.sql line 3 was stopped after 0.42 s, the time limit of the run."
    for between in (ended("time limit", HARMLESS), ended("time limit")):
        assert judge(between, {"statement-fails": "off"}).verdict == "fails"


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (
            ended("connection lost", ran("SELECT 1", error_code=0, error="Lost")),
            "the connection to the server was lost",
        ),
        (ended("cancelled", HARMLESS), "the run was cancelled."),
        (case(), "no statement ran."),
    ],
    ids=["lost", "cancelled", "nothing"],
)
def test_what_says_nothing_of_the_migration_is_no_verdict_on_it(one: Case, why: str) -> None:
    judged = judge(one, {})
    assert judged.verdict == "could not be tested"
    assert judged.sentence.startswith(f"Could not be tested: {why}")


def test_a_place_that_a_sentence_names_itself_is_not_said_twice() -> None:
    other = Finding("rewritten-migration", "warning", "db/0001_a.sql was modified, too late.", "db/0001_a.sql", 1)
    assert judge(case(HARMLESS), {}, [other]).sentence == "Passes with warnings: db/0001_a.sql was modified, too late."


def test_why_nothing_ran_is_said() -> None:
    error = Finding("runner", "error", "The command ended with 2.")
    assert judge(case(), {}, [error]).sentence == "Could not be tested: the command ended with 2."


def test_a_check_that_cannot_look_leaves_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(_: Case) -> Iterator[Finding]:
        raise FailedError("The dictionary does not answer.")
        yield

    monkeypatch.setattr(judging, "CHECKS", (*CHECKS, Check("new-one", "notice", "", blind)))
    judged = judge(case(HARMLESS), {})
    assert judged.verdict == "could not be tested"
    assert judged.sentence == (
        "Could not be tested: the check new-one could not be made: The dictionary does not answer."
    )
    assert [one.check for one in judged.findings] == ["new-one"]
    assert judge(case(FAILED, explanation=WHY), {}).verdict == "fails"


def test_a_bug_in_a_check_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Case) -> Iterator[Finding]:
        raise KeyError("a")
        yield

    monkeypatch.setattr(judging, "CHECKS", (Check("new-one", "notice", "", broken),))
    with pytest.raises(KeyError):
        judge(case(HARMLESS), {})


def test_where_the_server_tells_no_number_of_a_table_its_statement_tells_the_new_name() -> None:
    old = replace(BEFORE, tables=(replace(USERS, table_id=None),))
    moved = (SchemaObject("column", "people", "id", "int(11) NOT NULL"),)
    new = Observed("shop", (replace(USERS, table_id=None, name="people"),), moved)
    parts = {("users", "k"): IndexParts(("id",), False)}
    one = replace(
        case(ran("RENAME TABLE users TO people"), after=new),
        before=old,
        indexes_before=parts,
        indexes_after={("people", "k"): IndexParts(("id",), False)},
    )
    assert [finding.sentence for finding in judge(one, {}).findings] == [
        "Renames the table users to people.",
        "Drops the column users.email, in a table of 120,000 rows.",
    ]
