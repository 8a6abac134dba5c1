"""A restore asks when somebody else would lose by it, and only then."""

from __future__ import annotations

import pytest

from commands.interface import Actor
from dbs.snapshots.interface import Session
from tests.support.office import ADA, BOB, DEV, EVE, IDLE, OPEN, ROOT, Office


def test_nobody_is_hurt_so_nobody_is_asked(office: Office) -> None:
    office.provider.sessions = (IDLE, IDLE)
    queued = office.say(ADA, "restore shared")
    assert (queued.outcome, queued.actions) == ("queued", ())
    assert [(job.target, job.arguments["snapshot"], job.requester_id) for job in office.jobs()] == [
        ("shared", "shop-2", ADA.id)
    ]


def test_ones_own_lease_asks_nothing(office: Office) -> None:
    office.say(ADA, "lease shared 2h")
    assert office.say(ADA, "restore shared").outcome == "queued"


@pytest.mark.parametrize(
    ("session", "told"),
    [
        (DEV, "1 running statement (dev@10.0.0.7) would be cut off"),
        (OPEN, "1 open transaction (dev@10.0.0.9) would be lost"),
    ],
    ids=["statement", "transaction"],
)
def test_work_in_progress_is_named(office: Office, session: Session, told: str) -> None:
    office.provider.sessions = (IDLE, session)
    asked = office.say(ADA, "restore shared")
    assert asked.outcome == "waiting"
    assert told in asked.sentence
    assert [(one["choice"], one["style"]) for one in asked.actions] == [("confirm", "danger"), ("cancel", "")]
    assert {one["action"] for one in asked.actions} == {"decide"}
    assert asked.facts["Snapshot"] == "shop-2"
    assert office.jobs() == []
    assert office.outcomes("restore") == []


def test_a_foreign_lease_is_named_with_its_end_and_reason(office: Office) -> None:
    office.say(BOB, "lease shared 2h load test")
    asked = office.say(ADA, "restore shared")
    assert asked.outcome == "waiting"
    assert "Bob holds it until" in asked.sentence
    assert "(load test)" in asked.sentence


@pytest.mark.parametrize("how", ["unreachable", "detail"])
def test_who_cannot_look_asks(office: Office, how: str) -> None:
    setattr(office.provider, how, "The supervisor is away.")
    asked = office.say(ADA, "restore shared")
    assert asked.outcome == "waiting"
    assert "cannot be looked up (The supervisor is away)" in asked.sentence
    assert office.jobs() == []


def test_the_same_request_again_shows_the_same_question(office: Office) -> None:
    office.provider.sessions = (DEV,)
    first = office.say(ADA, "restore shared", "one")
    again = office.say(ADA, "restore shared", "one")
    assert again == first


def test_a_program_is_told_no_instead(office: Office) -> None:
    office.provider.sessions = (DEV,)
    token = Actor("token:ci", "ci", "http", ("restore:shared",))
    refused = office.say(token, "restore shared")
    assert (refused.outcome, refused.actions) == ("refused", ())
    assert "dev@10.0.0.7" in refused.sentence
    office.provider.sessions = ()
    assert office.say(token, "restore shared").outcome == "queued"


def test_yes_answers_beforehand_on_the_command_line_only(office: Office) -> None:
    office.provider.sessions = (DEV,)
    assert office.say(ROOT, "restore shared --yes").outcome == "queued"
    refused = office.say(ADA, "restore other --yes")
    assert refused.outcome == "refused"
    assert "command line only" in refused.sentence


def test_who_may_not_is_not_asked(office: Office) -> None:
    office.provider.sessions = (DEV,)
    assert office.say(EVE, "restore shared").outcome == "refused"
