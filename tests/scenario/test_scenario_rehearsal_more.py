"""Rehearsals of other kinds: a project's own command and tests, files on the terminal, GitHub that is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from commands.pulls import poll
from dbs.rehearsals import Rehearsal
from playground.cast import REQUESTER
from tests.github.asking import ALL_RIGHTS
from tests.support.fake_github import FakeGithub
from tests.support.rehearsed import Place, in_folder, rehearsing
from tests.support.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.root]

TOOL = "acme/tool"
MIGRATE = 'cat db/migrations/*.sql | mariadb --no-defaults -u "$DB_USERNAME" "$DB_DATABASE" && echo migrated'
TEST = """mariadb --no-defaults -u "$DB_USERNAME" "$DB_DATABASE" -e "SELECT city FROM users LIMIT 1" || exit 3"""


@pytest.fixture(scope="module")
def place(workplace: Path, mariadb: None) -> Iterator[Place]:
    """With a second project, which brings its own command. Its repository is made below, and its path is known."""
    with rehearsing(workplace / "more", _tool, builds=1) as running:
        yield running


def _tool(github: FakeGithub) -> str:
    repository = github.repository(TOOL)
    github.install(TOOL, ALL_RIGHTS)
    return f"""[project.tool]
repository = "{TOOL}"
remote = "{repository.git.path}"
source = "shop"
migrations = "db/migrations/**"
command = '''{MIGRATE}'''
test = '''{TEST}'''
time_limit = "20s"
[project.plain]
remote = "{repository.git.path}"
source = "shop"
migrations = "db/migrations/**"
runner = "sql"
[project.php]
remote = "{repository.git.path}"
source = "shop"
migrations = "db/migrations/**"
runner = "artisan"
"""


def of_tool(place: Place, text: str) -> Rehearsal:
    """What came of a pull request of the project with a command."""
    pull = place.github.open_pull(TOOL, in_folder({"0001_change.sql": text}))
    return place.of("tool", pull.number)


def test_a_projects_own_command_and_its_tests(place: Place) -> None:
    row = of_tool(place, "ALTER TABLE users ADD seen DATETIME;\nUPDATE users SET city = 'Bonn' WHERE id < 11;\n")
    assert row.verdict == "passes" and row.report is not None, row.report
    texts = [one["text"] for one in row.report["statements"]]
    assert any(text.startswith("ALTER TABLE users ADD seen") for text in texts), "whatever ran it, it was seen"
    update = next(one for one in row.report["statements"] if one["text"].startswith("UPDATE"))
    assert (update["rows_affected"], update["rows_examined"]) == (10, 10)
    assert "migrated" in row.report["console"]


def test_tests_that_fail_on_the_migrated_copy(place: Place) -> None:
    row = of_tool(place, "ALTER TABLE users DROP COLUMN city;\n")
    assert row.verdict == "fails" and row.report is not None
    assert next(one["check"] for one in row.report["findings"]) == "tests-fail"
    assert "exit code 3" in row.report["sentence"]


def test_a_command_that_fails(place: Place) -> None:
    row = of_tool(place, "ALTER TABLE nobody ADD x INT;\n")
    assert row.verdict == "fails" and row.report is not None
    assert {"command-fails", "statement-fails"} & {one["check"] for one in row.report["findings"]}
    assert "nobody" in str(row.report["findings"])


def test_a_command_reaches_nothing_else(place: Place) -> None:
    row = of_tool(place, "SELECT 1 INTO OUTFILE '/tmp/out';\n")
    assert row.verdict == "fails" and row.report is not None
    assert "Access denied" in str(row.report["statements"]) + row.report["console"]


def test_a_branch_of_any_git_server(place: Place) -> None:
    git = place.github.repositories[TOOL].git
    files = in_folder({"0001_branch.sql": "DELETE FROM orders WHERE id < 11;\n"})
    git.point("refs/heads/feature", git.commit(files, git.tip("refs/heads/main"), "A branch"))
    job = place.dbs.slash(REQUESTER, "migrate-test plain@feature")
    row = place.dbs.services.rehearsals.get(job.id)
    assert row is not None and row.verdict == "passes" and row.report is not None, row
    assert row.report["tables"][0]["rows_changed"] == 10
    job = place.dbs.slash(REQUESTER, f"migrate-test plain@{git.tip('refs/heads/main')}")
    assert job.sentence == "Could not be tested: There is nothing to run."


def test_a_runner_that_dbs_does_not_have(place: Place) -> None:
    job = place.dbs.slash(REQUESTER, "migrate-test php@feature")
    assert 'no runner "artisan"' in job.sentence and "command =" in job.sentence


def test_files_on_the_terminal(place: Place, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.sql", tmp_path / "bad one.sql"
    good.write_text("ALTER TABLE users ADD seen DATETIME;\n")
    bad.write_text("SELECT 1;\n\nDROP TABLE nothing;\n")
    run = CliRunner().invoke(app, ["migrate-test", "--sql", str(good), "--project", "shop", "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["verdict"] == "passes"
    run = CliRunner().invoke(app, ["migrate-test", "--sql", str(bad), "--project", "shop"])
    assert run.exit_code == 3, run.output
    assert "bad one.sql:3" in run.output.replace("\n", "")


def test_a_history_from_its_beginning_as_a_directory(place: Place, tmp_path: Path) -> None:
    for number in range(1, 13):
        (tmp_path / f"{number:06}_t{number}.up.sql").write_text(f"CREATE TABLE t{number} (id INT);\nSELECT {number};\n")
        (tmp_path / f"{number:06}_t{number}.down.sql").write_text(f"DROP TABLE t{number};\n")
    run = CliRunner().invoke(app, ["migrate-test", "--sql", str(tmp_path), "--project", "shop", "--json"])
    assert run.exit_code == 0, run.output
    report = json.loads(run.stdout)
    assert [one["statements"] for one in report["files"]] == [2] * 12, "the ways down are not run"
    assert len(report["statements"]) == 24


def test_github_is_asked_where_it_cannot_tell(place: Place) -> None:
    hooks = place.github.hooks.addresses
    place.github.hooks.addresses = []
    try:
        pull = place.pull({"0001_polled.sql": "ALTER TABLE users ADD polled INT;\n"})
        assert poll(place.dbs.services) == 1
        assert poll(place.dbs.services) == 0, "what is known is not started again"
        assert place.rehearsed(pull.number).verdict == "passes"
        place.github.close("acme/shop", pull.number)
        poll(place.dbs.services)
    finally:
        place.github.hooks.addresses = hooks
    row = place.dbs.services.rehearsals.newest("shop", pull.number)
    assert row is not None and row.closed_at is not None


def test_settings_of_the_base_branch_say_how_it_is_judged(place: Place) -> None:
    git = place.github.repositories["acme/shop"].git
    before = git.tip("refs/heads/main")
    git.point("refs/heads/main", git.commit({".dbs.toml": b'[checks]\ndrop-table = "error"\n'}, before, "Stricter"))
    try:
        mild = b'[checks]\ndrop-table = "off"\n'
        files = {**in_folder({"0001_drop.sql": "DROP TABLE orders;\n"}), ".dbs.toml": mild}
        pull = place.github.open_pull("acme/shop", files)
        row = place.rehearsed(pull.number)
    finally:
        git.point("refs/heads/main", before)
    assert row.verdict == "fails" and row.report is not None
    assert [(one["check"], one["severity"]) for one in row.report["findings"]] == [("drop-table", "error")]


def test_a_job_that_github_tells_of_twice_runs_once(place: Place) -> None:
    with place.github.holding() as held:
        pull = place.pull({"0001_once.sql": "SELECT 1;\n"})
    for _ in range(3):
        assert [one.send() for one in held] == [202] * len(held)
    place.rehearsed(pull.number)
    until(lambda: not place.dbs.services.job_rows.open(), "all jobs have ended")
    jobs = [job for job in place.dbs.services.job_rows.recent(50) if job.target == f"acme/shop#{pull.number}"]
    assert len(jobs) == 1


def test_an_event_that_comes_late_stops_nothing_newer(place: Place) -> None:
    pull = place.pull({"0001_late.sql": "SELECT 1;\n"})
    place.rehearsed(pull.number)
    with place.github.holding() as held:
        place.github.push("acme/shop", pull.number, in_folder({"0001_late.sql": "SELECT 2;\n"}))
        newest = place.github.push("acme/shop", pull.number, in_folder({"0001_late.sql": "SELECT SLEEP(2);\n"}))
    for delivery in reversed(held):
        assert delivery.send() == 202
    row = place.rehearsed(pull.number, newest)
    assert row.verdict == "passes", row.report
    assert [one.verdict for one in place.dbs.services.rehearsals.of_head("shop", newest)] == ["passes"]


def test_a_history_whose_rows_were_masked_away_is_not_run_again(place: Place, tmp_path: Path) -> None:
    place.server.run("CREATE TABLE shop.schema_migrations (version BIGINT PRIMARY KEY, dirty BOOL)")
    policy = place.dbs.home / "shop.toml"
    policy.write_text(f'{policy.read_text()}\n[table.schema_migrations.columns]\nversion = "keep"\ndirty = "keep"\n')
    assert place.dbs.cli("refresh", "shop").state == "done"
    pull = place.pull({"000001_a.up.sql": "CREATE TABLE a (id INT);\n", "000001_a.down.sql": "DROP TABLE a;\n"})
    row = place.rehearsed(pull.number)
    assert row.verdict == "could not be tested" and row.report is not None
    assert "schema_migrations of the copy" in row.report["sentence"]
