"""A real Bolt app with its built-in socket client against the playground."""

import asyncio
import json
import threading
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from playground import Playground
from playground.sockets import SocketHub

pytestmark = pytest.mark.timeout(30)


def texts(playground: Playground) -> list[str]:
    return [message["text"] for message in playground.messages("databases")]


def test_a_command_is_acknowledged_posted_and_updated(playground: Playground, bot: SocketModeHandler) -> None:
    delivery = playground.slash("rita", "#databases", "restore shared")

    assert delivery.ok
    assert playground.wait_for(lambda: "Done restore shared" in texts(playground))
    notes = playground.wait_for(lambda: playground.ephemerals("rita"))
    assert [note["text"] for note in notes] == ["Only you see this"]
    assert playground.ephemerals("otto") == []
    (message,) = playground.workspace.messages("C0DATABASES")
    assert len(message.edits) == 1


def test_a_mention_in_a_thread_is_answered_there(playground: Playground, bot: SocketModeHandler) -> None:
    parent = playground.say("otto", "databases", "what happened here?")

    assert playground.mention("rita", "databases", "status", parent.ts).ok

    heard = playground.wait_for(lambda: playground.thread("databases", parent.ts)[2:])
    assert heard[0]["text"] == "Heard <@U0DBS> status"


def test_a_button_replaces_its_message(playground: Playground, client: WebClient, bot: SocketModeHandler) -> None:
    button = {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}}
    ts = client.chat_postMessage(
        channel="#databases", text="Approve?", blocks=[{"type": "actions", "elements": [button]}]
    )["ts"]

    assert playground.click("adam", "databases", ts, "approve").ok

    assert playground.wait_for(lambda: "Approved by <@U0APPROVER>" in texts(playground))
    with pytest.raises(ValueError, match="no button approve"):
        playground.click("adam", "databases", ts, "approve")


def test_a_silent_app_is_a_failure_that_only_the_person_sees(playground: Playground, client: WebClient) -> None:
    url = client.apps_connections_open(app_token=playground.app_token)["url"]
    with connect(url, proxy=None):
        playground.wait_for(lambda: playground.sockets.connections)
        delivery = playground.slash("rita", "databases", "help")

    assert (delivery.ok, delivery.error) == (False, "timeout")
    assert [note["text"] for note in playground.ephemerals("rita")] == [
        '/dbs failed with the error "operation_timeout"'
    ]
    assert playground.messages("databases") == []


def test_without_a_connection_the_command_fails_at_once(playground: Playground) -> None:
    delivery = playground.slash("rita", "databases", "help")

    assert delivery.error == "no_connection"
    assert "dispatch_failed" in playground.ephemerals("rita")[0]["text"]


def test_commands_in_threads_are_refused_as_in_slack(playground: Playground, bot: SocketModeHandler) -> None:
    parent = playground.say("rita", "databases", "a thread")

    delivery = playground.slash("rita", "databases", "status", thread_ts=parent.ts)

    assert not delivery.ok
    (note,) = playground.ephemerals("rita")
    assert note["text"] == "/dbs is not supported in threads. Sorry!"
    assert note["thread_ts"] == parent.ts
    assert texts(playground) == ["a thread"]


def test_an_unknown_command_never_reaches_the_app(playground: Playground, bot: SocketModeHandler) -> None:
    assert playground.slash("rita", "databases", "x", command="/dsb").error == "not_delivered"
    assert "not a valid command" in playground.ephemerals("rita")[0]["text"]


def test_after_a_refresh_the_client_is_back_on_a_new_socket(playground: Playground, bot: SocketModeHandler) -> None:
    before = bot.client.session_id()
    playground.sockets.refresh()
    playground.wait_for(lambda: bot.client.session_id() != before and playground.sockets.connections == 1)

    assert playground.slash("rita", "databases", "again").ok


def test_several_connections_share_the_envelopes(playground: Playground, client: WebClient) -> None:
    url = client.apps_connections_open(app_token=playground.app_token)["url"]
    other = client.apps_connections_open(app_token=playground.app_token)["url"]
    with connect(url, proxy=None) as first, connect(other, proxy=None) as second, ThreadPoolExecutor(1) as person:
        for socket in (first, second):
            assert json.loads(socket.recv(timeout=2))["type"] == "hello"
        for socket, answering in ((first, second), (second, first)):
            delivery = person.submit(playground.slash, "rita", "databases", "status")
            envelope = json.loads(socket.recv(timeout=2))
            # Whichever socket answers, the envelope's id decides.
            answering.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
            assert delivery.result(timeout=2).ok


def test_an_acknowledgement_of_something_else_does_not_count(playground: Playground, client: WebClient) -> None:
    url = client.apps_connections_open(app_token=playground.app_token)["url"]
    with connect(url, proxy=None) as socket:
        assert json.loads(socket.recv(timeout=2))["type"] == "hello"
        for frame in ("not JSON", "[]", '{"envelope_id": ["x"]}', '{"envelope_id": "made-up"}'):
            socket.send(frame)
        assert playground.slash("rita", "databases", "status").error == "timeout"


def test_a_ticket_opens_one_socket_only(playground: Playground, client: WebClient) -> None:
    url = client.apps_connections_open(app_token=playground.app_token)["url"]
    with connect(url, proxy=None) as socket:
        assert '"hello"' in str(socket.recv(timeout=2))
        with pytest.raises(InvalidStatus), connect(url, proxy=None):
            pass


def test_the_mention_of_an_absent_bot_is_told_to_the_person(playground: Playground, bot: SocketModeHandler) -> None:
    assert playground.mention("rita", "general", "status").error == "not_in_channel"
    assert "not in this channel" in playground.ephemerals("rita")[0]["text"]


def test_missing_event_scope_keeps_mentions_away() -> None:
    with Playground(scopes=frozenset({"chat:write"})) as playground:
        assert playground.mention("rita", "databases", "status").error == "missing_scope"
        assert playground.slash("rita", "databases", "status").error == "not_delivered"
        client = WebClient(token=playground.bot_token, base_url=playground.api_url)
        with pytest.raises(SlackApiError) as refused:
            client.users_info(user="U0REQUESTER")
    assert (refused.value.response["error"], refused.value.response["needed"]) == (
        "missing_scope",
        "users:read",
    )


def test_a_client_that_vanished_is_no_error_of_ours() -> None:
    """Its socket still looks open when we write; a race in real life, made certain here."""
    left = threading.Event()

    async def receive() -> MutableMapping[str, object]:
        if not connected.is_set():
            connected.set()
            return {"type": "websocket.connect"}
        await asyncio.to_thread(left.wait, 5)
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(message: MutableMapping[str, object]) -> None:
        if "hello" in str(message):
            greeted.set()
        elif message["type"] != "websocket.accept":
            raise OSError("broken pipe")

    for act in (SocketHub.drop, SocketHub.refresh, lambda hub: hub.send("slash_commands", {})):
        connected, greeted, hub = threading.Event(), threading.Event(), SocketHub(0.5)
        scope = {"type": "websocket", "query_string": f"ticket={hub.ticket()}".encode(), "headers": []}
        server = threading.Thread(target=asyncio.run, args=(hub.serve(WebSocket(scope, receive, send)),))
        server.start()
        assert greeted.wait(2)
        result = act(hub)
        assert result is None or result.error == "no_connection"
        left.set()
        server.join(5)
        left.clear()
        assert not server.is_alive()
        assert hub.connections == 0
