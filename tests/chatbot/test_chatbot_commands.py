"""Signed slash commands into the real app."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from slack_bolt import App
from slack_sdk import WebClient

import chatbot.desk as desk
from chatbot.app import create_app
from chatbot.http import slack_endpoint
from commands.services import Services
from playground.checks import check_blocks
from tests.chatbot.parts import OTTO, RITA, FakeDirectory, Signed, authorize, bolt_request, slash_body


def test_help_lists_every_command(slack: Signed) -> None:
    reply = slack.slash("help")

    assert reply["response_type"] == "ephemeral"
    assert "/dbs restore <instance>".replace("<", "&lt;").replace(">", "&gt;") in reply["text"]
    assert check_blocks(reply["blocks"]) == []
    assert slack.slash("", trigger="1.2") == reply


def test_an_unknown_word_gets_the_nearest_command(slack: Signed) -> None:
    assert "Did you mean restore?" in slack.slash("restoer shared")["text"]


@pytest.mark.parametrize(
    "text",
    ["x" * 4_000, "استعادة المشتركة", "\u202erestore", '"', "'", '" \' "', "restore 'shared", "\x00\x01", "😀" * 900],
)
def test_rubbish_is_answered_with_a_sentence(slack: Signed, services: Services, text: str) -> None:
    reply = slack.slash(text)

    assert reply["text"].strip()
    assert check_blocks(reply["blocks"]) == []
    assert services.job_rows.open() == []


@pytest.mark.parametrize("text", ["<!channel>", "restore <!channel>", "&lt;!here&gt;", "restore &lt;@U0REQUESTER&gt;"])
def test_nothing_that_people_type_pings(slack: Signed, text: str) -> None:
    reply = slack.slash(text)

    assert not re.search(r"<[!@]", json.dumps([reply["text"], reply["blocks"]]))


def test_restore_is_queued_before_it_is_acknowledged(slack: Signed, services: Services) -> None:
    reply = slack.slash("restore shared")

    (job,) = services.job_rows.open()
    assert (job.kind, job.target, job.requester_id, job.requester_name) == ("restore", "shared", RITA, RITA.lower())
    assert f"Queued as job {job.number}" in reply["text"]
    (row,) = services.outbox.pending()
    assert (row.part, row.destination) == ("parent", {"channel": "#databases"})


def test_an_outsider_is_refused_and_recorded_once(slack: Signed, services: Services) -> None:
    reply = slack.slash("restore shared", user=OTTO)

    assert reply["text"].startswith("Sorry,")
    assert reply["response_type"] == "ephemeral"
    assert services.job_rows.open() == []
    assert [e.outcome for e in services.audit.find("slack:1.1")] == ["received", "refused"]


def test_without_a_directory_everybody_is_refused(slack: Signed, directory: FakeDirectory, services: Services) -> None:
    directory.broken = True

    assert "cannot check who may do this" in slack.slash("restore shared")["text"]
    assert services.job_rows.open() == []


def test_a_double_click_is_one_job(slack: Signed, services: Services) -> None:
    first, second = slack.slash("restore shared"), slack.slash("restore shared ")

    assert "Queued as job 1" in first["text"]
    assert "That is job 1 already" in second["text"]
    assert len(services.job_rows.recent(10)) == 1


def test_a_request_sent_a_hundred_times_at_once_is_one_job_with_one_answer(slack: Signed, services: Services) -> None:
    signed = slack.request(slash_body("restore shared"))

    with ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(lambda _: slack.endpoint(*signed), range(100)))

    assert len(set(map(repr, answers))) == 1
    assert "Queued as job 1" in answers[0].body
    assert len(services.job_rows.recent(10)) == 1
    assert [e.outcome for e in services.audit.find("slack:1.1")] == ["received"]


def test_replays_to_another_process_are_still_one_job(slack: Signed, services: Services) -> None:
    signed = slack.request(slash_body("restore shared"))
    slack.endpoint(*signed)
    another = slack_endpoint(create_app(services, client=WebClient(token="xoxb-test"), authorize=authorize), services)

    assert "That is job 1 already" in another(*signed).body
    assert len(services.job_rows.recent(10)) == 1


def test_a_request_that_nobody_signed_is_refused(slack: Signed, services: Services) -> None:
    body = slash_body("restore shared")
    requests = [
        slack.request(body, secret="another"),
        slack.request(body, age=301),
        slack.request(body, age=-302),
        (body, {}),
        (body, {"x-slack-signature": "v0=ÿ", "x-slack-request-timestamp": "1"}),
        (body, {"x-slack-signature": "v0=a", "x-slack-request-timestamp": "soon"}),
    ]

    assert [slack.endpoint(*each).status for each in requests] == [401] * len(requests)
    assert services.audit.history(words=None, limit=10) == []


def test_a_strange_signature_does_not_read_anothers_answer(slack: Signed) -> None:
    body, headers = slack.request(slash_body("restore shared"))
    slack.endpoint(body, headers)

    assert slack.endpoint(slash_body("status"), headers).status == 401


def test_the_app_itself_checks_signatures_too(app: App, slack: Signed) -> None:
    assert app.dispatch(bolt_request(*slack.request(slash_body("help"), secret="another"))).status == 401
    assert app.dispatch(bolt_request(*slack.request(slash_body("help")))).status == 200


def test_a_bug_before_the_acknowledgement_is_a_sentence_with_an_id(
    slack: Signed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("the bug")

    monkeypatch.setattr(desk, "dispatch", explode)
    reply = slack.slash("status")

    found = re.search(r"under ([0-9a-f]{8})", reply["text"])
    assert found and reply["response_type"] == "ephemeral"
    log = capsys.readouterr().out
    assert found[1] in log and "the bug" in log and "Traceback" in log


def test_a_bug_inside_a_command_is_a_sentence_with_an_id(
    slack: Signed, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode() -> None:
        raise RuntimeError("the bug")

    monkeypatch.setattr(services.job_rows, "open", explode)
    reply = slack.slash("status")

    assert re.search(r"under [0-9a-f]{8}", reply["text"])
    assert "the bug" not in json.dumps(reply)
    assert [e.outcome for e in services.audit.find("slack:1.1")] == ["received", "failed"]
