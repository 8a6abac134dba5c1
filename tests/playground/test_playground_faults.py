"""What goes wrong on purpose: every kind of fault as slack_sdk's client meets it, and the control interface's knobs."""

import time
from collections.abc import Iterator
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.error import URLError

import httpx
import pytest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from playground import Playground, cast
from playground.faults import ERRORS, KINDS, Faults
from playground.guard import HEADER

pytestmark = pytest.mark.timeout(30)

HERE = cast.DATABASES
BROKEN = (ConnectionResetError, RemoteDisconnected, IncompleteRead, URLError)


@pytest.fixture
def bare(playground: Playground) -> WebClient:
    """A client that repeats nothing by itself."""
    return WebClient(token=playground.bot_token, base_url=playground.api_url, retry_handlers=[], timeout=5)


@pytest.fixture
def http(playground: Playground) -> Iterator[httpx.Client]:
    headers = {HEADER: playground.control_token}
    with httpx.Client(base_url=playground.url, headers=headers, trust_env=False) as client:
        yield client


def texts(playground: Playground) -> list[str]:
    return [message["text"] for message in playground.messages(HERE)]


def post(client: WebClient, text: str) -> Any:
    return client.chat_postMessage(channel=HERE, text=text)


def test_rate_limited_so_many_times(playground: Playground, bare: WebClient) -> None:
    playground.fault("chat.postMessage", "ratelimited", times=2, seconds=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            post(bare, "x")
        answer = refused.value.response
        assert (answer.status_code, answer["error"], answer.headers["retry-after"]) == (429, "ratelimited", "7")
    post(bare, "third")
    assert texts(playground) == ["third"]
    assert [call.error for call in playground.workspace.calls] == ["ratelimited", "ratelimited", None]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_servers_fail_until_switched_off(playground: Playground, bare: WebClient, status: int) -> None:
    with playground.faults.during("chat.*", f"http_{status}"):
        for _ in range(3):
            with pytest.raises(SlackApiError) as refused:
                post(bare, "x")
            assert refused.value.response.status_code == status
        assert bare.auth_test()["ok"]  # another method
    post(bare, "now")
    assert texts(playground) == ["now"]


@pytest.mark.parametrize(("kind", "stored"), [("reset_after_store", ["x"]), ("reset_before_store", [])])
def test_a_reset_before_or_after_the_message_is_stored(
    playground: Playground, bare: WebClient, kind: str, stored: list[str]
) -> None:
    playground.fault("chat.postMessage", kind, times=1)
    with pytest.raises(BROKEN):
        post(bare, "x")
    assert texts(playground) == stored


def test_the_sdks_own_retry_after_a_reset_makes_two_messages(playground: Playground, client: WebClient) -> None:
    """The trap that the notes warn of: a default client repeats a post that was stored."""
    playground.fault("chat.postMessage", "reset_after_store", times=1)
    post(client, "x")
    assert texts(playground) == ["x", "x"]


@pytest.mark.parametrize(("kind", "stored"), [("hang_after_store", ["x"]), ("hang", [])])
def test_a_black_hole_outlasts_the_client(
    playground: Playground, bare: WebClient, kind: str, stored: list[str]
) -> None:
    bare.timeout = 1
    playground.fault("chat.postMessage", kind, times=1, seconds=20)
    with pytest.raises((TimeoutError, URLError), match="timed out"):
        post(bare, "x")
    assert texts(playground) == stored
    assert bare.auth_test()["ok"]


def test_a_black_hole_closes_by_itself(playground: Playground, bare: WebClient) -> None:
    playground.fault("chat.postMessage", "hang", times=1, seconds=0.3)
    began = time.monotonic()
    with pytest.raises(BROKEN):
        post(bare, "x")
    assert 0.25 < time.monotonic() - began < 4


@pytest.mark.parametrize("error", ["is_archived", "token_revoked"])
def test_an_error_code_of_slacks(playground: Playground, bare: WebClient, error: str) -> None:
    playground.fault("chat.postMessage", error, times=1)
    with pytest.raises(SlackApiError) as refused:
        post(bare, "x")
    assert (refused.value.response.status_code, refused.value.response["error"]) == (200, error)
    assert texts(playground) == []


def test_faults_of_response_addresses(playground: Playground, bot: SocketModeHandler) -> None:
    playground.fault("response_url", "http_500", times=1)
    key = playground.workspace.response_urls.new(HERE, cast.REQUESTER)
    webhook = WebhookClient(f"{playground.url}/hooks/{key}")
    assert webhook.send(text="x").status_code == 500
    assert webhook.send(text="y").status_code == 200
    assert [note["text"] for note in playground.ephemerals("rita")] == ["y"]


def test_away_and_back(playground: Playground, bare: WebClient, bot: SocketModeHandler) -> None:
    post(bare, "before")
    with playground.offline():
        with pytest.raises((ConnectionError, URLError), match="refused"):
            post(bare, "meanwhile")
        assert playground.sockets.connections == 0
        assert playground.slash("rita", "databases", "status").error == "no_connection"
        playground.go_offline()  # a second time changes nothing
    post(bare, "after")
    assert texts(playground) == ["before", "after"]
    bot.client.connect_to_new_endpoint()
    playground.wait_for(lambda: playground.sockets.connections)
    assert playground.slash("rita", "databases", "status").ok


def test_kinds_are_checked_and_the_first_that_fits_happens() -> None:
    faults = Faults()
    with pytest.raises(ValueError, match="no fault explode"):
        faults.add("chat.postMessage", "explode")
    with pytest.raises(ValueError, match="at least once"):
        faults.add("chat.postMessage", "http_500", times=0)
    first, second = faults.add("chat.*", "http_500", times=1), faults.add("*", "hang")
    assert [faults.take("chat.update"), faults.take("chat.update"), faults.take("auth.test")] == [first, second, second]
    faults.clear()
    assert faults.take("chat.update") is None
    assert set(ERRORS) < set(KINDS)


def test_the_knobs_of_the_control_interface(playground: Playground, http: httpx.Client, bare: WebClient) -> None:
    fault = {"method": "chat.postMessage", "kind": "is_archived", "times": 1}
    assert http.post("/playground/fault", json=fault).json()["left"] == 1
    with pytest.raises(SlackApiError, match="is_archived"):
        post(bare, "x")
    http.post("/playground/fault", json={"method": "*", "kind": "http_503"})
    assert http.post("/playground/faults/clear").json() == {"ok": True}
    post(bare, "y")
    bad = http.post("/playground/fault", json={"method": "*", "kind": "explode"})
    assert (bad.status_code, "no fault explode" in bad.json()["error"]) == (400, True)
    assert http.post("/playground/offline", json={"seconds": 0}).status_code == 400


def test_the_control_interface_drops_and_refreshes_sockets(
    playground: Playground, http: httpx.Client, bot: SocketModeHandler
) -> None:
    http.post("/playground/sockets/refresh")
    playground.wait_for(lambda: len(playground.sockets._retired) == 0 and playground.sockets.connections == 1)
    bot.client.auto_reconnect_enabled = False
    http.post("/playground/sockets/drop")
    assert playground.sockets.connections == 0


def test_away_by_the_control_interface_comes_back_by_itself(playground: Playground, http: httpx.Client) -> None:
    assert http.post("/playground/offline", json={"seconds": 0.3}).json() == {"offline_seconds": 0.3}
    playground.wait_for(lambda: not playground._web.running)
    playground.wait_for(lambda: playground._web.running)
    assert http.get("/playground/state").status_code == 200


def test_strict_limits_of_posts(playground: Playground, bare: WebClient, http: httpx.Client) -> None:
    assert http.post("/playground/limits", json={"strict": True}).json() == {"strict": True}
    now = [1_800_000_000.0]
    playground.workspace.clock = lambda: now[0]
    for number in range(3):
        post(bare, str(number))  # a short burst
    with pytest.raises(SlackApiError) as refused:
        post(bare, "too fast")
    assert (refused.value.response.status_code, refused.value.response.headers["retry-after"]) == (429, "1")
    bare.chat_postMessage(channel=cast.REQUESTER, text="another channel")
    now[0] += 1
    post(bare, "3")
    assert texts(playground) == ["0", "1", "2", "3"]


def test_strict_limits_by_tier(playground: Playground, bare: WebClient) -> None:
    playground.limits.strict = True
    now = [1_800_000_000.0]
    playground.workspace.clock = lambda: now[0]
    for _ in range(20):
        bare.usergroups_users_list(usergroup=cast.DBA)
    with pytest.raises(SlackApiError) as refused:
        bare.usergroups_users_list(usergroup=cast.DBA)
    assert refused.value.response.headers["retry-after"] == "3"
    now[0] += 3
    assert bare.usergroups_users_list(usergroup=cast.DBA)["ok"]
    assert bare.users_info(user=cast.REQUESTER)["ok"]
