"""From words to a result: record, parse, authorise, run, record the end. Every face goes through here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import structlog

from commands.command import Command
from commands.interface import TERMINAL, Request, Result
from commands.parsing import nearest, parse
from commands.registry import COMMANDS
from commands.services import Services
from dbs.errors import DbsError, FailedError, RefusedError, UsageError

log = structlog.get_logger()

_PROGRAMS = ("http", "schedule")


def dispatch(services: Services, request: Request) -> Result:
    """Do what a request asks, once. The same `request.id` again gets the same answer and has no second effect."""
    words = request.words or ("help",)
    name = words[0].lower()
    known = name if name in COMMANDS else "unknown"
    target = words[1] if len(words) > 1 else ""
    return recorded(services, request, known, target, lambda: _run(services, request, name, words[1:]))


def recorded(services: Services, request: Request, command: str, target: str, act: Callable[[], Result]) -> Result:
    """Do something once for a request, with a row in the audit table when it comes and one when it ends.

    Commands that stand in no table, such as `dbs token create`, come here without `dispatch`.
    """
    words = request.words
    name = words[0].lower() if words else command
    fresh = services.audit.received(
        request_id=request.id,
        actor_id=request.actor.id,
        actor_name=request.actor.name,
        face=request.actor.face,
        command=command,
        target=target,
        arguments={"words": list(words)},
        channel=request.channel,
        thread_ts=request.thread_ts,
    )
    if not fresh:
        return _again(services, request, name)
    result = _guarded(request, name, act)
    if result.outcome in TERMINAL:
        services.audit.ended(request.id, result.outcome, result.sentence, result.job_id)
    return result


def _guarded(request: Request, name: str, act: Callable[[], Result]) -> Result:
    """The two kinds of failure: a sentence the person can act on, or a bug with an id."""
    try:
        return act()
    except FailedError as error:
        return Result(name, "failed", str(error))
    except DbsError as error:
        return Result(name, "refused", str(error))
    except Exception:
        error_id = uuid.uuid4().hex[:8]
        log.exception("bug in a command", command=name, request=request.id, error_id=error_id)
        sentence = f"Something went wrong inside dbs. Nothing was started; its log has the details under {error_id}."
        return Result(name, "failed", sentence, error_id=error_id)


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


def _again(services: Services, request: Request, name: str) -> Result:
    """The answer to a request that was received before."""
    job = services.job_rows.of_request(request.id)
    if job is not None:
        ended = job.state in TERMINAL
        sentence = job.sentence if ended else f"That is job {job.number} already; it is {job.state}."
        return Result(job.kind, job.state, sentence, job_id=job.id)
    for event in services.audit.find(request.id):
        if event.outcome in TERMINAL:
            return Result(name, "done" if event.outcome == "done" else "refused", event.detail)
    return Result(name, "refused", "That request is being worked on already.")
