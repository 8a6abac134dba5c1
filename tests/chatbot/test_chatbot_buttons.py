"""Scenarios 11 to 17: a question is settled once, whoever clicks how often, and then its buttons go away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands.services import Services
from dbs.audit import AuditEvent
from dbs.decisions import Decisions
from dbs.state import stamp
from playground.checks import check_blocks
from tests.chatbot.clicking import buttons, click
from tests.chatbot.faulty_slack import FaultySlack, faulty_slack
from tests.chatbot.parts import OTTO, RITA, FakeDirectory, Signed, WebApi, wait_until
from tests.chatbot.sending import Clock


@pytest.fixture
def hooks(clock: Clock) -> Iterator[FaultySlack]:
    """Where answers to clicks go."""
    with faulty_slack(clock) as running:
        yield running


def url(hooks: FaultySlack) -> str:
    return f"http://127.0.0.1:{hooks.port}/hooks/1"


def question(slack: Signed, services: Services, trigger: str = "1.1") -> list[dict[str, Any]]:
    """Otto holds shared, so Rita is asked; her two buttons."""
    if services.leases.holder("shared") is None:
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        services.leases.take("shared", OTTO, "Otto", until, "load test")
    reply = slack.slash("restore shared", trigger=trigger)
    assert reply["response_type"] == "ephemeral" and check_blocks(reply["blocks"]) == []
    assert "Otto holds it until" in reply["text"] and services.job_rows.open() == []
    return buttons(reply["blocks"])


def answers(hooks: FaultySlack, number: int = 1) -> list[dict[str, Any]]:
    wait_until(lambda: len(hooks.hooks) >= number)
    return hooks.hooks


def clicks(services: Services) -> list[AuditEvent]:
    """The ends of all clicks."""
    found = services.audit.history(words="decide", limit=200)
    return [event for event in found if event.command == "decide" and event.outcome != "received"]


def test_confirming_queues_the_job_and_the_buttons_go_away(
    slack: Signed, services: Services, hooks: FaultySlack
) -> None:
    confirm, _ = question(slack, services)
    assert click(slack, confirm, url=url(hooks)).status == 200

    (shown,) = answers(hooks)
    assert shown["replace_original"] is True and "Queued as job 1" in shown["text"]
    assert buttons(shown["blocks"]) == [] and check_blocks(shown["blocks"]) == []
    assert [job.requester_id for job in services.job_rows.open()] == [RITA]
    assert [event.outcome for event in clicks(services)] == ["done"]


def test_cancelling_does_nothing_and_says_so(slack: Signed, services: Services, hooks: FaultySlack) -> None:
    _, cancel = question(slack, services)
    click(slack, cancel, url=url(hooks))

    (shown,) = answers(hooks)
    assert shown["replace_original"] is True and "shared stays as it is" in shown["text"]
    assert services.job_rows.recent(5) == []
    assert [event.outcome for event in services.audit.find("slack:1.1")] == ["received", "cancelled"]


def test_a_click_twenty_times_at_once_is_one_job(slack: Signed, services: Services, hooks: FaultySlack) -> None:
    confirm, cancel = question(slack, services)
    with ThreadPoolExecutor(20) as crowd:
        pressed = [(confirm, cancel)[number % 5 == 4] for number in range(20)]
        done = list(crowd.map(lambda n: click(slack, pressed[n], trigger=f"9.{n}", url=url(hooks)), range(20)))

    assert [answer.status for answer in done] == [200] * 20
    shown = answers(hooks, 20)
    assert len(services.job_rows.recent(30)) <= 1
    assert sorted(event.outcome for event in clicks(services)).count("refused") == 19
    # Whichever answer is shown last, it tells what came of the question.
    came_of_it = "job 1" if services.job_rows.recent(1) else "shared stays as it is"
    for each in shown:
        assert came_of_it in each["text"]
        assert each["replace_original"] and not buttons(each["blocks"])


def test_the_same_click_sent_again_is_answered_and_counts_once(
    slack: Signed, services: Services, hooks: FaultySlack
) -> None:
    confirm, _ = question(slack, services)
    for _ in range(3):
        click(slack, confirm, url=url(hooks) + str(_))  # another body, so another signature

    assert all("ueued as job 1" in each["text"] for each in answers(hooks, 3))
    assert len(clicks(services)) == 1


def test_an_outsider_is_told_alone_and_the_question_stays(
    slack: Signed, services: Services, hooks: FaultySlack
) -> None:
    confirm, _ = question(slack, services)
    click(slack, confirm, user=OTTO, url=url(hooks))

    (shown,) = answers(hooks)
    assert shown["replace_original"] is False and shown["response_type"] == "ephemeral"
    assert shown["text"].startswith("Sorry, only the members of <!subteam^S0BACKEND>")
    assert services.job_rows.recent(5) == []
    click(slack, confirm, trigger="9.2", url=url(hooks))
    assert "Queued as job 1" in answers(hooks, 2)[1]["text"]
    assert [event.outcome for event in clicks(services)] == ["done", "refused"]


def test_when_nobody_can_be_looked_up_nothing_is_settled(
    slack: Signed, services: Services, hooks: FaultySlack, directory: FakeDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbs.access.REMEMBER_SECONDS", 0.0)
    confirm, _ = question(slack, services)
    directory.broken = True
    click(slack, confirm, url=url(hooks))

    (shown,) = answers(hooks)
    assert shown["replace_original"] is False and "cannot check who may do this" in shown["text"]
    directory.broken = False
    click(slack, confirm, trigger="9.2", url=url(hooks))
    assert "Queued as job 1" in answers(hooks, 2)[1]["text"]


def test_a_stale_button_is_refused_and_goes_away(slack: Signed, services: Services, hooks: FaultySlack) -> None:
    confirm, _ = question(slack, services)
    services.decisions._clock = lambda: stamp(datetime.now(UTC) + timedelta(minutes=11))
    click(slack, confirm, url=url(hooks))

    (shown,) = answers(hooks)
    assert shown["replace_original"] is True and "expired" in shown["text"]
    assert services.job_rows.recent(5) == [] and buttons(shown["blocks"]) == []
    assert isinstance(services.decisions, Decisions)


def test_a_question_that_nobody_knows_is_refused(slack: Signed, services: Services, hooks: FaultySlack) -> None:
    confirm, _ = question(slack, services)
    click(slack, {**confirm, "value": "made up"}, url=url(hooks))
    click(slack, {**confirm, "action_id": "decide_everything"}, trigger="9.2", url=url(hooks))

    unknown, choice = answers(hooks, 2)
    assert "do not know that question" in unknown["text"] and unknown["replace_original"] is True
    assert "do not know that question" in choice["text"] and choice["replace_original"] is False
    assert services.job_rows.recent(5) == []


def test_when_the_answer_is_not_taken_the_decision_stands(
    slack: Signed, services: Services, hooks: FaultySlack, capsys: pytest.CaptureFixture[str]
) -> None:
    confirm, _ = question(slack, services)
    hooks.close()
    assert click(slack, confirm, url=url(hooks)).status == 200

    said = ""

    def logged() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "the answer to a click was not shown" in said

    wait_until(logged)
    assert len(services.job_rows.open()) == 1


def test_in_a_thread_a_question_is_for_the_person_alone(slack: Signed, services: Services, web_api: WebApi) -> None:
    question(slack, services)
    slack.mention("restore shared", thread_ts="4.4")
    wait_until(lambda: web_api.of("chat.postEphemeral"))

    (asked,) = web_api.of("chat.postEphemeral")
    assert asked["user"] == RITA and len(buttons(asked["blocks"])) == 2
    assert web_api.of("chat.postMessage") == []


def test_a_click_in_a_window_changes_the_window(slack: Signed, services: Services, web_api: WebApi) -> None:
    confirm, _ = question(slack, services)
    view = {"id": "V7", "type": "modal", "private_metadata": "C1", "blocks": [{"type": "divider"}]}
    click(slack, confirm, user=OTTO, view=view)
    wait_until(lambda: web_api.of("views.update"))
    click(slack, confirm, trigger="9.2", view=view)
    wait_until(lambda: len(web_api.of("views.update")) == 2)

    refused, queued = (each["view"]["blocks"] for each in web_api.of("views.update"))
    assert "Sorry" in str(refused) and refused[-1] == {"type": "divider"}  # the question stays below
    assert "Queued as job 1" in str(queued) and {"type": "divider"} not in queued
    assert {each["view_id"] for each in web_api.of("views.update")} == {"V7"}
