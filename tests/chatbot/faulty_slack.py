"""Slack over real HTTP, as far as posting goes, with a switch for each way in which it can fail; times are a test's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from slack_sdk import WebClient

Json = dict[str, Any]
GRANTED = frozenset({"chat:write", "channels:history", "im:write"})
_HISTORY = ("conversations.history", "conversations.replies")


@dataclass
class Post:
    """A message as it was stored. `at` is the time of the test's clock; `thread_ts` is that of its parent."""

    ts: str
    channel: str
    text: str
    thread_ts: str | None
    metadata: Json | None
    at: float


@dataclass
class FaultySlack:
    """One channel, direct messages, and trouble.

    `trouble` is None, `hang`, `hang after store`, `reset after store`, `http 500`, `http 429`, or an error code of
    Slack's; it strikes the methods in `only`, or all.
    """

    clock: Callable[[], float]
    scopes: frozenset[str] = GRANTED
    trouble: str | None = None
    only: tuple[str, ...] = ()
    posts: list[Post] = field(default_factory=list)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    hooks: list[Json] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    def client(self, timeout: float = 5) -> WebClient:
        """A client that ends up here; `timeout` in seconds."""
        base_url = f"http://127.0.0.1:{self.port}/api/"
        client = WebClient(token="xoxb-test", base_url=base_url, timeout=timeout, retry_handlers=[])  # type: ignore[arg-type]
        client.proxy = None
        return client

    def of(self, method: str) -> list[Json]:
        """The arguments of every call of a method, answered or not."""
        return [arguments for name, arguments in self.calls if name == method]

    def top(self) -> list[Post]:
        """The messages of the channel, without threads and direct messages."""
        return [post for post in self.posts if post.thread_ts is None and post.channel.startswith("C")]

    def close(self) -> None:
        """From now on connections are refused."""
        if self._server is not None:
            self.leaving.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def open(self) -> None:
        """Listen (again) at the same address."""
        self.leaving.clear()
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.slack = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, method: str, given: Json) -> Json:
        """The answer to a call when nothing is wrong."""
        if method in _HISTORY and "channels:history" not in self.scopes:
            return {"ok": False, "error": "missing_scope"}
        if method == "chat.postMessage":
            return self._stored(given)
        if method == "chat.update":
            (post,) = [post for post in self.posts if post.ts == given["ts"]]
            post.text = given["text"]
            return {"ok": True, "channel": post.channel, "ts": post.ts}
        if method in _HISTORY:
            return {"ok": True, "messages": self._found(given, method == "conversations.replies")}
        if method == "conversations.open":
            return {"ok": True, "channel": {"id": f"D{given['users'][1:]}"}}
        return {"ok": True, "team_id": "T0PLAYGROUND"}

    def _stored(self, given: Json) -> Json:
        channel = "C0DATABASES" if given["channel"] == "#databases" else given["channel"]
        ts = f"{2_000_000_000 + len(self.posts)}.000000"
        metadata = given.get("metadata")
        self.posts.append(Post(ts, channel, given["text"], given.get("thread_ts"), metadata, self.clock()))
        return {"ok": True, "channel": channel, "ts": ts}

    def _found(self, given: Json, in_thread: bool) -> list[Json]:
        thread = given["ts"] if in_thread else None
        return [
            {"ts": post.ts, "text": post.text, "metadata": post.metadata}
            for post in self.posts
            if post.channel == given["channel"] and post.thread_ts == thread and float(post.ts) > float(given["oldest"])
        ]


@contextmanager
def faulty_slack(clock: Callable[[], float]) -> Iterator[FaultySlack]:
    """One that listens until the block ends."""
    slack = FaultySlack(clock)
    slack.open()
    try:
        yield slack
    finally:
        slack.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False
    slack: FaultySlack


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = json.loads(raw) if raw.startswith("{") else {name: each[0] for name, each in parse_qs(raw).items()}
        slack, method = self.server.slack, self.path.rpartition("/")[2]
        if self.path.startswith("/hooks"):
            slack.hooks.append(given)
            self._say(200, {"ok": True})
            return
        slack.calls.append((method, given))
        struck = slack.trouble if not slack.only or method in slack.only else None
        if struck is None:
            self._say(200, slack.answer(method, given))
        elif struck.startswith("http "):
            limited = struck == "http 429"
            self._say(int(struck[5:]), {"ok": False, "error": "ratelimited"} if limited else {}, limited)
        elif " " in struck or struck == "hang":
            self._leave(struck, method, given)
        else:
            self._say(200, {"ok": False, "error": struck})

    def _leave(self, trouble: str, method: str, given: Json) -> None:
        """Go without an answer, at once or when nobody waits any more."""
        if trouble.endswith("after store"):
            self.server.slack.answer(method, given)
        if trouble.startswith("hang"):
            self.server.slack.leaving.wait(5)
        self.close_connection = True
        self.connection.close()

    def _say(self, status: int, body: Json, limited: bool = False) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if limited:
            self.send_header("Retry-After", "30")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what matters is in `calls`."""
