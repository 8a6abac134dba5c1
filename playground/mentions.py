"""How typed text arrives at an app: escaped, with people and channels as references."""

import html
import re

from playground.workspace import Workspace


def escaped(workspace: Workspace, text: str, names: bool = False) -> str:
    """As Slack sends it: `&`, `<`, `>` escaped, `@handle` as `<@U…>`, `#channel` as `<#C…|channel>`.

    With `names` (slash commands under `should_escape`) a user comes as `<@U…|handle>`.
    """
    parts = re.split(r"(<[@#!][^<>\s]+>)", text)  # references that are written out already stay as they are
    parts[::2] = [_references(workspace, html.escape(part, quote=False), names) for part in parts[::2]]
    return "".join(parts)


def _references(workspace: Workspace, text: str, names: bool) -> str:
    def user(match: re.Match[str]) -> str:
        found = workspace.find_user(match[1])
        return f"<@{found.id}{'|' + found.handle if names else ''}>" if found else match[0]

    def channel(match: re.Match[str]) -> str:
        found = workspace.find_channel(match[1])
        return f"<#{found.id}|{found.name}>" if found else match[0]

    return re.sub(r"(?<![\w#])#([\w-]+)", channel, re.sub(r"(?<![\w@])@([\w-]+)", user, text))
