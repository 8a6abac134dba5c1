"""`POST /github/webhook` on a running server, told by the stand-in for GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from commands.bootstrap import build
from commands.services import Services
from dbs.errors import SettingsError
from dbs.github.webhook import Event, PullClosed, PullOpened, PullPushed, PullReopened, RerunAsked
from dbs.settings import load_settings
from tests.chatbot.parts import CONFIG
from tests.github.asking import MIGRATION, REPOSITORY, start
from tests.support.fake_github import FakeGithub
from tests.support.ports import free_port
from tests.web.calling import outcomes
from web.bearers import Bearers
from web.github import MOST_BYTES, PATH, GithubWebhook
from web.serving import serving

SECRET, OLD = "the-new-secret", "the-old-secret"
SIGNED = {"X-Hub-Signature-256": "sha256=" + "0" * 64}


class Acting:
    """Notes events; fails as often as it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failures = 0

    def __call__(self, event: Event) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the state database is away")
        self.events.append(event)


@pytest.fixture
def acting() -> Acting:
    """What is done with events."""
    return Acting()


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """With two secrets."""
    return services_with(tmp_path, GITHUB_WEBHOOK_SECRET=SECRET, GITHUB_WEBHOOK_SECRET_OLD=OLD)


def services_with(directory: Path, **environ: str) -> Services:
    """Real services."""
    file = directory / "dbs.toml"
    file.write_text(CONFIG)
    return build(load_settings({"DBS_CONFIG": str(file), "DBS_HOME": str(directory / "home"), **environ}))


@pytest.fixture
def http(services: Services, acting: Acting) -> Iterator[httpx.Client]:
    """A client of the running endpoint."""
    port = free_port()
    app = Starlette(routes=GithubWebhook(services, Bearers(services), [REPOSITORY], acting).routes())
    with (
        serving(app, ("127.0.0.1", port)),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
    ):
        yield client


@pytest.fixture
def told(fake: FakeGithub, http: httpx.Client) -> FakeGithub:
    """GitHub, which sends its events there."""
    fake.hooks.add(str(http.base_url.join(PATH)), SECRET)
    return fake


def test_the_life_of_a_pull_request(told: FakeGithub, acting: Acting, installed: object) -> None:
    first = told.open_pull(REPOSITORY, MIGRATION).head_sha
    second = told.push(REPOSITORY, 1, {"more.sql": b"SELECT 1;\n"})
    told.close(REPOSITORY, 1)
    told.reopen(REPOSITORY, 1)
    number = told.repositories[REPOSITORY].installation
    assert acting.events == [
        PullOpened(REPOSITORY, 1, first, number),
        PullPushed(REPOSITORY, 1, second, number),
        PullClosed(REPOSITORY, 1, second, number),
        PullReopened(REPOSITORY, 1, second, number),
    ]
    assert [one.statuses for one in told.hooks.deliveries] == [[202]] * 4


def test_a_button_under_a_check_run(told: FakeGithub, acting: Acting, app: object) -> None:
    sha = told.open_pull(REPOSITORY, MIGRATION).head_sha
    app.start_check(REPOSITORY, start(sha))  # type: ignore[attr-defined]
    (run,) = told.repositories[REPOSITORY].runs
    for identifier in (None, "rerun", "other"):
        told.press(REPOSITORY, run, identifier)
    number = told.repositories[REPOSITORY].installation
    assert acting.events[1:] == [RerunAsked(REPOSITORY, sha, "rita", "dbs / migrate-test", number)] * 2


def test_a_redelivery_is_done_once(told: FakeGithub, acting: Acting) -> None:
    told.open_pull(REPOSITORY, MIGRATION)
    (delivery,) = told.hooks.deliveries
    assert [delivery.send(), delivery.send()] == [202, 202]
    assert len(acting.events) == 1


def test_what_failed_is_done_when_it_is_delivered_again(told: FakeGithub, acting: Acting) -> None:
    acting.failures = 1
    told.open_pull(REPOSITORY, MIGRATION)
    (delivery,) = told.hooks.deliveries
    assert delivery.statuses == [500] and acting.events == []
    assert delivery.send() == 202 and len(acting.events) == 1


