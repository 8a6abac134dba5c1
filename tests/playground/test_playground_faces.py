"""The control interface, the page, and the refusal to start beside real tokens."""

import re
from collections.abc import Iterator

import httpx
import pytest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from playground import Playground
from playground.__main__ import main
from playground.guard import HEADER
from playground.installation import RealTokensError, refuse_real_tokens

pytestmark = pytest.mark.timeout(30)

RITA_HERE = {"user": "U0REQUESTER", "channel": "C0DATABASES"}


@pytest.fixture
def http(playground: Playground) -> Iterator[httpx.Client]:
    """A client with the control token in its header."""
    headers = {HEADER: playground.control_token}
    with httpx.Client(base_url=playground.url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def browser(playground: Playground) -> Iterator[httpx.Client]:
    """A client that opened the printed address and got the cookie."""
    with httpx.Client(base_url=playground.url, trust_env=False, follow_redirects=True) as client:
        assert client.get(playground.page_url).status_code == 200
        yield client


def test_control_acts_and_reads(playground: Playground, http: httpx.Client, bot: SocketModeHandler) -> None:
    sent = http.post("/playground/slash", json={"user": "rita", "channel": "databases", "text": "status"}).json()
    assert sent["ok"]
    playground.wait_for(lambda: playground.ephemerals("rita"))
    assert [n["text"] for n in http.get("/playground/ephemerals?user=rita").json()] == ["Only you see this"]

    parent = http.post("/playground/say", json={"user": "otto", "channel": "databases", "text": "hm"}).json()
    heard = {"user": "rita", "channel": "databases", "text": "help", "thread_ts": parent["ts"]}
    assert http.post("/playground/mention", json=heard).json()["ok"]
    playground.wait_for(lambda: len(playground.thread("databases", parent["ts"])) == 3)
    thread = http.get("/playground/thread", params={"channel": "databases", "ts": parent["ts"]}).json()
    assert [m["text"] for m in thread] == ["hm", "<@U0DBS> help", "Heard <@U0DBS> help"]
    assert len(http.get("/playground/messages?channel=databases").json()) == 4
    assert {g["handle"] for g in http.get("/playground/state").json()["groups"]} == {"backend", "dba"}


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("slash", {"user": "rita", "channel": "databases"}, "the argument text is missing"),
        ("slash", {"user": "nobody", "channel": "databases", "text": "x"}, "nobody called nobody can act"),
        ("slash", {"user": "greta", "channel": "databases", "text": "x"}, "nobody called greta can act"),
        ("say", {"user": "otto", "channel": "private", "text": "x"}, "otto sees no channel private"),
        ("say", {"user": "otto", "channel": "databases", "text": "x", "thread_ts": "1.1"}, "no message 1.1"),
    ],
)
def test_control_explains_mistakes(http: httpx.Client, path: str, body: dict[str, str], sentence: str) -> None:
    answer = http.post(f"/playground/{path}", json=body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["/playground/state", "/", "/fragment", "/modal", "/playground/messages?channel=databases"]
)
@pytest.mark.parametrize("headers", [{}, {HEADER: "wrong"}, {"Cookie": "playground=wrong"}, {"Cookie": "playground=ÿ"}])
def test_nobody_looks_without_the_token(playground: Playground, path: str, headers: dict[str, str]) -> None:
    raw = {name.encode(): value.encode() for name, value in headers.items()}
    assert httpx.get(playground.url + path, headers=raw, trust_env=False).status_code == 403


@pytest.mark.parametrize("path", ["/playground/say", "/say", "/click", "/submit", "/close", "/press", "/home"])
def test_nobody_acts_without_the_token(playground: Playground, path: str) -> None:
    answer = httpx.post(playground.url + path, data={**RITA_HERE, "text": "x"}, trust_env=False)
    assert answer.status_code == 403
    assert playground.messages("databases") == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
@pytest.mark.parametrize("path", ["/playground/state", "/", "/api/auth.test", "/hooks/x"])
def test_foreign_hosts_and_origins_are_refused_everywhere(
    http: httpx.Client, headers: dict[str, str], path: str
) -> None:
    answer = (
        http.post(path, headers=headers) if path.startswith(("/api", "/hooks")) else http.get(path, headers=headers)
    )
    assert (answer.status_code, answer.text) == (403, "Only this machine, under its own name.")


def test_own_names_are_welcome(playground: Playground, http: httpx.Client) -> None:
    for host in ("localhost", "127.0.0.1", f"localhost:{playground.port}"):
        assert http.get("/playground/state", headers={"Host": host}).status_code == 200
    assert http.get("/playground/state", headers={"Origin": playground.url}).status_code == 200


