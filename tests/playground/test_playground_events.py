"""Events: who hears what, and how often when nobody answers; the challenge of a request URL."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.sync.client import connect

from playground import Playground, cast
from playground.http_mode import UnverifiedError
from tests.playground.test_playground_http_mode import served

pytestmark = pytest.mark.timeout(30)

Json = dict[str, Any]


class Endpoint:
    """An app's request address that answers as it is told, and remembers what came."""

    def __init__(self) -> None:
        self.came: list[tuple[Json, Json]] = []  # headers in lower case, body
        self.statuses = [500]
        self.headers: dict[str, str] = {}
        self.body = b""


@contextmanager
def listening(endpoint: Endpoint) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            endpoint.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(endpoint.statuses[min(len(endpoint.came), len(endpoint.statuses)) - 1])
            for name, value in endpoint.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(endpoint.body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/slack/events"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def endpoint(playground: Playground) -> Iterator[Endpoint]:
    """A request address that fails, on a playground where five minutes take 15 ms."""
    made = Endpoint()
    with listening(made) as address:
        playground.request_url = address
        playground.events.hurry = 20_000
        yield made


def marks(endpoint: Endpoint) -> list[tuple[str | None, str | None]]:
    return [(head.get("x-slack-retry-num"), head.get("x-slack-retry-reason")) for head, _ in endpoint.came]


def test_an_event_that_fails_comes_three_times_more(playground: Playground, endpoint: Endpoint) -> None:
    assert playground.mention("rita", "databases", "help").error == "http_500"
    playground.wait_for(lambda: len(playground.events.retried) == 3)
    assert marks(endpoint) == [(None, None), *((str(number), "http_error") for number in (1, 2, 3))]
    assert len({body["event_id"] for _, body in endpoint.came}) == 1


def test_it_stops_with_the_first_success(playground: Playground, endpoint: Endpoint) -> None:
    endpoint.statuses = [500, 503, 200]
    playground.mention("rita", "databases", "help")
    playground.wait_for(lambda: playground.events.retried[-1:] and playground.events.retried[-1].ok)
    assert len(endpoint.came) == 3


def test_an_app_can_ask_not_to_be_told_again(playground: Playground, endpoint: Endpoint) -> None:
    endpoint.headers = {"X-Slack-No-Retry": "1"}
    assert playground.mention("rita", "databases", "help").no_retry
    endpoint.headers, endpoint.statuses = {}, [200]
    assert playground.mention("rita", "databases", "again").ok
    assert marks(endpoint) == [(None, None)] * 2


def test_the_reasons(playground: Playground, client: WebClient) -> None:
    playground.events.hurry = 20_000
    playground.request_url = "http://127.0.0.1:9/slack/events"
    playground.mention("rita", "databases", "help")
    playground.wait_for(lambda: len(playground.events.retried) == 3)
    assert {each.error for each in playground.events.retried} == {"unreachable"}
    assert playground.events.retried[0].request
    assert playground.events.retried[0].request.headers["X-Slack-Retry-Reason"] == "connection_failed"


def test_by_socket_the_envelope_says_so(playground: Playground, client: WebClient) -> None:
    url = client.apps_connections_open(app_token=playground.app_token)["url"]
    with connect(url, proxy=None) as socket:
        assert json.loads(socket.recv(timeout=2))["type"] == "hello"
        assert playground.mention("rita", "databases", "help").error == "timeout"
        first, second = (json.loads(socket.recv(timeout=2)) for _ in range(2))
        socket.send(json.dumps({"envelope_id": second["envelope_id"]}))
        playground.wait_for(lambda: playground.events.retried)
    assert (first.get("retry_attempt"), second["retry_attempt"], second["retry_reason"]) == (None, 1, "http_timeout")
    assert first["payload"] == second["payload"]
    assert playground.events.retried[0].ok


def test_a_reset_ends_the_retries(playground: Playground, endpoint: Endpoint) -> None:
    playground.events.hurry = 1
    playground.mention("rita", "databases", "help")
    playground.wait_for(lambda: len(playground.events.retried) == 1)
    waiting = [each for each in threading.enumerate() if each.name == "playground-retry"]
    assert waiting
    playground.reset()
    for thread in waiting:
        thread.join(2)
        assert not thread.is_alive()


def test_a_request_url_has_to_echo_the_challenge(playground: Playground, client: WebClient) -> None:
    app = App(client=client, signing_secret=playground.signing_secret)
    with served(app) as address:
        playground.enter_request_url(address)
        assert playground.request_url == address


@pytest.mark.parametrize(("status", "body"), [(200, b"ok"), (200, b""), (404, b"")])
def test_a_request_url_that_does_not_is_not_taken(playground: Playground, status: int, body: bytes) -> None:
    endpoint = Endpoint()
    endpoint.statuses, endpoint.body = [status], body
    with listening(endpoint) as address, pytest.raises(UnverifiedError, match="did not echo"):
        playground.enter_request_url(address)
    assert playground.request_url is None
    assert endpoint.came[0][1]["type"] == "url_verification"
    with pytest.raises(UnverifiedError, match="did not answer"):
        playground.enter_request_url("http://127.0.0.1:9/slack/events")


def test_a_group_that_changes_is_told(playground: Playground, client: WebClient, endpoint: Endpoint) -> None:
    endpoint.statuses = [200]
    playground.set_group("@backend", ["adam", "otto"])
    changed, updated = (body["event"] for _, body in endpoint.came)
    assert (changed["type"], changed["subteam_id"]) == ("subteam_members_changed", cast.BACKEND)
    assert (changed["added_users"], changed["removed_users"]) == ([cast.OUTSIDER], [cast.REQUESTER])
    assert (updated["type"], updated["subteam"]["users"]) == ("subteam_updated", [cast.APPROVER, cast.OUTSIDER])
    assert client.usergroups_users_list(usergroup=cast.BACKEND)["users"] == [cast.APPROVER, cast.OUTSIDER]
    for group, members, problem in (("nobody", [], "no user group"), ("dba", ["nobody"], "no user nobody")):
        with pytest.raises(ValueError, match=problem):
            playground.set_group(group, members)


def test_what_is_not_subscribed_or_not_granted_is_not_told() -> None:
    with Playground(events=frozenset({"app_mention", "subteam_updated"}), scopes=frozenset()) as deaf:
        assert deaf.open_home("rita").error == "not_subscribed"
        assert deaf.mention("rita", "databases", "help").error == "missing_scope"
        client = WebClient(token=deaf.bot_token, base_url=deaf.api_url)
        refusals = {}
        for method in ("chat.postMessage", "files.info", "conversations.open", "reactions.add", "usergroups.list"):
            with pytest.raises(SlackApiError) as refused:
                client.api_call(method)
            refusals[method] = (refused.value.response["needed"], refused.value.response["provided"])
    assert refusals == {
        "chat.postMessage": ("chat:write", ""),
        "files.info": ("files:read", ""),
        "conversations.open": ("im:write", ""),
        "reactions.add": ("reactions:write", ""),
        "usergroups.list": ("usergroups:read", ""),
    }
