"""`@dbs` in threads."""

from __future__ import annotations

import re
from urllib.error import URLError

import pytest

import chatbot.desk as desk
from commands.services import Services
from tests.chatbot.parts import OTTO, Signed, WebApi, wait_until


def last(web_api: WebApi, method: str, times: int = 1) -> dict[str, object]:
    wait_until(lambda: len(web_api.of(method)) >= times)
    return web_api.of(method)[-1]


def test_a_mention_is_answered_in_the_thread(slack: Signed, web_api: WebApi, services: Services) -> None:
    assert slack.mention("restore shared", thread_ts="4.4").status == 200

    answer = last(web_api, "chat.postMessage")
    assert (answer["channel"], answer["thread_ts"]) == ("C0DATABASES", "4.4")
    assert "Queued as job 1" in str(answer["text"]) and answer["blocks"]
    (row,) = services.audit.find("slack:Ev1")
    assert (row.channel, row.thread_ts) == ("C0DATABASES", "4.4")


def test_outside_a_thread_the_answer_opens_one(slack: Signed, web_api: WebApi) -> None:
    slack.mention("help")

    assert last(web_api, "chat.postMessage")["thread_ts"] == "5.5"


def test_a_refusal_is_for_the_person_alone(slack: Signed, web_api: WebApi, services: Services) -> None:
    slack.mention("restore shared", user=OTTO, thread_ts="4.4")

    answer = last(web_api, "chat.postEphemeral")
    assert (answer["user"], answer["thread_ts"]) == (OTTO, "4.4")
    assert web_api.of("chat.postMessage") == []
    assert [e.outcome for e in services.audit.find("slack:Ev1")] == ["received", "refused"]


def test_the_job_is_there_before_the_acknowledgement(slack: Signed, services: Services) -> None:
    slack.mention("restore shared")

    assert [job.target for job in services.job_rows.open()] == ["shared"]


def test_a_repeated_event_is_answered_once(slack: Signed, web_api: WebApi, services: Services) -> None:
    for _ in range(3):
        slack.mention("restore shared", ts="5.5")
        slack.mention("restore shared", ts="5.6")  # another body, so another signature
    slack.mention("status", event_id="Ev2")
    last(web_api, "chat.postMessage", times=2)

    assert len(web_api.of("chat.postMessage")) == 2
    assert len(services.job_rows.recent(10)) == 1


def test_an_event_without_a_person_is_ignored(slack: Signed, services: Services) -> None:
    assert slack.mention("restore shared", user="").status == 200
    assert services.audit.history(words=None, limit=10) == []


def test_when_slack_does_not_take_the_answer_the_job_stands(
    slack: Signed, web_api: WebApi, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[str] = []

    def down(method: str, arguments: dict[str, object]) -> None:
        if method.startswith("chat."):
            tried.append(method)
            raise URLError("down")

    web_api.trouble = down
    assert slack.mention("restore shared").status == 200

    wait_until(lambda: tried == ["chat.postMessage", "chat.postEphemeral"])
    wait_until(lambda: "the person could not be told" in capsys.readouterr().out)
    assert len(services.job_rows.open()) == 1


def test_a_bug_is_a_sentence_with_an_id(slack: Signed, web_api: WebApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("the bug")

    monkeypatch.setattr(desk, "dispatch", explode)

    assert slack.mention("status").status == 200
    assert re.search(r"under [0-9a-f]{8}", str(last(web_api, "chat.postEphemeral")["text"]))
