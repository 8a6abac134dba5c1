"""Pull requests meet last night's production: verdict, line, counts and advice, on GitHub and in Slack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dbs.jobs import Job
from playground import as_text
from playground.cast import REQUESTER
from tests.support.rehearsed import FOLDER, REPOSITORY, Place, in_folder, rehearsing
from tests.support.waiting import until
from tests.support.whole import CHANNEL

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def place(workplace: Path, mariadb: None) -> Iterator[Place]:
    """Told by GitHub's webhook."""
    with rehearsing(workplace / "rehearsals") as running:
        yield running


UNIQUE = {"0001_email.sql": "-- one account each\n\nALTER TABLE users ADD UNIQUE KEY u_email (email);\n"}
NOT_NULL = {"0001_phone.sql": "ALTER TABLE users\n  MODIFY phone VARCHAR(40) NOT NULL;\n"}
FOREIGN_KEY = {
    "0001_orders.sql": "SELECT 1;\nALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users (id);\n"
}
TRUNCATION = {"0001_note.sql": "ALTER TABLE orders MODIFY note VARCHAR(60);\n"}
THIRD_OF_FIVE = {
    "0001_a.sql": "CREATE TABLE a (id INT);\n",
    "0002_b.sql": "CREATE TABLE b (id INT);\n",
    "0003_c.sql": "CREATE TABLE c (id INT);\n\n-- here\nALTER TABEL c ADD x INT;\n",
    "0004_d.sql": "CREATE TABLE d (id INT);\n",
    "0005_e.sql": "CREATE TABLE e (id INT);\n",
}
HARMLESS = {"0001_seen.sql": "ALTER TABLE users ADD last_seen DATETIME NULL;\n"}


def test_a_unique_index_over_duplicates(place: Place) -> None:
    finding, report = failing(place, UNIQUE)
    where = (finding["check"], finding["file"], finding["line"])
    assert where == ("duplicates-for-unique", f"{FOLDER}/0001_email.sql", 3)
    assert "2" in finding["sentence"] and "10" in finding["sentence"]
    assert "mail.example" not in str(report), "values are never shown"
    assert "GROUP BY" in finding["query"].upper()


def test_a_not_null_over_nulls(place: Place) -> None:
    (finding, report) = failing(place, NOT_NULL)
    assert (finding["check"], finding["line"]) == ("nulls-for-not-null", 1)
    assert "30" in finding["sentence"] + finding["evidence"]
    assert finding["advice"] and report["files"][0]["ended"] == "failed"


def test_a_foreign_key_over_orphans(place: Place) -> None:
    (finding, _) = failing(place, FOREIGN_KEY)
    assert (finding["check"], finding["line"]) == ("orphans-for-foreign-key", 2)
    assert "7" in finding["sentence"] + finding["evidence"]
    assert "users" in finding["query"] and "90" not in finding["sentence"], "the query is shown, and no value"


def test_a_truncation(place: Place) -> None:
    (finding, _) = failing(place, TRUNCATION)
    assert (finding["check"], finding["line"]) == ("values-changed", 1)
    assert "1" in finding["sentence"] + finding["evidence"] and "xxx" not in str(finding)


def test_a_syntax_error_in_the_third_of_five_files(place: Place) -> None:
    (finding, report) = failing(place, THIRD_OF_FIVE)
    assert (finding["check"], finding["file"], finding["line"]) == ("statement-fails", f"{FOLDER}/0003_c.sql", 4)
    assert [one["ended"] for one in report["files"]] == ["ran", "ran", "failed", "not run", "not run"]


