"""Clicks beside the plain button in a channel: menus, what only one person sees, old versions, doubles."""

from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground import Playground, cast
from tests.playground.conftest import connected
from tests.playground.shapes import Json, option, plain

pytestmark = pytest.mark.timeout(30)

HERE = cast.DATABASES
MENU = {"type": "static_select", "action_id": "pick", "options": [option("shared"), option("builds")]}
GO = {"type": "button", "action_id": "go", "text": plain("Go"), "value": "old"}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def test_a_choice_in_a_menu(playground: Playground, client: WebClient) -> None:
    menu_beside = {"type": "section", "text": plain("Which?"), "accessory": {**MENU, "action_id": "beside"}}
    ts = client.chat_postMessage(channel=HERE, text="?", blocks=[actions(MENU), menu_beside])["ts"]
    for action_id in ("pick", "beside"):
        (action,) = playground.click("rita", HERE, ts, action_id, "builds").payload["actions"]
        assert action["selected_option"] == option("builds")
    with pytest.raises(ValueError, match="no option elsewhere"):
        playground.click("rita", HERE, ts, "pick", "elsewhere")


def test_what_only_one_person_sees_is_clicked_and_replaced_by_that_person_only(
    playground: Playground, client: WebClient
) -> None:
    app = App(client=client, signing_secret=playground.signing_secret)
    seen: list[Json] = []

    @app.action("go")
    def go(ack, body, respond):  # type: ignore[no-untyped-def]
        ack()
        seen.append(body)
        respond(text="Gone.", replace_original=True) if len(seen) == 1 else respond(delete_original=True)

    client.chat_postEphemeral(channel=HERE, user=cast.REQUESTER, text="Sure?", blocks=[actions(GO)])
    (note,) = playground.ephemerals("rita")
    with connected(playground, app):
        with pytest.raises(ValueError, match="no button go"):
            playground.click("adam", HERE, note["ts"], "go")
        clicked = playground.click("rita", HERE, note["ts"], "go")
        playground.wait_for(lambda: playground.ephemerals("rita")[0]["text"] == "Gone.")
        assert playground.press_again(clicked).ok
        playground.wait_for(lambda: not playground.ephemerals("rita"))
    assert (seen[0]["container"]["is_ephemeral"], "message" in seen[0]) == (True, False)


def test_a_click_on_a_version_that_is_gone_and_a_double_click(playground: Playground, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HERE, text="?", blocks=[actions(GO, block_id="v1")])["ts"]
    first = playground.click("adam", HERE, ts, "go")
    new = actions({**GO, "value": "new"}, block_id="v2")
    client.chat_update(channel=HERE, ts=ts, text="?", blocks=[new])
    stale, replay = playground.press_again(first), playground.again(first)
    assert stale.payload["actions"][0]["block_id"] == "v1"
    assert stale.payload["trigger_id"] != first.payload["trigger_id"] == replay.payload["trigger_id"]
    assert stale.payload["response_url"] != first.payload["response_url"]
    with pytest.raises(ValueError, match="no button go"):
        playground.click("adam", HERE, ts, "go", block_id="v1")
    assert playground.click("adam", HERE, ts, "go", block_id="v2").payload["actions"][0]["value"] == "new"


def test_reactions_and_permalinks(playground: Playground, client: WebClient) -> None:
    parent = playground.say("rita", "databases", "hm")
    reply = playground.say("rita", "databases", "hm?", parent.ts)
    client.reactions_add(channel=HERE, timestamp=parent.ts, name="white_check_mark")
    assert playground.messages(HERE)[0]["reactions"] == [{"name": "white_check_mark", "users": ["U0DBS"], "count": 1}]
    for timestamp, name, error in (
        (parent.ts, "white_check_mark", "already_reacted"),
        (parent.ts, ":eyes:", "invalid_name"),
        ("1.1", "eyes", "message_not_found"),
    ):
        with pytest.raises(SlackApiError, match=error):
            client.reactions_add(channel=HERE, timestamp=timestamp, name=name)
    link = client.chat_getPermalink(channel=HERE, message_ts=reply.ts)["permalink"]
    assert link.endswith(f"/archives/{HERE}/p{reply.ts.replace('.', '')}?thread_ts={parent.ts}&cid={HERE}")


def test_direct_messages_are_seen_by_their_person(playground: Playground, client: WebClient) -> None:
    client.chat_postMessage(channel=cast.REQUESTER, text="for you", blocks=[actions(GO)])
    (message,) = playground.dms("rita")
    assert playground.dms("adam") == []
    channel = client.conversations_open(users=cast.REQUESTER)["channel"]["id"]
    assert playground.click("rita", channel, message["ts"], "go").payload["channel"]["name"] == "directmessage"
    with pytest.raises(ValueError, match="adam sees no channel"):
        playground.click("adam", channel, message["ts"], "go")
