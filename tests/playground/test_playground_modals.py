"""Modals and the App Home, with a real Bolt app by Socket Mode, and what `views.*` refuse."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground import Playground, cast
from tests.playground.conftest import connected
from tests.playground.shapes import BUTTON, REASON, Json, asking, modal, note, option, plain

pytestmark = pytest.mark.timeout(30)

INSTANCE = asking("instance", {"type": "static_select", "options": [option("shared"), option("builds")]})
FORM = modal(INSTANCE, REASON, callback_id="restore", private_metadata="job 7", notify_on_close=True)
HOME = {"type": "home", "blocks": [note("Nothing to do."), {"type": "actions", "elements": [BUTTON]}]}


class Heard:
    """What the app was told, and how it answers a submission."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        self.answer: Json = {}


@pytest.fixture
def heard(playground: Playground, client: WebClient) -> Iterator[Heard]:
    """An app that opens a modal on `/dbs`, connected."""
    app, said = App(client=client, signing_secret=playground.signing_secret), Heard()

    @app.command("/dbs")
    def command(ack, body, client):  # type: ignore[no-untyped-def]
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.view("restore")
    def submitted(ack, body):  # type: ignore[no-untyped-def]
        said.bodies.append(body)
        ack(**said.answer)

    @app.view_closed("restore")
    def closed(ack, body):  # type: ignore[no-untyped-def]
        said.bodies.append(body)
        ack()

    @app.action("look")
    def look(ack, body):  # type: ignore[no-untyped-def]
        said.bodies.append(body)
        ack()

    @app.event("app_home_opened")
    def home(event, client):  # type: ignore[no-untyped-def]
        said.bodies.append(event)
        client.views_publish(user_id=event["user"], view=HOME)

    with connected(playground, app):
        yield said


def opened(playground: Playground) -> Json:
    """Rita's modal, opened by a command."""
    assert playground.slash("rita", "databases", "restore").ok
    return playground.wait_for(lambda: playground.modal("rita"))


def refusal(client: WebClient, method: str, **arguments: Any) -> Json:
    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json=arguments)
    body = refused.value.response.data
    assert isinstance(body, dict)
    return body


def test_a_modal_is_opened_filled_in_and_submitted(playground: Playground, heard: Heard) -> None:
    view = opened(playground)
    assert (view["callback_id"], view["state"]) == ("restore", {"values": {}})
    assert playground.modal("adam") is None

    assert playground.submit("rita", {"instance": "shared", "reason": "oops"}).ok

    (body,) = heard.bodies
    assert (body["type"], body["user"]["id"], body["view"]["private_metadata"]) == (
        "view_submission",
        cast.REQUESTER,
        "job 7",
    )
    assert body["view"]["state"]["values"] == {
        "instance": {"instance": {"type": "static_select", "selected_option": option("shared")}},
        "reason": {"reason": {"type": "plain_text_input", "value": "oops"}},
    }
    assert playground.modal("rita") is None
    with pytest.raises(ValueError, match="no modal open"):
        playground.submit("rita", {})


def test_slacks_client_wants_the_form_complete_before_the_app_hears_of_it(playground: Playground, heard: Heard) -> None:
    opened(playground)
    assert playground.submit("rita", {"reason": "much too long a reason"}).error == "incomplete"
    shown = playground.modal("rita")
    assert shown
    assert shown["errors"] == {
        "instance": "Please complete this required field.",
        "reason": "Please enter at most 10 characters.",
    }
    assert playground.submit("rita", {"instance": "elsewhere"}).error == "incomplete"
    with pytest.raises(ValueError, match="no input called colour"):
        playground.submit("rita", {"colour": "red"})
    assert heard.bodies == []


def test_the_apps_own_errors_are_shown_and_the_modal_stays(playground: Playground, heard: Heard) -> None:
    opened(playground)
    heard.answer = {"response_action": "errors", "errors": {"instance": "shared is leased by Adam."}}
    assert playground.submit("rita", {"instance": "shared"}).ok
    shown = playground.modal("rita")
    assert shown
    assert (shown["errors"], shown["trouble"]) == ({"instance": "shared is leased by Adam."}, None)

    heard.answer = {}
    assert playground.submit("rita", {"instance": "builds"}).ok
    assert playground.modal("rita") is None


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "A block that is not there."}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "dance"},
    ],
)
def test_an_answer_that_slack_does_not_take_is_trouble(playground: Playground, heard: Heard, answer: Json) -> None:
    opened(playground)
    heard.answer = answer
    playground.submit("rita", {"instance": "shared"})
    shown = playground.modal("rita")
    assert shown
    assert shown["trouble"].startswith("We had some trouble")


def test_a_submission_may_update_push_or_clear(playground: Playground, heard: Heard) -> None:
    first = opened(playground)
    heard.answer = {"response_action": "update", "view": FORM | {"title": plain("Sure?")}}
    playground.submit("rita", {"instance": "shared"})
    second = playground.modal("rita")
    assert second
    assert (second["id"], second["title"]["text"]) == (first["id"], "Sure?")
    assert second["hash"] != first["hash"]

    heard.answer = {"response_action": "push", "view": FORM | {"title": plain("Really?")}}
    playground.submit("rita", {"instance": "shared"})
    third = playground.modal("rita")
    assert third
    assert (third["root_view_id"], third["previous_view_id"]) == (first["id"], first["id"])

    heard.answer = {"response_action": "clear"}
    playground.submit("rita", {"instance": "shared"})
    assert playground.modal("rita") is None


