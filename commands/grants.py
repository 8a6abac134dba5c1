"""May this be done? People are asked for by role; a program may do what its token or the schedule grants, no more."""

from __future__ import annotations

from typing import Any

from commands.command import Command
from commands.interface import Request
from commands.parsing import parse
from commands.services import Services
from dbs.errors import RefusedError

PROGRAMS = ("http", "schedule")


def authorised(services: Services, request: Request, command: Command, words: tuple[str, ...]) -> Any:
    """The arguments of a command for somebody who may give it. Raises `RefusedError`, `UsageError`."""
    actor = request.actor
    if actor.face not in PROGRAMS:
        services.access.require(command.role, actor.id, actor.face)
        return parse(command.name, command.arguments, words, actor.face)
    # Parsed first: what counts is the target as it was understood, not as it was written.
    arguments = parse(command.name, command.arguments, words, actor.face)
    needed = f"{command.name}:{getattr(arguments, command.target)}" if command.target else command.name
    if needed not in actor.grants:
        raise RefusedError(f"{actor.name} has not been granted {needed}. Nothing was done.")
    return arguments
