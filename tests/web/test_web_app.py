"""The web server on a real port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy.exc import OperationalError

from chatbot.replays import Answer
from commands.services import Services
from dbs.errors import SettingsError
from dbs.settings import load_settings
from playground import Playground
from tests.chatbot.parts import CONFIG, FakeDirectory, Signed, make_services, slash_body, wait_until
from web.__main__ import parts
from web.app import create_app
from web.bodies import MOST_BYTES

pytestmark = pytest.mark.timeout(60)

Endpoint = Callable[[str, Mapping[str, str]], Answer]


@contextmanager
def serving(services: Services, slack: Endpoint | None) -> Iterator[httpx.Client]:
    """A client of a running server."""
    config = uvicorn.Config(create_app(services, slack), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(10)


def test_healthz(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(services, None) as http:
        answer = http.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "worker": False, "open_jobs": 0})

        def down() -> None:
            raise OperationalError("SELECT", {}, Exception("disk I/O error"))

        monkeypatch.setattr(services.job_rows, "open", down)
        answer = http.get("/healthz")
        assert (answer.status_code, answer.json()["ok"]) == (503, False)


def test_without_http_mode_there_is_no_way_in(services: Services) -> None:
    with serving(services, None) as http:
        assert http.post("/slack/events").status_code == 404


def test_a_signed_command_is_answered(services: Services, slack: Signed) -> None:
    body, headers = slack.request(slash_body("restore shared"))
    with serving(services, slack.endpoint) as http:
        answer = http.post("/slack/events", content=body, headers=headers)
        assert answer.status_code == 200
        assert "Queued as job 1" in answer.json()["text"]
        assert answer.headers["content-type"].startswith("application/json")
        assert http.post("/slack/events", content=body).status_code == 401
        assert http.get("/slack/events").status_code == 405


def test_a_thousand_replays_are_one_job_with_one_answer(services: Services, slack: Signed) -> None:
    body, headers = slack.request(slash_body("restore shared"))

    def fifty(address: httpx.URL) -> set[tuple[int, str]]:
        with httpx.Client(base_url=address, trust_env=False, timeout=20) as http:
            answers = [http.post("/slack/events", content=body, headers=headers) for _ in range(50)]
        return {(answer.status_code, answer.text) for answer in answers}

    with serving(services, slack.endpoint) as http, ThreadPoolExecutor(20) as crowd:
        ((status, text),) = set().union(*crowd.map(fifty, [http.base_url] * 20))

    assert status == 200 and "Queued as job 1" in text
    assert len(services.job_rows.recent(10)) == 1
    assert len(services.audit.history(words=None, limit=10)) == 1


def test_a_body_that_is_too_long_or_no_text_is_refused(services: Services, slack: Signed) -> None:
    def stream() -> Iterator[bytes]:
        yield from [b"x" * 100_000] * 11

    with serving(services, slack.endpoint) as http:
        assert http.post("/slack/events", content=b"x" * (MOST_BYTES + 1)).status_code == 413
        assert http.post("/slack/events", content=stream()).status_code == 413
        assert http.post("/slack/events", content=b"\xff\xfe").status_code == 400
        assert http.post("/slack/events", content=b"x" * MOST_BYTES).status_code == 401


def test_a_slow_request_does_not_hold_up_the_others(services: Services) -> None:
    going_on = threading.Event()

    def slow(body: str, headers: Mapping[str, str]) -> Answer:
        assert going_on.wait(20)
        return Answer(200, {}, "")

    with serving(services, slow) as http, ThreadPoolExecutor(4) as others:
        pending = [others.submit(http.post, "/slack/events") for _ in range(4)]
        assert http.get("/healthz").status_code == 200
        assert not any(each.done() for each in pending)
        going_on.set()
        assert [each.result().status_code for each in pending] == [200] * 4


def test_http_mode_on_the_playground(tmp_path: Path, no_surprises: None) -> None:
    config = CONFIG.replace("[slack]", '[slack]\nmode = "http"')
    with Playground() as playground, ExitStack() as stack:
        make_services(tmp_path, FakeDirectory(), playground.environment(), config)  # writes the configuration
        given = {"DBS_CONFIG": str(tmp_path / "dbs.toml"), "DBS_HOME": str(tmp_path / "home")}
        services, slack = parts(load_settings({**given, **playground.environment()}))
        http = stack.enter_context(serving(services, slack))
        playground.request_url = f"{http.base_url}/slack/events"

        first = playground.slash("rita", "#databases", "help")
        again = playground.again(first)
        refused = playground.slash("otto", "#databases", "lease shared 1h")
        parent = playground.say("rita", "databases", "a thread")
        playground.mention("rita", "databases", "lease shared 1h", parent.ts)

        assert first.ok and first.reply == again.reply
        assert len(services.audit.history(words="help", limit=10)) == 2
        assert refused.reply and "Sorry, only the members of <!subteam^S0BACKEND>" in refused.reply["text"]
        answer = playground.wait_for(lambda: playground.thread("databases", parent.ts)[2:])
        assert answer[0]["text"].startswith("shared is yours until")


def test_http_mode_needs_a_secret(tmp_path: Path, no_surprises: None) -> None:
    config = CONFIG.replace("[slack]", '[slack]\nmode = "http"')
    with Playground() as playground:
        environment = {**playground.environment(), "SLACK_SIGNING_SECRET": ""}
        settings = make_services(tmp_path, FakeDirectory(), environment, config).settings

        with pytest.raises(SettingsError, match="SLACK_SIGNING_SECRET"):
            parts(settings)
