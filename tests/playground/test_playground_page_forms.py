"""The forms of the page and the control interface, as HTTP requests: files, modals, menus, the App Home."""

import base64
import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest
from slack_bolt import App
from slack_sdk import WebClient

from playground import Playground, cast
from playground.guard import HEADER
from tests.playground.conftest import connected
from tests.playground.shapes import BUTTON, Json, asking, modal, note, option, plain

pytestmark = pytest.mark.timeout(30)

RITA = {"user": cast.REQUESTER, "channel": cast.DATABASES}
BOXES = {"type": "checkboxes", "options": [option("a"), option("b")], "initial_options": [option("a")]}
FORM = modal(
    asking("why", {"type": "plain_text_input"}),
    asking("also", BOXES, optional=True),
    asking("sql", {"type": "file_input"}, optional=True),
    {"type": "actions", "elements": [BUTTON]},
    callback_id="form",
    notify_on_close=True,
)


@pytest.fixture
def browser(playground: Playground) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=playground.url, trust_env=False, follow_redirects=True) as client:
        client.get(playground.page_url)
        yield client


@pytest.fixture
def http(playground: Playground) -> Iterator[httpx.Client]:
    headers = {HEADER: playground.control_token}
    with httpx.Client(base_url=playground.url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def heard(playground: Playground, client: WebClient) -> Iterator[list[Json]]:
    """An app that notes what it is told of views, and publishes a home."""
    app, bodies = App(client=client, signing_secret=playground.signing_secret), list[Json]()

    @app.view("form")
    def submitted(ack, body):  # type: ignore[no-untyped-def]
        bodies.append(body)
        ack()

    @app.view_closed("form")
    def closed(ack, body):  # type: ignore[no-untyped-def]
        bodies.append(body)
        ack()

    @app.action("look")
    def look(ack, body):  # type: ignore[no-untyped-def]
        bodies.append(body)
        ack()

    @app.event("app_home_opened")
    def home(event, client):  # type: ignore[no-untyped-def]
        blocks = [note(f"Hello <@{event['user']}>"), {"type": "actions", "elements": [BUTTON]}]
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    with connected(playground, app):
        yield bodies


def opened(playground: Playground, client: WebClient) -> dict[str, str]:
    view = client.views_open(trigger_id=playground.workspace.new_trigger(cast.REQUESTER), view=FORM)["view"]
    return {**RITA, "view_id": view["id"]}


def test_a_modal_is_submitted_with_a_file(
    playground: Playground, client: WebClient, browser: httpx.Client, heard: list[Json]
) -> None:
    fields = opened(playground, client)
    shown = browser.get("/modal", params=RITA).text
    assert 'value="a" checked' in shown
    assert f'name="view_id" value="{fields["view_id"]}"' in shown

    given = {"in:why": "oops", "in:also": ["a", "b"]}
    browser.post("/submit", data={**fields, **given}, files={"in:sql": ("a.sql", b"SELECT 1;")})

    values = heard[0]["view"]["state"]["values"]
    assert values["why"]["why"]["value"] == "oops"
    assert [each["value"] for each in values["also"]["also"]["selected_options"]] == ["a", "b"]
    (file,) = values["sql"]["sql"]["files"]
    assert (file["name"], file["size"]) == ("a.sql", 9)
    assert browser.get("/modal", params=RITA).text == ""


def test_an_unticked_box_is_cleared_and_an_incomplete_form_comes_back(
    playground: Playground, client: WebClient, browser: httpx.Client, heard: list[Json]
) -> None:
    fields = opened(playground, client)
    page = browser.post("/submit", data=fields).text
    assert "Please complete this required field." in page
    assert heard == []
    assert "checked" not in page
    browser.post("/submit", data={**fields, "in:why": "so"})
    assert heard[0]["view"]["state"]["values"]["also"]["also"]["selected_options"] == []


def test_a_button_in_the_modal_and_its_close(
    playground: Playground, client: WebClient, browser: httpx.Client, heard: list[Json]
) -> None:
    fields = opened(playground, client)
    page = browser.post("/press", data={**fields, "in:why": "half", "pressed": "look"}).text
    assert (heard[0]["type"], heard[0]["actions"][0]["action_id"]) == ("block_actions", "look")
    assert heard[0]["view"]["state"]["values"]["why"]["why"]["value"] == "half"
    assert 'name="in:why" value="half"' in page
    browser.post("/close", data=fields)
    assert heard[1]["type"] == "view_closed"
    assert browser.post("/close", data=fields).status_code == 400


def test_the_home_tab(playground: Playground, browser: httpx.Client, heard: list[Json]) -> None:
    page = browser.post("/home", data={"user": cast.REQUESTER})
    assert page.url.params["channel"] == "home"
    playground.wait_for(lambda: playground.home("rita"))
    shown = browser.get("/fragment", params={**RITA, "channel": "home"}).text
    assert "Hello" in shown
    assert "@rita" in shown
    view_id = re.search(r'name="view_id" value="(\w+)"', shown)
    assert view_id
    browser.post("/press", data={**RITA, "channel": "home", "view_id": view_id[1], "pressed": "look"})
    assert heard[0]["view"]["id"] == view_id[1]
    assert "published nothing" in browser.get("/fragment", params={"user": cast.APPROVER, "channel": "home"}).text


def test_direct_messages_have_a_place_on_the_page(
    playground: Playground, client: WebClient, browser: httpx.Client
) -> None:
    client.chat_postMessage(channel=cast.REQUESTER, text="only for you")
    page = browser.get("/", params=RITA).text
    link = re.search(r'<a href="([^"]*)">dbs: direct messages</a>', page)
    assert link
    assert "only for you" in browser.get(unescape(link[1])).text
    assert "only for you" not in page


def test_a_message_with_a_file(playground: Playground, browser: httpx.Client) -> None:
    browser.post("/say", data={**RITA, "text": "@dbs look"}, files={"files": ("a.sql", b"SELECT 1;")})
    (message,) = playground.messages("databases")
    assert [file["name"] for file in message["files"]] == ["a.sql"]
    assert "File: a.sql" in browser.get("/", params=RITA).text


def test_a_choice_in_a_menu(playground: Playground, client: WebClient, browser: httpx.Client) -> None:
    menu = {"type": "static_select", "action_id": "pick", "options": [option("a"), option("b")]}
    ts = client.chat_postMessage(
        channel=cast.DATABASES, text="?", blocks=[{"type": "actions", "block_id": "v1", "elements": [menu]}]
    )["ts"]
    fields = {**RITA, "ts": ts, "action_id": "pick", "block_id": "v1"}
    assert browser.post("/click", data={**fields, "choice:pick": "b"}).status_code == 200  # no bot: told so, privately
    assert "responded with an error" in playground.ephemerals("rita")[0]["text"]
    assert browser.post("/click", data={**fields, "choice:pick": "c"}).status_code == 400
    assert browser.post("/click", data={**fields, "block_id": "v0"}).status_code == 400


def test_the_printed_address_keeps_what_follows_the_token(playground: Playground) -> None:
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        shown = client.get(f"{playground.page_url}&user={cast.APPROVER}&channel=home")
    assert shown.url.params["user"] == cast.APPROVER
    assert "token" not in shown.url.params
    assert "dbs: Home" in shown.text


def test_the_control_interface_does_all_this_too(
    playground: Playground, client: WebClient, http: httpx.Client, heard: list[Json]
) -> None:
    opened(playground, client)
    assert http.get("/playground/modal?user=rita").json()["callback_id"] == "form"
    assert http.post("/playground/click_view", json={"user": "rita", "action_id": "look"}).json()["ok"]
    content = base64.b64encode(b"SELECT 1;").decode()
    file = http.post("/playground/upload", json={"user": "rita", "name": "a.sql", "content": content}).json()
    values = {"why": "so", "sql": [file["id"]]}
    assert http.post("/playground/submit", json={"user": "rita", "values": values}).json()["ok"]
    assert heard[1]["view"]["state"]["values"]["sql"]["sql"]["files"] == [file]
    assert http.get("/playground/modal?user=rita").json() is None

    opened(playground, client)
    assert http.post("/playground/close_modal", json={"user": "rita"}).json()["ok"]
    assert http.post("/playground/open_home", json={"user": "rita"}).json()["ok"]
    playground.wait_for(lambda: playground.home("rita"))
    assert http.get("/playground/home?user=rita").json()["type"] == "home"
    group = http.post("/playground/group", json={"group": "dba", "members": ["otto"]}).json()
    assert group["users"] == [cast.OUTSIDER]
    client.chat_postMessage(channel=cast.REQUESTER, text="psst")
    assert [each["text"] for each in http.get("/playground/dms?user=rita").json()] == ["psst"]
    bad = http.post("/playground/upload", json={"user": "rita", "name": "a.sql", "content": "no base64!"})
    assert (bad.status_code, "base64" in bad.json()["error"]) == (400, True)
    assert http.post("/playground/request_url", json={"url": "http://127.0.0.1:9/x"}).status_code == 400


def test_a_title_is_escaped_in_the_modal(playground: Playground, client: WebClient, browser: httpx.Client) -> None:
    view = FORM | {"title": plain("<b>&amp;</b>"), "submit": plain("<i>")}
    client.views_open(trigger_id=playground.workspace.new_trigger(cast.REQUESTER), view=view)
    shown = browser.get("/modal", params=RITA).text
    assert "<b>" not in shown
    assert "<i>" not in shown
