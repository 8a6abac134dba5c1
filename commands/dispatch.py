"""From words to a result: record, parse, authorise, run, record the end. Every face goes through here."""

from __future__ import annotations

import uuid

import structlog

from commands.command import Command
from commands.interface import TERMINAL, Request, Result
from commands.parsing import nearest, parse
from commands.registry import COMMANDS
from commands.services import Services
from dbs.errors import DbsError, FailedError, UsageError

log = structlog.get_logger()


def dispatch(services: Services, request: Request) -> Result:
    """Do what a request asks, once. The same `request.id` again gets the same answer and has no second effect."""
    words = request.words or ("help",)
    name = words[0].lower()
    fresh = services.audit.received(
        request_id=request.id,
        actor_id=request.actor.id,
        actor_name=request.actor.name,
        face=request.actor.face,
        command=name if name in COMMANDS else "unknown",
        target=words[1] if len(words) > 1 else "",
        arguments={"words": list(words)},
        channel=request.channel,
        thread_ts=request.thread_ts,
    )
    if not fresh:
        return _again(services, request, name)
    result = _guarded(services, request, name, words[1:])
    if result.outcome in TERMINAL:
        services.audit.ended(request.id, result.outcome, result.sentence, result.job_id)
    return result


def _guarded(services: Services, request: Request, name: str, words: tuple[str, ...]) -> Result:
    """The two kinds of failure: a sentence the person can act on, or a bug with an id."""
    try:
        return _run(services, request, name, words)
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
    services.access.require(command.role, request.actor.id, request.actor.face)
    arguments = parse(command.name, command.arguments, words, request.actor.face)
    return command.run(services, request, arguments)


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