def test_a_foreign_page_gets_no_socket(playground: Playground, client: WebClient) -> None:
    url = client.apps_connections_open(app_token=playground.app_token)["url"]
    with pytest.raises(InvalidStatus), connect(url, origin=Origin("https://evil.example"), proxy=None):
        pass
    with connect(url, proxy=None) as socket:
        assert '"hello"' in str(socket.recv(timeout=2))


def test_the_page_escapes_what_people_and_bots_say(
    playground: Playground, client: WebClient, browser: httpx.Client
) -> None:
    bad = "<script>alert('x')</script>"
    playground.say("rita", "databases", bad)
    playground.workspace.users["U0OUTSIDER"].real_name = bad
    button = {"type": "button", "action_id": '"><script>', "text": {"type": "plain_text", "text": bad}}
    client.chat_postMessage(channel="C0DATABASES", text="t", blocks=[{"type": "actions", "elements": [button]}])

    answer = browser.get("/", params=RITA_HERE)

    assert answer.text.count("<script") == answer.text.count("</script>") == 1
    assert '<script src="/static/page.js" defer></script>' in answer.text
    assert answer.text.count("&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;") >= 3
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_typing_into_the_page(playground: Playground, browser: httpx.Client, bot: SocketModeHandler) -> None:
    shown = browser.post("/say", data={**RITA_HERE, "text": "/dbs restore shared"})
    assert shown.status_code == 200
    playground.wait_for(lambda: playground.ephemerals("rita"))

    fragment = browser.get("/fragment", params=RITA_HERE).text
    assert "Done restore shared" in fragment
    assert "Only you see this" in fragment
    assert "Only you see this" not in browser.get("/fragment", params={**RITA_HERE, "user": "U0OUTSIDER"}).text

    (message,) = playground.messages("databases")
    browser.post("/say", data={**RITA_HERE, "text": "@dbs why?", "thread_ts": message["ts"]})
    playground.wait_for(lambda: len(playground.thread("databases", message["ts"])) == 3)
    assert browser.get("/fragment", params=RITA_HERE).text.count("message reply") == 2


def test_pressing_a_button_on_the_page(
    playground: Playground, client: WebClient, browser: httpx.Client, bot: SocketModeHandler
) -> None:
    button = {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}}
    ts = client.chat_postMessage(channel="C0DATABASES", text="?", blocks=[{"type": "actions", "elements": [button]}])[
        "ts"
    ]
    page = browser.get("/", params={**RITA_HERE, "user": "U0APPROVER"}).text
    form = re.search(r'<form method="post" action="/click">(.*?)</form>', page)
    assert form
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
    assert fields.pop("block_id")
    assert fields == {"user": "U0APPROVER", "channel": "C0DATABASES", "ts": ts, "action_id": "approve"}

    browser.post("/click", data=fields)
    playground.wait_for(lambda: "Approved by" in playground.messages("databases")[0]["text"])
    assert browser.post("/click", data=fields).status_code == 400


def test_the_pages_own_files(browser: httpx.Client) -> None:
    assert "javascript" in browser.get("/static/page.js").headers["content-type"]
    assert "css" in browser.get("/static/page.css").headers["content-type"]
    assert browser.get("/static/../server.py").status_code == 404


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
def test_real_tokens_keep_it_from_starting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    refuse_real_tokens({name: "xoxb-playground-1"})
    monkeypatch.setenv(name, "xoxb-2345-looks-real")
    with pytest.raises(RealTokensError, match=name):
        Playground()
    assert main(["--port", "0"]) == 1
    assert name in capsys.readouterr().err


def test_it_listens_on_the_loopback_address_only(playground: Playground) -> None:
    assert playground._web.listener.getsockname()[0] == "127.0.0.1"


def test_stopping_twice_is_harmless_and_frees_the_port(no_proxy: None) -> None:
    with Playground() as first:
        port = first.port
    first.stop()
    with Playground(port) as second:
        assert second.port == port


def test_after_a_reset_the_old_bot_is_refused(
    playground: Playground, client: WebClient, bot: SocketModeHandler
) -> None:
    playground.say("rita", "databases", "before")
    bot.client.auto_reconnect_enabled = False
    playground.reset()
    assert playground.messages("databases") == []
    assert playground.sockets.connections == 0
    with pytest.raises(SlackApiError, match="invalid_auth"):
        client.auth_test()
