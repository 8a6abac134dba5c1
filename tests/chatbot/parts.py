"""What the tests of both faces are made of: real services on SQLite; fakes for people and for a provider."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from slack_bolt import BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from chatbot.http import Endpoint
from chatbot.replays import Answer
from commands.bootstrap import build
from commands.interface import Result
from commands.services import Services
from commands.work import jobs
from dbs.access import Directory, DirectoryError, Person
from dbs.jobs import Job, JobRequest
from dbs.settings import load_settings
from dbs.snapshots.interface import Address, InstanceStatus, Manifest, Progress, Restored, Ticket

SECRET = "a-signing-secret"
TEAM = "T0PLAYGROUND"
RITA, OTTO = "U0REQUESTER", "U0OUTSIDER"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"

CONFIG = """
[slack]
channel = "#databases"
operators = ["S0BACKEND"]
[source.shop]
url = "mysql://reader@localhost:3306/shop"
[provider.local]
kind = "local"
root = "/nowhere"
[instance.shared]
source = "shop"
provider = "local"
port = 33061
"""

MANIFEST = Manifest(
    id="shop-1",
    source="shop",
    database="shop",
    data_state_at="2026-11-19T01:00:00.000000+00:00",
    data_state_from="option",
    created_at="2026-11-19T01:10:00.000000+00:00",
    dump_name="shop.sql",
    dump_sha256="0" * 64,
    dump_bytes=1,
    text_bytes=1,
    masked="made up",
)


@dataclass
class FakeDirectory:
    """Rita is in the backend group, everybody else is a full member without one."""

    broken: bool = False

    def members(self, group_id: str) -> frozenset[str]:
        """The one group there is."""
        if self.broken or group_id != "S0BACKEND":
            raise DirectoryError("Slack says no_such_subteam")
        return frozenset({RITA})

    def person(self, user_id: str) -> Person:
        """A full member."""
        if self.broken:
            raise DirectoryError("Slack cannot be reached")
        return Person(user_id, user_id.lower(), active=True, guest=False, bot=False, team_id=TEAM)


@dataclass
class FakeProvider:
    """One snapshot, one instance, restores that take no time."""

    restored: list[str] = field(default_factory=list)

    def create(self, manifest: Manifest, load: Callable[[Address], dict[str, int]]) -> Manifest:
        """Not used here."""
        raise NotImplementedError

    def snapshots(self) -> list[Manifest]:
        """The one."""
        return [MANIFEST]

    def delete(self, snapshot_id: str) -> None:
        """Not used here."""
        raise NotImplementedError

    def restore(self, instance: str, snapshot_id: str, ticket: Ticket, progress: Progress) -> Restored:
        """All phases, at once."""
        for phase in ("copy", "start", "verify"):
            progress(phase)
        self.restored.append(instance)
        return Restored(instance, snapshot_id, {"copy": 0.01, "total": 0.2}, "plain")

    def inspect(self, instance: str) -> InstanceStatus:
        """Running, nobody connected."""
        return InstanceStatus(instance, "running", "shop-1", None, "127.0.0.1:33061")

    def describe(self) -> dict[str, str]:
        """Nothing to say."""
        return {}


def make_services(
    tmp_path: Path, directory: Directory, environment: Mapping[str, str] | None = None, config: str = CONFIG
) -> Services:
    """Real services in `tmp_path`; only the provider is a fake."""
    file = tmp_path / "dbs.toml"
    file.write_text(config)
    given = {"DBS_CONFIG": str(file), "DBS_HOME": str(tmp_path / "home"), "SLACK_SIGNING_SECRET": SECRET}
    settings = load_settings({**given, **(environment or {})})
    services = replace(build(settings, directory, TEAM), providers={"local": FakeProvider()})
    services.jobs.define(jobs.kinds(services), partial(jobs.end, services))
    return services


def authorize() -> AuthorizeResult:
    """Saves the call to `auth.test`."""
    return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token="xoxb-test", bot_user_id="U0DBS", bot_id="B0DBS")


@dataclass
class WebApi:
    """Slack's side of `WebClient.api_call`: notes calls; `trouble` may raise instead of answering.

    It stands below all clients, because Bolt makes one of its own for every request.
    """

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    trouble: Callable[[str, dict[str, Any]], None] = lambda method, arguments: None

    def api_call(self, client: WebClient, api_method: str, **arguments: Any) -> Any:
        """Notes, and answers as Slack does: channels have ids, messages a time."""
        given = {key: value for key, value in (arguments.get("json") or arguments.get("params") or {}).items() if value}
        self.trouble(api_method, given)
        self.calls.append((api_method, given))
        channel = given.get("channel", "").replace("#databases", "C0DATABASES")
        return {
            "ok": True,
            "channel": channel,
            "ts": f"{len(self.calls)}.000000",
            "user": {"name": "rita"},
            "view": {"id": "V1"},
        }

    def of(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method."""
        return [arguments for name, arguments in self.calls if name == method]


@dataclass
class Signed:
    """Signs requests as Slack does and hands them to the endpoint."""

    endpoint: Endpoint

    def request(
        self, body: str, content_type: str = FORM, secret: str = SECRET, age: float = 0
    ) -> tuple[str, dict[str, str]]:
        """Body and headers."""
        stamp = str(int(time.time() - age))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
        headers = {"content-type": content_type, "x-slack-request-timestamp": stamp, "x-slack-signature": signature}
        return body, headers

    def send(self, body: str, content_type: str = FORM) -> Answer:
        """A fresh request."""
        return self.endpoint(*self.request(body, content_type))

    def slash(self, text: str, user: str = RITA, trigger: str = "1.1") -> dict[str, Any]:
        """The JSON of the acknowledgement of `/dbs text`."""
        answer = self.send(slash_body(text, user, trigger))
        assert answer.status == 200, answer
        reply = json.loads(answer.body)
        assert isinstance(reply, dict)
        return reply

    def mention(self, text: str, user: str = RITA, event_id: str = "Ev1", **event: str) -> Answer:
        """`@dbs text` in a channel."""
        return self.send(mention_body(text, user, event_id, **event), JSON)


def slash_body(text: str, user: str = RITA, trigger: str = "1.1") -> str:
    """A slash command as Slack sends it."""
    return urlencode(
        {
            "command": "/dbs",
            "text": text,
            "user_id": user,
            "user_name": user.lower(),
            "channel_id": "C0DATABASES",
            "team_id": TEAM,
            "trigger_id": trigger,
            "response_url": "http://127.0.0.1:1/",
        }
    )


def mention_body(text: str, user: str = RITA, event_id: str = "Ev1", **event: str) -> str:
    """An app mention as Slack sends it."""
    inner = {"type": "app_mention", "user": user, "text": f"<@U0DBS> {text}", "ts": "5.5", "channel": "C0DATABASES"}
    outer = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": event_id}
    return json.dumps({**outer, "event": {**inner, **event}})


def queue(services: Services, number: int = 1, channel: str = "#databases") -> Job:
    """A job with its parent message waiting, as `commands.submitting` leaves it."""
    arguments = {"plan": {"Data from": "last night"}}
    request = JobRequest(f"restore:shared:{number}", "restore", "shared", arguments, RITA, "Rita")
    job = services.job_rows.add(request, ("copy", "start", "verify"))
    services.outbox.put(job.id, "parent", {"channel": channel}, Result("restore", "queued", "Queued.").to_json())
    return job


def bolt_request(body: str, headers: Mapping[str, str]) -> BoltRequest:
    """For the app itself, past the endpoint."""
    return BoltRequest(body=body, headers=dict(headers))


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Returns when the condition holds; fails after so long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.01)