def failing(place: Place, files: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The one finding of a pull request that fails, and the whole report; GitHub says the same."""
    pull = place.pull(files)
    row = place.rehearsed(pull.number)
    assert row.report is not None and row.verdict == "fails", row.report
    (finding,) = row.report["findings"]
    run = place.check(pull.number)
    assert (run.fields["conclusion"], run.fields["status"]) == ("failure", "completed")
    assert [(one["path"], one["start_line"]) for one in run.annotations] == [(finding["file"], finding["line"])]
    assert run.fields["output"]["title"] == row.report["sentence"][:255]
    return finding, row.report


def test_a_harmless_one_passes_without_noise(place: Place) -> None:
    pull = place.pull(HARMLESS, "Remember when somebody was here")
    row = place.rehearsed(pull.number)
    assert row.verdict == "passes" and row.report is not None
    assert row.report["findings"] == []
    run = place.check(pull.number)
    assert run.fields["conclusion"] == "success" and run.annotations == []
    assert row.report["sentence"].startswith("Passes: 1 file, 1 statement")
    place.said()
    messages = [as_text(one) for one in place.dbs.playground.messages(CHANNEL)]
    parent = next(text for text in messages if text.startswith(f"*Rehearse {REPOSITORY}#{pull.number}, job"))
    assert row.report["sentence"] in parent


def test_a_change_outside_the_folder_starts_nothing(place: Place) -> None:
    before = len(place.dbs.playground.messages(CHANNEL))
    asked = place.github.asked("POST", "/check-runs")
    pull = place.pull({"docs/README.md": "hello\n"}, "Only words")
    services = place.dbs.services
    until(lambda: bool(jobs_of(place, pull.number)) and not services.job_rows.open(), "the job has looked")
    assert services.rehearsals.newest("shop", pull.number) is None
    assert len(place.dbs.playground.messages(CHANNEL)) == before
    assert place.github.asked("POST", "/check-runs") == asked


def jobs_of(place: Place, number: int) -> list[Job]:
    """The jobs about a pull request."""
    return [job for job in place.dbs.services.job_rows.recent(100) if job.target == f"{REPOSITORY}#{number}"]


def test_the_same_twice_says_the_same_and_leaves_nothing(place: Place) -> None:
    pull = place.pull({"0001_twice.sql": "UPDATE users SET city = 'Bonn' WHERE id < 50;\nDROP TABLE orders;\n"})
    first = place.rehearsed(pull.number)
    run = place.check(pull.number)
    place.github.press(REPOSITORY, run, "rerun")
    until(lambda: len(jobs_of(place, pull.number)) == 2, "the button was pressed", 20)
    rehearsals = place.dbs.services.rehearsals
    until(lambda: rehearsals.newest("shop", pull.number) != first, "the second one has begun")
    second = place.rehearsed(pull.number)
    assert first.report is not None and second.report is not None and first.id != second.id
    for key in ("verdict", "findings", "changes", "diff", "digest"):
        assert first.report[key] == second.report[key], key
    for name in ("builds1", "builds2"):
        assert place.dbs.sql("SELECT COUNT(*), SUM(city = 'Bonn') FROM users", name) == [(200, 0)]
        assert place.dbs.sql("SELECT COUNT(*) FROM orders", name) == [(1000,)]
    assert place.dbs.services.leases.all() == []


def test_a_push_during_a_run_replaces_it(place: Place) -> None:
    pull = place.pull({"0001_slow.sql": "SELECT SLEEP(30);\n"})
    services = place.dbs.services
    until(lambda: services.rehearsals.newest("shop", pull.number) is not None, "it has begun")
    head = place.github.push(REPOSITORY, pull.number, in_folder({"0001_slow.sql": "SELECT 1;\n"}))
    row = place.rehearsed(pull.number, head)
    assert row.verdict == "passes"
    old = [one for one in services.job_rows.recent(50) if one.target == f"{REPOSITORY}#{pull.number}"][-1]
    ended = services.rehearsals.get(old.id)
    assert ended is not None and ended.verdict == "superseded"
    until(lambda: services.rehearsals.to_tell() == [], "GitHub knows that the old one is over")
    repository = place.github.repositories[REPOSITORY]
    conclusions = {
        run.head_sha: run.fields["conclusion"] for run in repository.runs if run.head_sha in (ended.head, head)
    }
    assert conclusions == {ended.head: "cancelled", head: "success"}


def test_one_that_never_ends_is_stopped_at_its_limit(place: Place) -> None:
    pull = place.pull({"0001_ever.sql": "SELECT SLEEP(2);\nSELECT SLEEP(1000);\n"})
    until(
        lambda: "(statement 2 of 2, 0001_ever.sql)" in str(place.dbs.playground.messages(CHANNEL)),
        "it says how far it is",
    )
    row = place.rehearsed(pull.number)
    assert row.verdict == "fails" and row.report is not None
    assert "limit" in row.report["sentence"]


def test_ten_on_two_instances_all_finish_and_none_mixes_with_another(place: Place) -> None:
    pulls = [place.pull({f"0001_t{number}.sql": f"CREATE TABLE t{number} (id INT);\n"}) for number in range(10)]
    for number, pull in enumerate(pulls):
        row = place.rehearsed(pull.number)
        assert row.report is not None and row.verdict == "passes", row.report
        assert [(one["table"] or one["name"]) for one in row.report["changes"] if one["kind"] == "table"] == [
            f"t{number}"
        ]
    assert place.dbs.services.leases.all() == []


def test_a_fork_waits_for_an_operators_word(place: Place) -> None:
    pull = place.pull({"0001_fork.sql": "SELECT 1;\n"}, fork="eve/shop", author="eve")
    row = place.rehearsed(pull.number)
    run = place.check(pull.number)
    assert run.fields["conclusion"] == "action_required"
    command = f"migrate-test {REPOSITORY}#{pull.number}@{pull.head_sha}"
    assert command in run.fields["output"]["summary"].replace("\u200b", "").replace("\\", "")
    job = place.dbs.slash(REQUESTER, command)
    row = place.rehearsed(pull.number, pull.head_sha)
    assert job.state == "done" and row.verdict == "passes"
    assert place.check(pull.number).fields["conclusion"] == "success"


def test_sql_given_to_a_message(place: Place) -> None:
    playground = place.dbs.playground
    file = playground.upload(REQUESTER, "fix.sql", b"ALTER TABLE users DROP COLUMN nothing;\n")
    before = place.dbs.services.job_rows.recent(1)[0].number
    delivery = playground.mention(REQUESTER, CHANNEL, "migrate-test", files=[file.id])
    assert delivery.ok, delivery.error
    until(lambda: place.dbs.services.job_rows.recent(1)[0].number > before, "it was queued")
    job = place.dbs.ended(place.dbs.services.job_rows.recent(1)[0].id)
    assert job.sentence.startswith("Fails: fix.sql") or "fix.sql" in job.sentence, job.sentence
