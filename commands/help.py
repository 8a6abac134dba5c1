"""`help`: what can be typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from commands.command import Command
from commands.interface import Request, Result, Table
from commands.parsing import usage
from commands.services import Services


@dataclass(frozen=True)
class HelpArguments:
    """No arguments."""


def make(commands: Mapping[str, Command]) -> Command:
    """The command `help` for a table of commands, which is the one it stands in itself."""

    @cache
    def rows(face: str) -> tuple[tuple[str, str], ...]:
        prefix = "dbs" if face == "cli" else "/dbs"
        return tuple((f"{prefix} {usage(c.name, c.arguments, face)}", c.summary) for c in commands.values())

    def run(services: Services, request: Request, arguments: HelpArguments) -> Result:
        """All commands with their usage."""
        face = request.actor.face
        sentence = "dbs puts databases back, and tells who did what."
        if face == "slack":
            sentence += " Slash commands do not work in threads: mention me there, with the same words."
        return Result("help", "done", sentence, tables=(Table("Commands", ("type", "what it does"), rows(face)),))

    return Command(
        name="help",
        summary="show what can be typed",
        arguments=HelpArguments,
        role="anyone",
        run=run,
        example="/dbs help",
    )
