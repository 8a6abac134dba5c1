"""The manifest says what the program does: listeners, commands, events, and no scope too many or too few."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import yaml
from slack_bolt import App
from slack_sdk import WebClient

import chatbot
from commands.registry import COMMANDS

ROOT = Path(chatbot.__file__).parent.parent
# https://docs.slack.dev/reference/methods: what each method needs; None is none.
SCOPES = {
    "auth_test": None,
    "chat_postEphemeral": "chat:write",
    "chat_postMessage": "chat:write",
    "chat_update": "chat:write",
    "usergroups_users_list": "usergroups:read",
    "users_info": "users:read",
}
EVENT_SCOPES = {"app_mention": "app_mentions:read"}


def manifest() -> dict[str, Any]:
    """The file."""
    loaded = yaml.safe_load((ROOT / "manifest.yml").read_text())
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
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in ("client", "_client")


def test_every_called_method_is_in_the_table_and_nothing_else() -> None:
    assert calls() == set(SCOPES)


def test_the_scopes_are_those_of_the_calls_the_command_and_the_events() -> None:
    events = manifest()["settings"]["event_subscriptions"]["bot_events"]
    needed = {scope for scope in SCOPES.values() if scope} | {EVENT_SCOPES[event] for event in events} | {"commands"}

    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == needed


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
            found.append((node.func.attr, str(ast.literal_eval(identifier))))
    return sorted(found)


def test_the_listeners_are_those_of_the_manifest(app: App) -> None:
    commands = [("command", each["command"]) for each in manifest()["features"]["slash_commands"]]
    events = [("event", each) for each in manifest()["settings"]["event_subscriptions"]["bot_events"]]

    assert registered() == sorted(commands + events)
    assert len(app._listeners) == len(registered())  # nothing is registered elsewhere
    assert manifest()["settings"]["interactivity"] == {"is_enabled": False}


def test_the_usage_hint_lists_the_commands() -> None:
    (command,) = manifest()["features"]["slash_commands"]

    assert command["usage_hint"].split(" | ") == list(COMMANDS)
    assert command["should_escape"] is True


def test_socket_mode_without_token_rotation() -> None:
    settings = manifest()["settings"]

    assert settings["socket_mode_enabled"] is True
    assert settings["token_rotation_enabled"] is False
    assert len(manifest()["display_information"]["name"]) <= 35
    assert len(manifest()["display_information"]["description"]) <= 140