def test_events_out_of_order_all_arrive_with_their_commits(told: FakeGithub, acting: Acting) -> None:
    told.open_pull(REPOSITORY, MIGRATION)
    with told.holding() as held:
        shas = [told.push(REPOSITORY, 1, {f"{number}.sql": b"SELECT 1;\n"}) for number in range(3)]
    assert [delivery.send() for delivery in reversed(held)] == [202] * 3
    assert [event.head_sha for event in acting.events[1:]] == shas[::-1]


def test_both_secrets_are_taken(told: FakeGithub, acting: Acting) -> None:
    told.hooks.addresses = [(url, OLD) for url, _ in told.hooks.addresses]
    told.open_pull(REPOSITORY, MIGRATION)
    assert len(acting.events) == 1


def test_a_wrong_secret_is_refused_and_recorded(told: FakeGithub, acting: Acting, services: Services) -> None:
    told.hooks.addresses = [(url, "guessed") for url, _ in told.hooks.addresses]
    told.open_pull(REPOSITORY, MIGRATION)
    assert [one.statuses for one in told.hooks.deliveries] == [[401]] and acting.events == []
    assert outcomes(services) == [
        ("github:unknown", "github webhook", "received"),
        ("github:unknown", "github webhook", "refused"),
    ]


def test_a_flood_of_strangers_does_not_fill_the_audit_table(http: httpx.Client, services: Services) -> None:
    answers = {http.post(PATH, content=b"{}", headers=headers).status_code for headers in [{}, SIGNED] * 15}
    assert answers == {401}
    assert len(outcomes(services)) == 20


def test_a_repository_without_a_project(told: FakeGithub, acting: Acting, services: Services) -> None:
    told.repository("acme/other")
    told.open_pull("acme/other", MIGRATION)
    assert [one.statuses for one in told.hooks.deliveries] == [[404]] and acting.events == []
    assert outcomes(services) == []


def test_what_does_not_matter_is_accepted(told: FakeGithub, acting: Acting) -> None:
    told.hooks.fire("ping", {"zen": "Design for failure."})
    told.hooks.fire("pull_request", {"action": "labeled", "repository": {"full_name": REPOSITORY}})
    assert [one.statuses for one in told.hooks.deliveries] == [[202]] * 2 and acting.events == []


def test_other_forms_are_refused_with_a_sentence(told: FakeGithub, http: httpx.Client, acting: Acting) -> None:
    with told.holding() as held:
        told.open_pull(REPOSITORY, MIGRATION)
        told.hooks.fire("pull_request", {"action": "opened", "number": 1, "repository": {"full_name": REPOSITORY}})
    whole, broken = held
    without = {name: value for name, value in whole.headers().items() if name != "X-GitHub-Delivery"}
    form = {**whole.headers(), "Content-Type": "application/x-www-form-urlencoded"}
    assert http.post(PATH, content=whole.body, headers=without).status_code == 400
    assert http.post(PATH, content=whole.body, headers=form).status_code == 415
    assert broken.send() == 400
    assert http.get(PATH).status_code == 405
    assert acting.events == []


def test_a_long_body_is_not_read_to_its_end(http: httpx.Client, acting: Acting) -> None:
    pieces = (b"x" * 1_000_000 for _ in range(MOST_BYTES // 1_000_000 + 5))
    try:
        status = http.post(PATH, content=pieces, headers=SIGNED).status_code
    except httpx.TransportError:  # the server answered and closed while we were still sending
        status = 413
    assert status == 413 and acting.events == []


def test_without_a_secret_there_is_no_endpoint(tmp_path: Path, acting: Acting) -> None:
    services = services_with(tmp_path)
    with pytest.raises(SettingsError, match="GITHUB_WEBHOOK_SECRET is not set"):
        GithubWebhook(services, Bearers(services), [REPOSITORY], acting)
