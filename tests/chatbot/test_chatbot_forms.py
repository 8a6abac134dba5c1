"""The form of a restore, and the words that it stands for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError

import pytest

from chatbot.views import Choice, restore_form
from commands.services import Services
from dbs.snapshots.interface import SnapshotError
from playground.view_rules import check_view
from tests.chatbot.clicking import buttons, submit
from tests.chatbot.parts import MANIFEST, OTTO, RITA, Signed, WebApi, slash_body, wait_until
from tests.chatbot.sending import fail


def opened(slack: Signed, web_api: WebApi) -> dict[str, Any]:
    """The form that `/dbs restore` opens."""
    answer = slack.send(slash_body("restore"))
    assert (answer.status, answer.body) == (200, "")
    wait_until(lambda: web_api.of("views.update"))
    view = web_api.of("views.update")[0]["view"]
    assert isinstance(view, dict)
    return view


def test_the_bare_word_opens_a_form_at_once_and_fills_it(slack: Signed, web_api: WebApi, services: Services) -> None:
    services.instances._epoch("shared", "restore:1")
    services.instances.restored("shared", MANIFEST.id, "Rita")
    services.catalog.sync("local", services.providers["local"])
    view = opened(slack, web_api)

    assert [name for name, _ in web_api.calls] == ["views.open", "views.update"]
    loading = web_api.of("views.open")[0]
    assert loading["trigger_id"] == "1.1" and check_view(loading["view"], "modal") == []
    assert check_view(view, "modal") == [] and view["private_metadata"] == "C0DATABASES"
    instance, snapshot = (block["element"]["options"] for block in view["blocks"])
    assert [option["value"] for option in instance] == ["shared"]
    assert instance[0]["text"]["text"].startswith("shared: data from 2026-11-19 01:00 UTC (")
    assert [option["value"] for option in snapshot] == ["shop-1"]
    assert services.audit.history(words=None, limit=5) == []  # a form that is looked at is no request


def test_what_is_submitted_is_dispatched_like_typed_words(slack: Signed, services: Services) -> None:
    reply = submit(slack, "shared", "shop-1")

    assert reply["response_action"] == "update" and check_view(reply["view"], "modal") == []
    assert "Queued as job 1" in str(reply["view"]) and "2026-11-19 01:00 UTC" in str(reply["view"])  # the plan
    (job,) = services.job_rows.open()
    assert (job.requester_id, job.arguments["snapshot"]) == (RITA, "shop-1")
    (event,) = services.audit.find("slack:9.9")
    assert json.loads(event.arguments)["words"] == ["restore", "shared", "--snapshot", "shop-1"]
    assert (event.channel, event.actor_id) == ("C0DATABASES", RITA)


def test_a_form_sent_twice_is_one_job(slack: Signed, services: Services) -> None:
    submit(slack, "shared")
    assert "That is job 1 already" in str(submit(slack, "shared", "shop-1"))  # another body, so another signature
    assert len(services.job_rows.recent(5)) == 1


@pytest.mark.parametrize(
    ("instance", "snapshot", "user", "field", "sentence"),
    [
        ("sharde", "", RITA, "instance", "Did you mean shared?"),
        ("shared", "shop-9", RITA, "snapshot", "There is no snapshot shop-9"),
        ("shared", "", OTTO, "instance", "Sorry, only the members of S0BACKEND"),
    ],
)
def test_a_refusal_stands_beside_its_field(
    slack: Signed, services: Services, instance: str, snapshot: str, user: str, field: str, sentence: str
) -> None:
    reply = submit(slack, instance, snapshot, user)

    assert reply["response_action"] == "errors" and list(reply["errors"]) == [field]
    assert sentence in reply["errors"][field]
    assert services.job_rows.recent(5) == []
    received, ended = services.audit.find("slack:9.9")
    assert (received.outcome, ended.outcome in ("refused", "failed")) == ("received", True)


def test_a_question_takes_the_place_of_the_form(slack: Signed, services: Services) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    services.leases.take("shared", OTTO, "Otto", until, "")
    reply = submit(slack, "shared")

    assert "Otto holds it until" in str(reply["view"]) and check_view(reply["view"], "modal") == []
    assert [button["action_id"] for button in buttons(reply["view"]["blocks"])] == ["decide_confirm", "decide_cancel"]


def test_who_may_not_restore_is_refused_instead(slack: Signed, web_api: WebApi, services: Services) -> None:
    assert "Sorry" in slack.slash("restore", user=OTTO)["text"]
    assert web_api.calls == []
    assert [event.outcome for event in services.audit.find("slack:1.1")] == ["received", "refused"]


def test_when_the_form_does_not_open_the_words_are_explained(slack: Signed, web_api: WebApi) -> None:
    fail(web_api, URLError("down"))

    assert "Which instance? Usage: restore" in slack.slash("restore")["text"]


def test_without_its_provider_the_form_shows_what_is_known(
    slack: Signed, web_api: WebApi, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise SnapshotError("The supervisor does not answer.")

    monkeypatch.setattr(services.providers["local"], "snapshots", away)
    view = opened(slack, web_api)

    assert check_view(view, "modal") == [] and [block["block_id"] for block in view["blocks"]] == ["instance"]
    assert view["blocks"][0]["element"]["options"][0]["text"]["text"] == "shared: not restored yet"


@pytest.mark.parametrize("number", [0, 1, 100, 101])
def test_any_number_of_choices_is_a_form(number: int) -> None:
    choices = [Choice(f"i{at}", "<&> " + "x" * at) for at in range(number)]
    view = restore_form(choices, choices, "")

    assert check_view(view, "modal") == []
    assert ("submit" in view) == (number > 0)
    assert ("Only 100" in str(view)) == (number > 100)
