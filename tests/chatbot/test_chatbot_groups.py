"""User groups: handles in the configuration, and changes of who may do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient

from chatbot.groups import WatchedGroups
from chatbot.handles import handles, with_ids
from commands.services import Services
from dbs.access import DirectoryError, Person
from dbs.errors import FailedError, SettingsError
from dbs.settings import Settings
from tests.chatbot.parts import CONFIG, TEAM, FakeDirectory, WebApi, make_services, wait_until
from tests.chatbot.sending import fail

APPROVED = CONFIG.replace("[slack]", '[slack]\napprovers = ["S0DBA"]')


@dataclass
class ChangingDirectory:
    """Groups that a test changes; people are called like their ids."""

    groups: dict[str, set[str]] = field(default_factory=lambda: {"S0DBA": {"U0ADAM"}, "S0BACKEND": {"U0RITA"}})

    def members(self, group_id: str) -> frozenset[str]:
        """Those of now."""
        if group_id not in self.groups:
            raise DirectoryError("Slack says no_such_subteam")
        return frozenset(self.groups[group_id])

    def person(self, user_id: str) -> Person:
        """A full member; nobody is called U0GONE."""
        if user_id == "U0GONE":
            raise DirectoryError("Slack says user_not_found")
        return Person(user_id, user_id[2:].lower(), active=True, guest=False, bot=False, team_id=TEAM)


def watched(tmp_path: Path, directory: ChangingDirectory) -> tuple[WatchedGroups, Services]:
    """A watch over real services."""
    groups = WatchedGroups(directory)
    services = make_services(tmp_path, groups, config=APPROVED)
    groups.watch(services)
    return groups, services


def told(services: Services) -> list[str]:
    """What is said in the channel."""
    rows = services.outbox.pending()
    assert all(row.destination == {"channel": "#databases"} for row in rows)
    return [row.result["sentence"] for row in rows]


def test_a_change_is_told_once_with_names(tmp_path: Path) -> None:
    directory = ChangingDirectory()
    groups, services = watched(tmp_path, directory)
    assert told(services) == []
    directory.groups["S0DBA"] = {"U0EVE", "U0GONE"}
    for _ in range(5):
        groups.members("S0DBA")
    wait_until(lambda: services.audit.find("group:S0DBA:2")[1:])
    groups.members("S0DBA")

    assert told(services) == ["The approvers changed: + eve, U0GONE; - adam."]
    events = services.audit.history(words="group:S0DBA", limit=10)
    assert [event.detail for event in events if event.outcome == "done"] == [
        "The approvers changed: + eve, U0GONE; - adam.",
        "The approvers are adam.",
    ]


def test_a_change_while_nobody_looked_is_told_at_start(tmp_path: Path) -> None:
    directory = ChangingDirectory()
    watched(tmp_path, directory)
    directory.groups["S0BACKEND"] = {"U0RITA", "U0ADAM"}
    _, services = watched(tmp_path, directory)
    watched(tmp_path, directory)

    assert told(services) == ["The operators changed: + adam."]


def test_back_and_forth_is_told_each_time_and_nobody_left_too(tmp_path: Path) -> None:
    directory = ChangingDirectory()
    _, services = watched(tmp_path, directory)
    for members in ({"U0ADAM", "U0EVE"}, {"U0ADAM"}, set[str]()):
        directory.groups["S0DBA"] = members
        watched(tmp_path, directory)

    assert told(services) == [
        "The approvers changed: + eve.",
        "The approvers changed: - eve.",
        "The approvers changed: - adam.",
    ]


def test_a_group_that_cannot_be_looked_up_has_not_changed(tmp_path: Path) -> None:
    directory = ChangingDirectory()
    watched(tmp_path, directory)
    del directory.groups["S0DBA"]
    groups, services = watched(tmp_path, directory)

    with pytest.raises(DirectoryError):
        groups.members("S0DBA")
    assert told(services) == []


def test_other_groups_are_nobodys_business(tmp_path: Path) -> None:
    directory = ChangingDirectory({"S0DBA": set(), "S0BACKEND": set(), "S0COFFEE": {"U0ADAM"}})
    groups, services = watched(tmp_path, directory)
    assert groups.members("S0COFFEE") == {"U0ADAM"} and groups.person("U0ADAM").name == "adam"

    assert services.audit.history(words="S0COFFEE", limit=5) == []


def settings(tmp_path: Path, **lists: str) -> Settings:
    """Settings whose lists of people hold handles; nothing is built from them yet."""
    made = make_services(tmp_path, FakeDirectory()).settings
    changed = {key: tuple(value.split()) for key, value in lists.items()}
    return made.model_copy(update={"slack": made.slack.model_copy(update=changed)})


@pytest.fixture
def client(web_api: WebApi, monkeypatch: pytest.MonkeyPatch) -> WebClient:
    """A client of a workspace with two groups."""
    groups = [{"handle": "dba", "id": "S0DBA"}, {"handle": "back-end", "id": "S0BACKEND"}]
    answer: Callable[..., Any] = web_api.api_call

    def with_groups(client: WebClient, method: str, **given: Any) -> Any:
        return {**answer(client, method, **given), "usergroups": groups}

    monkeypatch.setattr(WebClient, "api_call", with_groups)
    return WebClient(token="xoxb-test")


def test_handles_become_ids_loudly(
    tmp_path: Path, client: WebClient, web_api: WebApi, capsys: pytest.CaptureFixture[str]
) -> None:
    given = settings(tmp_path, approvers="@dba U0ADAM", operators="back-end members", privacy="dba")
    found = with_ids(given, client).slack

    assert handles(given) == {"operators": ["back-end"], "approvers": ["@dba"], "privacy": ["dba"]}
    assert found.approvers == ("S0DBA", "U0ADAM")
    assert found.operators == ("S0BACKEND", "members")
    assert found.privacy == ("S0DBA",)
    assert len(web_api.of("usergroups.list")) == 1
    assert capsys.readouterr().out.count("stands for a group") == 3
    assert with_ids(given, client).secret("env:DBS_HOME").get_secret_value() == str(tmp_path / "home")


def test_without_handles_nobody_is_asked(tmp_path: Path, client: WebClient, web_api: WebApi) -> None:
    given = settings(tmp_path, approvers="S0DBA U0ADAM W0EVE", operators="members")

    assert with_ids(given, client) is given and web_api.calls == []


def test_a_handle_that_cannot_be_resolved_is_a_sentence(tmp_path: Path, client: WebClient, web_api: WebApi) -> None:
    given = settings(tmp_path, approvers="@nobody")

    with pytest.raises(SettingsError, match=r'"slack.approvers" names "@nobody"'):
        with_ids(given, client)
    fail(web_api, URLError("down"))
    with pytest.raises(FailedError, match="cannot be looked up: Slack cannot be reached: down"):
        with_ids(given, client)
