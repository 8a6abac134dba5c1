"""Files: attached by people, uploaded by the bot in three steps, read with a token."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground import Playground, cast
from tests.playground.shapes import asking, modal

pytestmark = pytest.mark.timeout(30)

SQL = b"ALTER TABLE orders ADD note text;\n"


@pytest.fixture
def http(playground: Playground) -> Iterator[httpx.Client]:
    """A bot's HTTP client, with its token."""
    headers = {"Authorization": f"Bearer {playground.bot_token}"}
    with httpx.Client(headers=headers, trust_env=False) as client:
        yield client


def test_a_file_comes_with_the_mention_and_is_read_with_the_token(
    playground: Playground, client: WebClient, http: httpx.Client
) -> None:
    file = playground.upload("rita", "change.sql", SQL)
    playground.mention("rita", "databases", "migrate-test", files=[file.id])

    (message,) = playground.messages("databases")
    (seen,) = message["files"]
    assert (seen["name"], seen["filetype"], seen["size"]) == ("change.sql", "sql", len(SQL))
    assert client.files_info(file=file.id)["file"] == seen
    for address in (seen["url_private"], seen["url_private_download"]):
        assert http.get(address).content == SQL


def test_the_event_carries_the_files(playground: Playground) -> None:
    file = playground.upload("rita", "change.sql", SQL)
    delivery = playground.mention("rita", "databases", "migrate-test", files=[file.id])
    assert [each["id"] for each in delivery.payload["event"]["files"]] == [file.id]
    with pytest.raises(ValueError, match="no file F0"):
        playground.mention("rita", "databases", "migrate-test", files=["F0"])


@pytest.mark.parametrize("token", ["", "Bearer xoxb-wrong", "Bearer app"])
def test_without_the_token_one_gets_a_page_to_sign_in(playground: Playground, token: str) -> None:
    seen = playground.upload("rita", "change.sql", SQL).as_json(playground.url)
    header = {"Authorization": token.replace("Bearer app", f"Bearer {playground.app_token}")} if token else {}
    with httpx.Client(headers=header, trust_env=False, follow_redirects=True) as stranger:
        answer = stranger.get(seen["url_private"])
    assert (answer.status_code, "Sign in" in answer.text, SQL.decode() in answer.text) == (200, True, False)


def test_the_bot_uploads_through_its_own_library(playground: Playground, client: WebClient, http: httpx.Client) -> None:
    parent = playground.say("rita", "databases", "a picture?")
    client.files_upload_v2(
        filename="rows.csv", content="a,b\n", title="Rows", channel=cast.DATABASES, thread_ts=parent.ts,
        initial_comment="Here.",
    )  # fmt: skip
    _, message = playground.thread("databases", parent.ts)
    assert (message["text"], message["bot_id"]) == ("Here.", "B0DBS")
    assert (message["files"][0]["title"], message["files"][0]["filetype"]) == ("Rows", "csv")
    assert http.get(message["files"][0]["url_private"]).text == "a,b\n"


def test_an_upload_may_be_a_form(playground: Playground, client: WebClient, http: httpx.Client) -> None:
    expected = client.files_getUploadURLExternal(filename="x.bin", length=3)
    address = expected["upload_url"]
    assert http.post(address, files={"file": ("x.bin", b"\x00\r\n")}).text == "OK - 3"
    assert http.post(address, content=b"again").status_code == 404
    done = client.files_completeUploadExternal(files=[{"id": expected["file_id"], "title": "X"}])
    assert http.get(done["files"][0]["url_private"]).content == b"\x00\r\n"


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("files.info", {"file": "F0"}, "file_not_found"),
        ("files.getUploadURLExternal", {"filename": "x", "length": 0}, "invalid_arguments"),
        ("files.getUploadURLExternal", {"length": 1}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": []}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": [{"id": "F0"}]}, "file_not_found"),
        ("files.completeUploadExternal", {"files": ["F0"]}, "file_not_found"),
    ],
)
def test_refusals(client: WebClient, method: str, arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json=arguments)
    assert refused.value.response["error"] == error


def test_an_upload_is_nothing_before_it_is_complete(client: WebClient, http: httpx.Client) -> None:
    expected = client.files_getUploadURLExternal(filename="x.txt", length=1)
    early = {"files": [{"id": expected["file_id"]}]}
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.api_call("files.completeUploadExternal", json=early)
    http.post(expected["upload_url"], content=b"x")
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_info(file=expected["file_id"])
    client.api_call("files.completeUploadExternal", json=early)
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.api_call("files.completeUploadExternal", json=early)


def test_a_modal_may_ask_for_files(playground: Playground, client: WebClient) -> None:
    field = asking("sql", {"type": "file_input", "filetypes": ["sql"], "max_files": 1})
    client.views_open(trigger_id=playground.workspace.new_trigger(cast.REQUESTER), view=modal(field))
    good, bad = playground.upload("rita", "a.sql", SQL), playground.upload("rita", "a.exe", b"MZ")
    for files, sentence in (([bad.id], "these types only: sql"), ([good.id] * 2, "at most 1 files")):
        assert playground.submit("rita", {"sql": files}).error == "incomplete"
        shown = playground.modal("rita")
        assert shown
        assert sentence in shown["errors"]["sql"]
    payload = playground.submit("rita", {"sql": good.id}).payload
    assert payload["view"]["state"]["values"]["sql"]["sql"]["files"] == [good.as_json(playground.url)]