def test_closing_is_told_to_who_asked_for_it(playground: Playground, client: WebClient, heard: Heard) -> None:
    opened(playground)
    delivery = playground.close_modal("rita")
    assert delivery is not None
    assert delivery.ok
    assert (heard.bodies[0]["type"], heard.bodies[0]["is_cleared"]) == ("view_closed", False)

    trigger = playground.workspace.new_trigger(cast.REQUESTER)
    client.views_open(trigger_id=trigger, view=modal(REASON))
    assert playground.close_modal("rita") is None
    assert playground.modal("rita") is None


def test_a_button_in_a_modal_comes_with_the_view(playground: Playground, client: WebClient, heard: Heard) -> None:
    view = modal(REASON, {"type": "actions", "elements": [BUTTON]}, callback_id="restore")
    client.views_open(trigger_id=playground.workspace.new_trigger(cast.REQUESTER), view=view)
    delivery = playground.click_view("rita", "look", values={"reason": "so far"})
    assert delivery.ok
    (body,) = heard.bodies
    assert body["container"]["view_id"] == body["view"]["id"]
    assert body["view"]["state"]["values"]["reason"]["reason"]["value"] == "so far"
    assert body["actions"][0]["value"] == "7"
    client.views_push(trigger_id=body["trigger_id"], view=modal(REASON))
    shown = playground.modal("rita")
    assert shown
    assert shown["previous_view_id"] == body["view"]["id"]


def test_the_home_is_published_when_somebody_opens_it(playground: Playground, heard: Heard) -> None:
    assert playground.open_home("rita").ok
    home = playground.wait_for(lambda: playground.home("rita"))
    assert "view" not in heard.bodies[0]
    assert playground.home("adam") is None

    playground.click_view("rita", "look", view_id=home["id"])
    assert heard.bodies[1]["view"]["type"] == "home"

    playground.open_home("rita")
    playground.wait_for(lambda: len(heard.bodies) == 3)
    assert heard.bodies[2]["view"]["id"] == home["id"]


def test_triggers_are_used_once_and_within_three_seconds(playground: Playground, client: WebClient) -> None:
    assert refusal(client, "views.open", trigger_id="made-up", view=FORM)["error"] == "invalid_trigger_id"
    trigger = playground.workspace.new_trigger(cast.REQUESTER)
    client.views_open(trigger_id=trigger, view=FORM)
    assert refusal(client, "views.open", trigger_id=trigger, view=FORM)["error"] == "exchanged_trigger_id"
    late = playground.workspace.new_trigger(cast.REQUESTER)
    playground.workspace.triggers._triggers[late].made -= 3.1
    assert refusal(client, "views.open", trigger_id=late, view=FORM)["error"] == "expired_trigger_id"
    outside = playground.workspace.new_trigger(cast.APPROVER)
    assert refusal(client, "views.push", trigger_id=outside, view=FORM)["error"] == "invalid_trigger_id"


def test_an_update_may_name_the_version_it_replaces(playground: Playground, client: WebClient) -> None:
    trigger = playground.workspace.new_trigger(cast.REQUESTER)
    view = client.views_open(trigger_id=trigger, view=FORM | {"external_id": "mine"})["view"]
    changed = client.views_update(view_id=view["id"], hash=view["hash"], view=FORM | {"external_id": "mine"})["view"]
    stale = refusal(client, "views.update", view_id=view["id"], hash=view["hash"], view=FORM)
    assert stale["error"] == "hash_conflict"
    assert client.views_update(external_id="mine", view=FORM)["view"]["id"] == changed["id"]
    assert refusal(client, "views.update", view_id="V0", view=FORM)["error"] == "not_found"
    assert refusal(client, "views.update", view=FORM)["error"] == "not_found"


def test_external_ids_are_unique(playground: Playground, client: WebClient) -> None:
    for user, expected in ((cast.REQUESTER, None), (cast.APPROVER, "duplicate_external_id")):
        arguments = {"trigger_id": playground.workspace.new_trigger(user), "view": FORM | {"external_id": "mine"}}
        if expected:
            assert refusal(client, "views.open", **arguments)["error"] == expected
        else:
            client.api_call("views.open", json=arguments)


def test_a_home_for_nobody_or_with_an_old_hash(playground: Playground, client: WebClient) -> None:
    assert refusal(client, "views.publish", user_id="U0NOBODY", view=HOME)["error"] == "user_not_found"
    view = client.views_publish(user_id=cast.REQUESTER, view=HOME)["view"]
    client.views_publish(user_id=cast.REQUESTER, view=HOME, hash=view["hash"])
    stale = refusal(client, "views.publish", user_id=cast.REQUESTER, view=HOME, hash=view["hash"])
    assert stale["error"] == "hash_conflict"


DIVIDER = {"type": "divider"}


def test_a_bad_view_is_refused_with_sentences(playground: Playground, client: WebClient) -> None:
    trigger = playground.workspace.new_trigger(cast.REQUESTER)
    body = refusal(client, "views.open", trigger_id=trigger, view=modal(DIVIDER, title=plain("x" * 25)))
    assert body["error"] == "invalid_arguments"
    assert body["response_metadata"]["messages"] == ["[ERROR] view.title.text: must be at most 24 characters, has 25"]
    large = modal(*[note("é" * 2_900)] * 30)
    assert refusal(client, "views.open", trigger_id=trigger, view=large)["error"] == "view_too_large"
    client.views_open(trigger_id=trigger, view=FORM)  # a view that was refused did not use the trigger up
