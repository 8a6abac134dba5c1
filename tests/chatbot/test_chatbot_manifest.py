"""The manifest says what the program does: listeners, commands, events, and no scope too many or too few."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_bolt import App
from slack_sdk import WebClient

import chatbot
from chatbot.blocks import DECIDE
from chatbot.views import RESTORE
from commands.registry import COMMANDS
from playground.methods import METHODS

ROOT = Path(chatbot.__file__).parent.parent
FILE = ROOT / "manifest.yml"
# https://docs.slack.dev/reference/methods: any one of these is what each method needs; nothing is none.
SCOPES: dict[str, tuple[str, ...]] = {
    "auth_test": (),
    "chat_postEphemeral": ("chat:write",),
    "chat_postMessage": ("chat:write",),
    "chat_update": ("chat:write",),
    "conversations_history": ("channels:history", "groups:history"),
    "conversations_open": ("im:write",),
    "conversations_replies": ("channels:history", "groups:history"),
    "usergroups_list": ("usergroups:read",),
    "usergroups_users_list": ("usergroups:read",),
    "users_info": ("users:read",),
    "views_open": (),
    "views_publish": (),
    "views_update": (),
}
# Only these may be refused, and the bot goes on: see chatbot/posts.py.
OPTIONAL = {"channels:history", "groups:history"}
EVENT_SCOPES = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "subteam_members_changed": "usergroups:read",
    "subteam_updated": "usergroups:read",
}
# Not by a method: files are fetched from the address that an event tells, see chatbot/attachments.py.
BY_ADDRESS = {"files:read"}
# What is neither a command nor an event is interaction.
INTERACTIONS = [
    ("action", "re.compile(f'^{DECIDE}')"),
    ("action", "CLASSIFY"),
    ("view", "CLASSIFY"),
    ("view", "PROPOSE"),
    ("view", "REJECT"),
    ("view", "RESTORE"),
]


def manifest(text: str | None = None) -> dict[str, Any]:
    """The file."""
    loaded = yaml.safe_load(text or FILE.read_text())
    assert isinstance(loaded, dict)
    return loaded


def calls() -> set[str]:
    """The names of all Web API methods that the source of the bot calls."""
    found = set()
    for file in (ROOT / "chatbot").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and _is_client(node.value) and hasattr(WebClient, node.attr):
                found.add(node.attr)
    return found - {"token", "base_url", "timeout", "ssl", "proxy", "retry_handlers"}


def _is_client(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):  # without_retries(client).views_open(…)
        return isinstance(node.func, ast.Name) and node.func.id == "without_retries"
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in ("client", "_client")


def test_every_called_method_is_in_the_table_and_nothing_else() -> None:
    assert calls() == set(SCOPES)


def test_the_playground_answers_every_called_method_and_asks_for_the_same_scopes() -> None:
    for name, scopes in SCOPES.items():
        method = next(one for dotted, one in METHODS.items() if dotted.replace(".", "_") == name)
        assert set(scopes) <= set(method.scopes) if scopes else not method.scopes, name


def test_the_scopes_are_those_of_the_calls_the_command_and_the_events() -> None:
    events = manifest()["settings"]["event_subscriptions"]["bot_events"]
    needed = BY_ADDRESS | {scope for scopes in SCOPES.values() for scope in scopes}
    needed |= {scope for event in events if (scope := EVENT_SCOPES[event])} | {"commands"}
    granted = manifest()["oauth_config"]["scopes"]

    assert set(granted["bot"]) == needed - OPTIONAL
    assert set(granted["bot_optional"]) == OPTIONAL


def registered() -> list[tuple[str, str]]:
    """(`command` or `event` and the like, identifier) of everything that `register` registers."""
    source = ast.parse((ROOT / "chatbot" / "listeners" / "__init__.py").read_text())
    found = []
    for node in ast.walk(source):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "app"
        ):
            (identifier,) = node.args
            literal = isinstance(identifier, ast.Constant)
            found.append((node.func.attr, str(ast.literal_eval(identifier) if literal else ast.unparse(identifier))))
    return sorted(found)


def test_the_listeners_are_those_of_the_manifest(app: App) -> None:
    commands = [("command", each["command"]) for each in manifest()["features"]["slash_commands"]]
    events = [("event", each) for each in manifest()["settings"]["event_subscriptions"]["bot_events"]]

    assert registered() == sorted([*commands, *events, *INTERACTIONS])
    assert len(app._listeners) == len(registered())  # nothing is registered elsewhere
    assert manifest()["settings"]["interactivity"]["is_enabled"] is True
    assert re.match(f"^{DECIDE}", "decide_confirm") and COMMANDS[RESTORE].name == RESTORE


def test_the_app_home_shows_its_page_and_takes_direct_messages() -> None:
    assert manifest()["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": True,
    }


def test_the_usage_hint_lists_the_commands() -> None:
    (command,) = manifest()["features"]["slash_commands"]

    assert command["usage_hint"].split(" | ") == list(COMMANDS)
    assert command["should_escape"] is True


def test_socket_mode_without_token_rotation() -> None:
    settings = manifest()["settings"]

    assert settings["socket_mode_enabled"] is True
    assert settings["token_rotation_enabled"] is False
    assert "request_url" not in str(manifest()) and "'url'" not in str(manifest())
    assert len(manifest()["display_information"]["name"]) <= 35
    assert len(manifest()["display_information"]["description"]) <= 140


def test_the_other_form_is_for_http_mode() -> None:
    (line,) = [line for line in FILE.read_text().splitlines() if line.startswith("#   sed ")]
    made = subprocess.run(shlex.split(line.removeprefix("#")), cwd=ROOT, capture_output=True, text=True, check=True)
    http, socket = manifest(made.stdout), manifest()
    address = "https://dbs.example.com/slack/events"

    assert http["settings"].pop("socket_mode_enabled") is False and socket["settings"].pop("socket_mode_enabled")
    assert http["features"]["slash_commands"][0].pop("url") == address
    assert http["settings"]["event_subscriptions"].pop("request_url") == address
    assert http["settings"]["interactivity"].pop("request_url") == address
    assert http == socket


@pytest.mark.parametrize("scope", sorted(OPTIONAL))
def test_what_is_optional_is_said_to_be(scope: str) -> None:
    (line,) = [line for line in FILE.read_text().splitlines() if line.strip().startswith(f"- {scope} ")]

    assert "#" in line
