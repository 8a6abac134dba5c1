"""From words to a result: record, parse, authorise, run, record the end. Every face goes through here."""

from __future__ import annotations

from typing import Any

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import nearest, parse
from commands.recording import recorded
from commands.registry import COMMANDS
from commands.services import Services
from dbs.errors import RefusedError, UsageError

_PROGRAMS = ("http", "schedule")


def dispatch(services: Services, request: Request) -> Result:
    """Do what a request asks, once. The same `request.id` again gets the same answer and has no second effect."""
    words = request.words or ("help",)
    name = words[0].lower()
    known = name if name in COMMANDS else "unknown"
    target = words[1] if len(words) > 1 else ""
    return recorded(services, request, known, target, lambda: _run(services, request, name, words[1:]))


def _run(services: Services, request: Request, name: str, words: tuple[str, ...]) -> Result:
    command = _command(name)
    if request.actor.face not in _PROGRAMS:
        services.access.require(command.role, request.actor.id, request.actor.face)
    arguments = parse(command.name, command.arguments, words, request.actor.face)
    if request.actor.face in _PROGRAMS:
        _check_grants(request, command, arguments)
    return command.run(services, request, arguments)


def _check_grants(request: Request, command: Command, arguments: Any) -> None:
    """A program may do what it was granted, by command and target as they were understood, and nothing else."""
    target = getattr(arguments, command.target) if command.target else ""
    needed = f"{command.name}:{target}" if command.target else command.name
    if needed not in request.actor.grants:
        raise RefusedError(f"{request.actor.name} has not been granted {needed}. Nothing was done.")


def _command(name: str) -> Command:
    if name not in COMMANDS:
        shown = name[:40]
        raise UsageError(f"There is no command {shown!r}.{nearest(shown, COMMANDS)} There are: {', '.join(COMMANDS)}.")
    return COMMANDS[name]
