"""The page in a real browser: it works, and a stray page beside it cannot act."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from playground import Playground, cast
from tests.playground.chromium import Chromium, Tab, chromium, program
from tests.playground.conftest import connected
from tests.playground.shapes import Json, asking, modal, option, plain

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(program() is None, reason="no browser: chromium is not installed"),
]

HERE = cast.DATABASES
# Every way a page can make a browser send something: each names its text, so that one sees which got through.
ATTACK = """
(async (target) => {
  const form = (text) => new URLSearchParams({user: "U0REQUESTER", channel: "C0DATABASES", text});
  const post = (path, body) =>
    fetch(target + path, {method: "POST", body, credentials: "include", mode: "no-cors"});
  await Promise.allSettled([
    post("/say", form("by fetch")),
    post("/playground/say", form("by control")),
    post("/playground/say?" + form("by query"), null),
    post("/home", form("")),
  ]);
  await new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.name = "inner";
    document.body.append(frame);
    const sent = document.createElement("form");
    Object.assign(sent, {method: "post", action: target + "/say", target: "inner"});
    for (const [name, value] of form("by form")) {
      const field = document.createElement("input");
      Object.assign(field, {name, value});
      sent.append(field);
    }
    document.body.append(sent);
    sent.submit();
    frame.onload = done;
    setTimeout(done, 1500);
  });
  return "tried";
})
"""


@contextmanager
def stray_site() -> Iterator[str]:
    """Another page on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>stray</title><body>A page.</body>")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """One browser for all tests here."""
    with chromium() as running:
        yield running


def page(browser: Chromium, playground: Playground, user: str = cast.REQUESTER, channel: str = HERE) -> Tab:
    return browser.open(f"{playground.page_url}&user={user}&channel={channel}")


def texts(playground: Playground) -> set[str]:
    return {message["text"] for message in playground.messages(HERE)}


def test_a_stray_page_cannot_act(playground: Playground, browser: Chromium) -> None:
    own = page(browser, playground)  # the browser has the cookie from here on
    with stray_site() as address:
        stray = browser.open(address)
        assert stray.run(f"({ATTACK})({json.dumps(playground.url)})") == "tried"
    assert playground.messages(HERE) == []
    assert playground.workspace.calls == []

    # The same from the page itself acts: what kept the stray page away is where it came from.
    own.run(f"({ATTACK})({json.dumps(playground.url)})")
    assert {"by fetch", "by control", "by query"} <= texts(playground)


def type_and_send(tab: Tab, text: str) -> None:
    tab.wait("document.querySelector('form.say input[name=text]')")
    tab.run(
        f"(() => {{ const form = document.querySelector('form.say'); form.text.value = {json.dumps(text)};"
        " form.querySelector('button').click(); })()"
    )


def form_app(playground: Playground, client: WebClient, heard: list[Json]) -> App:
    """An app that answers the command with a button, the button with a form, and notes what is submitted."""
    app = App(client=client, signing_secret=playground.signing_secret)
    form = modal(
        {"type": "actions", "elements": [{"type": "button", "action_id": "look", "text": plain("Look")}]},
        asking("on", {"type": "static_select", "options": [option("shared"), option("builds")]}),
        asking("why", {"type": "plain_text_input"}),
        callback_id="restore",
    )

    @app.command("/dbs")
    def command(ack, body, client):  # type: ignore[no-untyped-def]
        ack()
        button = {"type": "button", "action_id": "open", "text": plain("Open")}
        client.chat_postMessage(channel=HERE, text="?", blocks=[{"type": "actions", "elements": [button]}])

    @app.action("open")
    def opened(ack, body, client):  # type: ignore[no-untyped-def]
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.view("restore")
    def submitted(ack, body):  # type: ignore[no-untyped-def]
        heard.append(body)
        ack()

    return app


def test_typing_clicking_and_submitting_in_the_browser(
    playground: Playground, client: WebClient, browser: Chromium
) -> None:
    heard: list[Json] = []
    with connected(playground, form_app(playground, client, heard)):
        tab = page(browser, playground)
        type_and_send(tab, "/dbs restore")
        tab.wait("document.querySelector('form[action=\"/click\"] button')")
        tab.run("document.querySelector('form[action=\"/click\"] button').click()")

        tab.wait("document.querySelector('dialog h2')?.textContent === 'Restore'")
        # In one step: the page may refresh between two of ours, as it does when the window has just come.
        tab.run(
            "(() => { document.querySelector('dialog select').value = 'builds';"
            " document.querySelector('dialog footer .primary').click(); })()"
        )
        tab.wait("document.querySelector('dialog .error')?.textContent.startsWith('Please complete')")
        assert heard == []
        assert tab.run("document.querySelector('dialog select').value") == "builds"  # what was filled in stays

        assert not tab.run("document.querySelector('dialog form > button[hidden]').checkVisibility()")

        def submitted() -> bool:
            """By the return key, although another button comes first. The page may refresh between two of our steps."""
            tab.run("document.querySelector('dialog input[name=\"in:why\"]').value = 'oops'")
            tab.press_return('dialog input[name="in:why"]')
            with suppress(AssertionError):
                return bool(tab.wait("document.querySelector('#modal') && !document.querySelector('dialog')", 2))
            return False

        assert any(submitted() for _ in range(8))
    assert heard[0]["view"]["state"]["values"]["on"]["on"]["selected_option"] == option("builds")
    assert heard[0]["view"]["state"]["values"]["why"]["why"]["value"] == "oops"


def test_the_page_refreshes_itself_and_says_who_sees_what(
    playground: Playground, client: WebClient, browser: Chromium
) -> None:
    tab = page(browser, playground)
    client.chat_postEphemeral(channel=HERE, user=cast.REQUESTER, text="psst <script>document.title='x'</script>")
    tab.wait("document.querySelector('.ephemeral .text')?.textContent.includes('<script>')")
    assert tab.run("document.title") == "#databases - playground"
    # The policy is in force: a script that is written into the page does not run.
    tab.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'document.title=\"y\"';"
        " document.body.append(s); })()"
    )
    assert tab.run("document.title") == "#databases - playground"
