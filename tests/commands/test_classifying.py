"""Rules that somebody chose for columns without one are written into the file when a privacy person says so."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from commands import approving
from commands.classifying import Chosen, LackingError, propose
from commands.gaps import offered
from commands.interface import Actor, Request, Result
from commands.policies import read_policy
from commands.recording import recorded
from commands.work import jobs
from dbs.errors import RefusedError
from dbs.jobs import Ending, Job, JobRequest
from tests.support.office import ADA, CARL, EVE, PIA
from tests.support.policing import POLICY, SLACK, SOURCE, Policed

EMAIL, KEPT = Chosen("email"), Chosen("keep", "names of companies")


def column(name: str, mask: str, personal: str = "", **options: object) -> dict[str, Any]:
    """A column as `gaps` tells of it."""
    why = f"users.{name} has no rule: give it a rule, keep included."
    rule, masks = {"mask": mask, **options}, [mask, "text", "keep"]
    told = {"name": f"users.{name}", "why": why, "note": "by name", "rule": rule, "masks": masks, "personal": personal}
    return {"table": "users", "column": name, **told}


def failed(office: Policed) -> tuple[Job, str]:
    """A refresh that failed for want of two rules; the id that its button has."""
    job = office.services.job_rows.add(JobRequest("lacking", "refresh", "shop", {}, ADA.id, "Ada"), ())
    digest = read_policy(office.services, "shop", office.services.settings.source["shop"]).digest
    columns = [column("backup_email", "email", "e-mail addresses"), column("born", "date", by="id")]
    gaps = {"file": digest, "columns": columns, "left": 0}
    ending = Ending("failed", "Nothing of shop was read.", {"gaps": gaps})
    for _ in range(2):  # the end of a job may be told of twice, after a crash
        jobs.end(office.services, job, ending)
    office.services.job_rows.end(job.id, "failed", ending.sentence)
    (row,) = [row for row in office.services.outbox.pending() if row.part == "final"]
    (button,) = row.result["actions"]
    assert (button["action"], button["label"]) == ("classify", "Classify")
    assert offered(office.services, job, gaps) == (button,)
    return job, button["decision"]


def proposed(office: Policed, offer: str, *chosen: Chosen, who: Actor = ADA, request_id: str = "proposing") -> Result:
    """Submit the window."""
    request = Request(request_id, who, ("classify", offer))
    act = lambda: propose(office.services, request, offer, chosen or (EMAIL, Chosen("date")))  # noqa: E731
    return recorded(office.services, request, "classify", "shop", act)


@pytest.fixture
def office(tmp_path: Path) -> Policed:
    """The first policy is approved."""
    made = Policed(tmp_path)
    made.read_by_it()
    return made


def test_what_is_chosen_waits_with_its_lines_in_the_thread_of_the_job(office: Policed) -> None:
    job, offer = failed(office)
    assert proposed(office, offer).outcome == "waiting"
    (row,) = [row for row in office.services.outbox.pending() if row.job_id.startswith("decision")]
    assert row.destination["thread"] == job.id
    shown = office.posted("parent")[0]
    lines = ("[table.users.columns]",), ('backup_email = "email"',), ('born = { mask = "date", by = "id" }',)
    assert shown.tables[0].rows == lines and shown.sentence.startswith("Ada proposes rules")
    assert office.file.read_text() == POLICY


def test_approved_they_are_in_the_file_and_the_refresh_is_queued(office: Policed) -> None:
    office.file.chmod(0o640)
    _, offer = failed(office)
    proposed(office, offer, EMAIL, KEPT)
    assert office.click(PIA, office.posted("parent")[0], "approve").outcome == "queued"
    added = 'backup_email = "email"\nborn = { mask = "keep", reason = "names of companies" }\n'
    assert office.file.read_text() == POLICY + added
    assert office.file.stat().st_mode & 0o777 == 0o640
    (before,) = office.file.parent.glob("shop.toml.before-*")
    assert before.read_text() == POLICY
    verdict = office.services.policies.approved("shop")
    assert verdict is not None and verdict.by_id == PIA.id
    assert office.read_by_it() == verdict.digest, "it is the approved one"
    assert [job.request_id for job in office.jobs() if job.state == "queued"] == ["proposing"]


@pytest.mark.parametrize("who", [ADA, EVE], ids=lambda actor: actor.name)
def test_whoever_may_not_approve_writes_nothing(office: Policed, who: Actor) -> None:
    _, offer = failed(office)
    proposed(office, offer)
    assert office.click(who, office.posted("parent")[0], "approve").outcome == "refused"
    assert office.file.read_text() == POLICY and len(list(office.file.parent.iterdir())) == 1


def test_rejected_the_file_stays(office: Policed) -> None:
    _, offer = failed(office)
    proposed(office, offer)
    assert office.click(PIA, office.posted("parent")[0], "reject").outcome == "refused"
    assert office.file.read_text() == POLICY and office.outcomes("classify") == ["refused"]


def test_two_who_approve_at_once_write_it_once(office: Policed) -> None:
    _, offer = failed(office)
    proposed(office, offer)
    shown, barrier = office.posted("parent")[0], Barrier(2)

    def click(actor: Actor) -> str:
        barrier.wait()
        return office.click(actor, shown, "approve").outcome

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(click, (PIA, CARL))) == ["queued", "refused"]
    assert office.file.read_text().count("backup_email") == 1


def test_keeping_what_looks_personal_needs_a_reason(office: Policed) -> None:
    _, offer = failed(office)
    request = Request("proposing", ADA, ("classify", offer))
    with pytest.raises(LackingError, match=r"users\.backup_email looks like e-mail addresses. Say why") as lacking:
        propose(office.services, request, offer, (Chosen("keep", " "), Chosen("date")))
    assert lacking.value.at == 0
    with pytest.raises(LackingError, match=r"Choose what becomes of users\.born") as lacking:
        propose(office.services, request, offer, (EMAIL, Chosen("phone")))
    assert lacking.value.at == 1
    with pytest.raises(RefusedError, match="not an answer"):
        propose(office.services, request, offer, (EMAIL,))


def test_a_file_that_was_changed_since_is_not_written(office: Policed) -> None:
    _, offer = failed(office)
    proposed(office, offer)
    changed = POLICY + 'other = "text"\n'
    office.write(changed)
    assert "not any more what was shown" in office.click(PIA, office.posted("parent")[0], "approve").sentence
    assert office.file.read_text() == changed
    assert "was changed since" in proposed(office, offer, request_id="late").sentence


def test_where_nobody_can_approve_or_write_the_lines_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Policed(tmp_path, slack="", source=SOURCE)
    office.read_by_it()
    _, offer = failed(office)
    refused = proposed(office, offer)
    assert refused.outcome == "refused" and "[slack] privacy is empty" in refused.sentence
    assert ('backup_email = "email"',) in refused.tables[0].rows

    other = tmp_path / "other"
    other.mkdir()
    office = Policed(other, slack=SLACK)
    office.read_by_it()
    _, offer = failed(office)
    proposed(office, offer)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    done = office.click(PIA, office.posted("parent")[0], "approve")
    assert done.outcome == "done" and "dbs cannot write policy/shop.toml here" in done.sentence
    assert office.file.read_text() == POLICY and office.outcomes("classify") == ["done"]
    monkeypatch.undo()
    office.write(POLICY + 'backup_email = "email"\nborn = { mask = "date", by = "id" }\n')
    assert office.say(ADA, "refresh shop").outcome == "queued", "what was committed by hand is the approved one"


def test_who_may_not_refresh_proposes_nothing(office: Policed) -> None:
    _, offer = failed(office)
    assert "Sorry, only" in proposed(office, offer, who=EVE).sentence
    assert "do not know any more" in proposed(office, "made up", request_id="other").sentence
    assert office.services.decisions.waiting(approving.KIND) == []
