"""What the Web API answers and refuses, through slack_sdk's own client."""

import json
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground import Playground, cast

pytestmark = pytest.mark.timeout(30)

HERE = cast.DATABASES
LONG = "x" * 40_001
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Go"}}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.fixture
def api(playground: Playground) -> WebClient:
    return WebClient(token=playground.bot_token, base_url=playground.api_url)


def refusal(client: WebClient, method: str, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json=arguments) if arguments else client.api_call(method)
    assert refused.value.response.status_code == 200
    body = refused.value.response.data
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize(
    ("error", "method", "arguments"),
    [
        ("unknown_method", "chat.postMassage", {"channel": HERE, "text": "x"}),
        ("channel_not_found", "chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}),
        ("channel_not_found", "chat.postMessage", {"channel": cast.PRIVATE, "text": "x"}),
        ("not_in_channel", "chat.postMessage", {"channel": cast.GENERAL, "text": "x"}),
        ("not_in_channel", "chat.postMessage", {"channel": "#general", "text": "x"}),
        ("no_text", "chat.postMessage", {"channel": HERE}),
        ("no_text", "chat.postMessage", {"channel": HERE, "text": "  ", "blocks": []}),
        ("msg_too_long", "chat.postMessage", {"channel": HERE, "text": LONG}),
        ("invalid_blocks", "chat.postMessage", {"channel": HERE, "blocks": [{"type": "sectoin"}]}),
        ("invalid_blocks", "chat.postMessage", {"channel": HERE, "blocks": [section("x" * 3_001)]}),
        ("invalid_blocks", "chat.postMessage", {"channel": HERE, "blocks": [section("x")] * 51}),
        ("invalid_blocks_format", "chat.postMessage", {"channel": HERE, "blocks": "[{"}),
        ("invalid_blocks_format", "chat.postMessage", {"channel": HERE, "blocks": {"type": "section"}}),
        ("msg_blocks_too_long", "chat.postMessage", {"channel": HERE, "blocks": [section("x" * 2_900)] * 5}),
        ("thread_not_found", "chat.postMessage", {"channel": HERE, "text": "x", "thread_ts": "1.000001"}),
        ("invalid_metadata_format", "chat.postMessage", {"channel": HERE, "text": "x", "metadata": {"a": 1}}),
        ("message_not_found", "chat.update", {"channel": HERE, "ts": "1.000001", "text": "x"}),
        ("channel_not_found", "chat.update", {"channel": "#databases", "ts": "1.000001", "text": "x"}),
        ("user_not_in_channel", "chat.postEphemeral", {"channel": HERE, "user": cast.GONE, "text": "x"}),
        ("no_text", "chat.postEphemeral", {"channel": HERE, "user": cast.REQUESTER}),
        ("user_not_found", "users.info", {"user": "U0NOBODY"}),
        ("no_such_subteam", "usergroups.users.list", {"usergroup": "S0NONE"}),
        ("channel_not_found", "conversations.info", {"channel": "C0NOWHERE"}),
        ("not_in_channel", "conversations.history", {"channel": cast.GENERAL}),
        ("invalid_limit", "conversations.history", {"channel": HERE, "limit": 0}),
        ("invalid_cursor", "conversations.history", {"channel": HERE, "cursor": "x"}),
        ("thread_not_found", "conversations.replies", {"channel": HERE, "ts": "1.000001"}),
        ("users_list_not_supplied", "conversations.open", {"channel": HERE}),
        ("not_allowed_token_type", "apps.connections.open", {"x": 1}),
    ],
)
def test_refusals(api: WebClient, error: str, method: str, arguments: dict[str, Any]) -> None:
    assert refusal(api, method, **arguments)["error"] == error


def test_tokens(playground: Playground) -> None:
    def asking(token: str | None) -> WebClient:
        return WebClient(token=token, base_url=playground.api_url)

    assert refusal(asking(None), "auth.test")["error"] == "not_authed"
    assert refusal(asking("xoxb-playground-wrong"), "auth.test")["error"] == "invalid_auth"
    app = asking(playground.app_token)
    assert refusal(app, "chat.postMessage", channel=HERE, text="x")["error"] == "not_allowed_token_type"
    assert app.auth_test()["app_id"] == "A0PLAYGROUND"
    assert asking(playground.bot_token).auth_test()["user_id"] == "U0DBS"
    assert "playground" in playground.bot_token
    assert "playground" in playground.app_token


def test_invalid_blocks_say_what_is_wrong(api: WebClient) -> None:
    body = refusal(api, "chat.postMessage", channel=HERE, blocks=[section("")])
    assert body["response_metadata"]["messages"] == ["[ERROR] blocks[0].text.text: must be a non-empty string"]


def test_update_only_touches_the_bots_own_messages(playground: Playground, client: WebClient) -> None:
    said = playground.say("rita", "databases", "mine")
    assert refusal(client, "chat.update", channel=HERE, ts=said.ts, text="x")["error"] == "cant_update_message"


def test_update_with_text_alone_takes_the_blocks_away(playground: Playground, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HERE, text="a", blocks=[section("a")])["ts"]
    assert playground.messages(HERE)[0]["blocks"]
    client.chat_update(channel=HERE, ts=ts, text="b")
    (message,) = playground.messages(HERE)
    assert (message["text"], message.get("blocks")) == ("b", None)


def test_blocks_come_as_json_or_as_json_in_a_form(playground: Playground, client: WebClient) -> None:
    blocks = [section("same"), {"type": "actions", "elements": [BUTTON]}]
    client.chat_postMessage(channel=HERE, text="t", blocks=blocks)
    client.api_call("chat.postMessage", params={"channel": HERE, "text": "t", "blocks": json.dumps(blocks)})
    first, second = playground.messages(HERE)
    assert first["blocks"][0]["text"] == second["blocks"][0]["text"] == blocks[0]["text"]
    assert first["blocks"][1]["elements"][0]["action_id"] != second["blocks"][1]["elements"][0]["action_id"]


def test_an_archived_channel_takes_nothing(playground: Playground, client: WebClient) -> None:
    playground.workspace.channels[HERE].is_archived = True
    assert refusal(client, "chat.postMessage", channel=HERE, text="x")["error"] == "is_archived"


def test_public_channels_open_with_the_scope(playground: Playground) -> None:
    scopes = frozenset({"chat:write", "chat:write.public"})
    with Playground(scopes=scopes) as generous:
        client = WebClient(token=generous.bot_token, base_url=generous.api_url)
        client.chat_postMessage(channel="#general", text="hello")
        assert [m["text"] for m in generous.messages("general")] == ["hello"]
        assert refusal(client, "chat.postMessage", channel=cast.PRIVATE, text="x")["error"] == "channel_not_found"


def test_a_thread_with_metadata_is_read_back(client: WebClient) -> None:
    metadata = {"event_type": "outbox", "event_payload": {"outbox_id": 7}}
    parent = client.chat_postMessage(channel=HERE, text="parent")["ts"]
    client.chat_postMessage(channel=HERE, text="reply", thread_ts=parent, metadata=metadata)

    plain = client.conversations_replies(channel=HERE, ts=parent)["messages"]
    full = client.conversations_replies(channel=HERE, ts=parent, include_all_metadata=True)["messages"]
    (top,) = client.conversations_history(channel=HERE)["messages"]

    assert [m["text"] for m in plain] == ["parent", "reply"]
    assert "metadata" not in plain[1]
    assert full[1]["metadata"] == metadata
    assert (top["reply_count"], top["thread_ts"]) == (1, parent)


def test_history_pages_and_windows(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=HERE, text=str(n))["ts"] for n in range(5)]
    # slack_sdk gives the same object for every page, so each is looked at as it comes.
    pages = [[m["text"] for m in page["messages"]] for page in client.conversations_history(channel=HERE, limit=2)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]

    def texts(**window: Any) -> list[str]:
        return [m["text"] for m in client.conversations_history(channel=HERE, **window)["messages"]]

    assert texts(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert texts(oldest=stamps[1], latest=stamps[3], inclusive=True) == ["3", "2", "1"]
    assert sorted(stamps) == stamps
    assert len(set(stamps)) == 5
    assert refusal(client, "conversations.history", channel=HERE, oldest="x")["error"] == "invalid_ts_oldest"


def test_people_of_every_kind(api: WebClient) -> None:
    users = {user["id"]: user for user in api.users_list()["members"]}
    assert users[cast.GUEST]["is_restricted"]
    assert users[cast.SINGLE_GUEST]["is_ultra_restricted"]
    assert users[cast.GONE]["deleted"]
    assert users[cast.OTHER_BOT]["is_bot"]
    assert users[cast.STRANGER]["is_stranger"]
    assert users[cast.REQUESTER] == api.users_info(user=cast.REQUESTER)["user"]
    assert not users[cast.REQUESTER]["is_restricted"]


def test_groups(api: WebClient) -> None:
    groups = {group["handle"]: group for group in api.usergroups_list(include_users=True)["usergroups"]}
    assert groups["dba"]["users"] == api.usergroups_users_list(usergroup=cast.DBA)["users"] == [cast.APPROVER]
    assert "users" not in api.usergroups_list()["usergroups"][0]


def test_direct_messages(playground: Playground, client: WebClient) -> None:
    opened = client.conversations_open(users=cast.REQUESTER)["channel"]["id"]
    client.chat_postMessage(channel=opened, text="by channel")
    client.chat_postMessage(channel=cast.REQUESTER, text="by person")
    assert [m["text"] for m in playground.messages(opened)] == ["by channel", "by person"]
    assert client.conversations_info(channel=opened)["channel"]["is_im"]
    assert refusal(client, "conversations.open", users="U0NOBODY")["error"] == "user_not_found"


def test_an_ephemeral_is_seen_by_one(playground: Playground, client: WebClient) -> None:
    client.chat_postEphemeral(channel="#databases", user=cast.REQUESTER, text="psst")
    assert [note["text"] for note in playground.ephemerals("rita")] == ["psst"]
    assert playground.ephemerals("adam") == playground.messages("databases") == []


def test_calls_are_recorded_without_their_token(playground: Playground, client: WebClient) -> None:
    client.api_call("chat.postMessage", params={"channel": HERE, "text": "x", "token": playground.bot_token})
    refusal(client, "users.info", user="U0NOBODY")
    calls = playground.workspace.calls
    assert [(call.method, call.error) for call in calls] == [
        ("chat.postMessage", None),
        ("users.info", "user_not_found"),
    ]
    assert all(playground.bot_token not in str(call.arguments) for call in calls)
