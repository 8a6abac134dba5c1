"""From words to a result, recorded once: what every command has in common."""

from __future__ import annotations

import re

import pytest

from commands.registry import COMMANDS
from commands.work import jobs
from dbs.jobs import Ending
from dbs.snapshots.interface import SnapshotError
from tests.support.office import ADA, DORA, EVE, ROOT, Office


def _outcomes(office: Office, request_id: str) -> list[str]:
    return [event.outcome for event in office.services.audit.find(request_id)]


@pytest.mark.parametrize(("typed", "meant"), [("restor shared", "restore"), ("stauts", "status"), ("HLEP", "help")])
def test_an_unknown_word_gets_its_nearest_match(office: Office, typed: str, meant: str) -> None:
    result = office.say(ADA, typed)
    assert result.outcome == "refused"
    assert re.search(rf"[Dd]id you mean {meant}\?", result.sentence), result.sentence
    assert all(name in result.sentence for name in COMMANDS)


def test_words_without_a_neighbour_get_the_list(office: Office) -> None:
    result = office.say(ADA, "xyzzy")
    assert result.outcome == "refused"
    assert "mean" not in result.sentence


def test_nothing_at_all_is_help(office: Office) -> None:
    result = office.say(ADA, "")
    assert (result.kind, result.outcome) == ("help", "done")


def test_help_lists_every_command_as_it_is_typed(office: Office) -> None:
    shown = [row[0] for row in office.say(EVE, "help").tables[0].rows]
    assert [text.split()[:2] for text in shown] == [["/dbs", name] for name in COMMANDS]
    assert "--from-dump" not in " ".join(shown), "an option of the command line only"
    on_the_command_line = [row[0] for row in office.say(ROOT, "help").tables[0].rows]
    assert any("--from-dump" in text for text in on_the_command_line)
    assert all(text.startswith("dbs ") for text in on_the_command_line)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("restore", "Which instance? Usage: restore <instance>"),
        ("restore shared now", "'now' is one word too many. Usage: restore <instance>"),
        ("restore shared --snapshot", "--snapshot needs a value. Usage: restore <instance>"),
        ("restore shared --snapshots x", "There is no option '--snapshots'"),
        ("restore " + "x" * 201, "One of the words has 201 characters; 200 is the most."),
        ("restore shard", "There is no instance 'shard'"),
        ("refresh shop --from-dump x.sql", "--from-dump works on the command line only"),
        ("status 77", "There is no job '77'"),
        ("lease shared soon", "'soon' is not a duration; write 30m, 8h or 2d."),
    ],
)
def test_what_is_typed_wrongly_is_set_right(office: Office, words: str, said: str) -> None:
    result = office.say(ADA, words)
    assert result.outcome == "refused"
    assert said in result.sentence
    assert office.jobs() == []


def test_roles(office: Office) -> None:
    assert office.say(ADA, "restore shared").outcome == "queued"
    for actor in (EVE, DORA):
        refused = office.say(actor, "restore shared")
        assert refused.outcome == "refused"
        assert "only the members of S0OPS may do this" in refused.sentence
    assert office.say(EVE, "status").outcome == "done"
    assert len(office.jobs()) == 1


def test_nobody_is_let_through_while_roles_cannot_be_checked(office: Office) -> None:
    office.workspace.down = True
    refused = office.say(ADA, "restore shared")
    assert (refused.outcome, "cannot check who may do this" in refused.sentence) == ("refused", True)
    assert office.say(ROOT, "restore shared").outcome == "queued"


def test_the_same_request_twice_is_one_job(office: Office) -> None:
    first = office.say(ADA, "restore shared", "click-1")
    second = office.say(ADA, "restore shared", "click-1")
    assert first.job_id == second.job_id
    assert second.sentence == "That is job 1 already; it is queued."
    assert len(office.jobs()) == 1
    assert _outcomes(office, "click-1") == ["received"]


def test_the_same_request_twice_gets_the_same_answer(office: Office) -> None:
    for words, outcome in (("restore nowhere", "refused"), ("status", "done")):
        first = office.say(ADA, words, f"click-{outcome}")
        second = office.say(ADA, words, f"click-{outcome}")
        assert (first.outcome, first.sentence) == (second.outcome, second.sentence)
        assert first.outcome == outcome


def test_a_bug_gets_an_id_and_ends_the_request(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret number")

    monkeypatch.setattr(office.provider, "snapshots", fail)
    result = office.say(ADA, "restore shared", "click-1")
    assert (result.outcome, "secret" in result.sentence) == ("failed", False)
    assert result.error_id is not None
    assert result.error_id in result.sentence
    said = capsys.readouterr().out
    assert result.error_id in said
    assert "ZeroDivisionError: a secret number" in said
    assert _outcomes(office, "click-1") == ["received", "failed"]


def test_an_expected_failure_is_told_in_its_own_words(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SnapshotError("The supervisor does not answer.")

    monkeypatch.setattr(office.provider, "snapshots", fail)
    result = office.say(ADA, "restore shared", "click-1")
    assert (result.outcome, result.sentence) == ("failed", "The supervisor does not answer.")
    assert _outcomes(office, "click-1") == ["received", "failed"]


def test_everything_is_received_once_and_ends_at_most_once(office: Office) -> None:
    for words in ("help", "status", "restore", "restor", "restore shared", "lease shared 1h", "release shared", ""):
        for _ in range(2):
            office.say(ADA, words, f"request {words}")
        found = _outcomes(office, f"request {words}")
        assert found[0] == "received"
        assert len(found) == (1 if words == "restore shared" else 2), (words, found)
    assert office.services.audit.verify().ok


def test_a_restore_takes_the_newest_snapshot_or_the_one_asked_for(office: Office) -> None:
    office.say(ADA, "restore shared")
    office.say(ADA, "restore shared --snapshot shop-1")
    assert [job.arguments["snapshot"] for job in office.jobs()] == ["shop-2", "shop-1"]
    refused = office.say(ADA, "restore shared --snapshot shop-9")
    assert "There is no snapshot shop-9 of shop. There are: shop-2, shop-1." in refused.sentence
    office.provider.manifests = []
    refused = office.say(ADA, "restore shared")
    assert "There is no snapshot of shop yet. Make the first one with: dbs refresh shop" in refused.sentence
    assert len(office.jobs()) == 2


@pytest.mark.parametrize("words", ["refresh shop", "refresh shop --from-dump x.sql", "refresh nothing"])
def test_a_refresh_that_cannot_be_done_is_refused(office: Office, words: str) -> None:
    result = office.say(ROOT, words)
    assert result.outcome == "refused"
    assert office.jobs() == []


def test_an_end_that_is_told_twice_is_one_message_and_one_row(office: Office) -> None:
    """The worker may be killed between telling of an end and noting it."""
    asked = office.say(ADA, "restore shared", "click-1")
    (job,) = office.jobs()
    for _ in range(2):
        jobs.end(office.services, job, Ending("failed", "The disk is full."))
    assert _outcomes(office, "click-1") == ["received", "failed"]
    parts = [row.part for row in office.services.outbox.pending(100) if row.job_id == asked.job_id]
    assert sorted(set(parts)) == sorted(parts)
    assert "final" in parts
