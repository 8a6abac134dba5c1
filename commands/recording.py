"""Around everything that anybody asks for: record it, do it once, turn failures into sentences, record the end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import cast

import structlog

from commands.asking import question
from commands.interface import TERMINAL, Outcome, Request, Result
from commands.services import Services
from dbs.errors import DbsError, FailedError

log = structlog.get_logger()


def recorded(
    services: Services, request: Request, command: str, target: str, act: Callable[[], Result], *, final: bool = False
) -> Result:
    """Do something once for a request, with a row in the audit table when it comes and one when it ends.

    Only the sentence of a result is recorded, never its facts: they may hold a secret. A request whose result is not
    terminal (a job, a question) ends when that ends, unless it is `final`: then it has done what it is for.
    """
    name = request.words[0].lower() if request.words else command
    fresh = services.audit.received(
        request_id=request.id,
        actor_id=request.actor.id,
        actor_name=request.actor.name,
        face=request.actor.face,
        command=command,
        target=target,
        arguments={"words": list(request.words)},
        channel=request.channel,
        thread_ts=request.thread_ts,
    )
    if not fresh:
        return again(services, request, name)
    result = guarded(name, request, act)
    if final or result.outcome in TERMINAL:
        outcome = result.outcome if result.outcome in TERMINAL else "done"
        services.audit.ended(request.id, outcome, result.sentence, result.job_id)
    return result


def guarded(name: str, request: Request, act: Callable[[], Result]) -> Result:
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


def again(services: Services, request: Request, name: str) -> Result:
    """The answer to a request that was received before."""
    job = services.job_rows.of_request(request.id)
    if job is not None:
        ended = job.state in TERMINAL
        sentence = job.sentence if ended else f"That is job {job.number} already; it is {job.state}."
        return Result(job.kind, job.state, sentence, job_id=job.id)
    for event in services.audit.find(request.id):
        if event.outcome in TERMINAL:
            return Result(name, cast(Outcome, event.outcome), event.detail, job_id=event.job_id)
    decision = services.decisions.of_request(request.id)
    if decision is not None and decision.choice is None:
        return question(services, decision)
    return Result(name, "refused", "That request is being worked on already.")
