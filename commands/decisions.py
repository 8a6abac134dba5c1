"""Answering a question: who may, once, in time, and only to what was shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeAlias, cast

import structlog

from commands import approving, asking, reviewing
from commands.asking import CANCEL, CONFIRM
from commands.interface import TERMINAL, Actor, Face, Request, Result
from commands.losses import losses
from commands.recording import guarded, recorded
from commands.services import Services
from commands.submitting import refuse_while_paused
from commands.targets import find_instance
from commands.texts import moment
from dbs.audit import AuditEvent
from dbs.decisions import EXPIRED, Decision
from dbs.errors import RefusedError
from dbs.jobs import Job

log = structlog.get_logger()
_REPLACED = "asked again"
_ComeOfIt: TypeAlias = Callable[[], tuple[Job | None, Result]]
"""Writes down what an answer means; returns the job to queue, if there is one."""


def decide(
    services: Services, decision_id: str, choice: str, actor: Actor, *, request_id: str, reason: str = ""
) -> Result:
    """Answer a question with `confirm` or `cancel`. `request_id` is that of the click: the same one is answered twice
    and counts once. `reason` is why a schema change is rejected.

    The click is a request of its own in the audit table; what comes of a settled question belongs to the request that
    asked it. The result is `queued`, `cancelled`, `waiting` (more would be lost by now: a new question), or `refused`.
    """
    click = Request(request_id, actor, ("decide", decision_id, choice))
    decision = services.decisions.get(decision_id)
    target = decision.target if decision else ""
    act = partial(_decide, services, decision, choice, actor, reason)
    return recorded(services, click, "decide", target, act, final=True)


def expire(services: Services) -> int:
    """End what nobody answered in time, and finish what was settled by a process that died; returns how many ended.

    For the loop of the worker, and its start.
    """
    for late in services.decisions.expired():
        services.decisions.expire(late.id)
    ended = 0
    for event in services.audit.open_requests():
        decision = services.decisions.of_request(event.request_id)
        if decision is not None and services.job_rows.of_request(event.request_id) is None:
            ended += _carried_out(services, event, decision)
    return ended


def _decide(services: Services, decision: Decision | None, choice: str, actor: Actor, reason: str) -> Result:
    if decision is not None and choice in (approving.APPROVE, approving.REJECT):
        if decision.kind == approving.KIND:
            return _reviewed(services, decision, choice, actor)
        if decision.kind == reviewing.KIND:
            return _judged(services, decision, choice, actor, reason)
    if decision is None or decision.kind != "restore" or choice not in (CONFIRM, CANCEL):
        raise RefusedError("I do not know that question any more. Nothing was done; ask again.")
    services.access.require("operator" if choice == CONFIRM else "anyone", actor.id, actor.face)
    _check_open(services, decision, actor)
    if choice == CONFIRM:
        refuse_while_paused(services)
        _check_intact(decision)
        found = losses(services, find_instance(services, decision.target), decision.asked_id)
        request = _original(services, decision)
        if found.worse_than(decision.work["shown"]):
            ask_again = partial(asking.ask_again, services, request, decision, found)
            return _settled(services, decision, _REPLACED, actor, lambda: (None, ask_again()))
        promise = asking.promised(services, request, asking.planned(decision), found)
        return _settled(services, decision, CONFIRM, actor, promise)
    cancel = partial(_carry_out, services, _original(services, decision), decision, CANCEL)
    return _settled(services, decision, CANCEL, actor, lambda: (None, cancel()))


def _reviewed(services: Services, decision: Decision, choice: str, actor: Actor) -> Result:
    """What a member of `[slack] privacy` said of a policy that lets more through."""
    approving.require_may(services, decision, actor)
    _check_unsettled(services, decision)
    _check_intact(decision)
    request = _original(services, decision)
    found = approving.current(services, decision) if choice == approving.APPROVE else None
    if found is None:
        choice = approving.REJECT if choice == approving.REJECT else approving.CHANGED
        ended = partial(approving.end, services, decision, request, choice, actor)
        return _settled(services, decision, choice, actor, lambda: (None, ended()))
    refuse_while_paused(services)
    # Before it is approved: a file that is written and was not approved after all is held against the approved one.
    written = approving.write_rules(services, decision)
    come_of_it = partial(approving.approve, services, decision, request, actor, found, refresh=written)
    return _settled(services, decision, choice, actor, come_of_it)


def _judged(services: Services, decision: Decision, choice: str, actor: Actor, reason: str) -> Result:
    """What an approver said of a schema change. GitHub and production are asked first, as long as that takes."""
    reviewing.require_may(services, decision, choice, actor)
    _check_unsettled(services, decision)
    _check_intact(decision)
    request = _original(services, decision)
    end = partial(reviewing.end, services, decision, request)
    if choice == reviewing.REJECT:
        if not reason.strip():
            raise RefusedError("Say why it is rejected, so that its author knows what to do. Nothing was done.")
        return _settled(services, decision, choice, actor, lambda: (None, end(choice, actor, reason)))
    try:
        why = reviewing.require_sound(services, decision, actor)
    except reviewing.StaleError as stale:
        said = str(stale)
        return _settled(services, decision, reviewing.VOID, actor, lambda: (None, end(reviewing.VOID, why=said)))
    approved = partial(reviewing.approved, services, decision, request, actor, why)
    return _settled(services, decision, choice, actor, lambda: (None, approved()))


def _check_open(services: Services, decision: Decision, actor: Actor) -> None:
    if actor.id != decision.asked_id:
        raise RefusedError(f"Only {decision.asked_name}, who asked for it, can answer that. Nothing was done.")
    _check_unsettled(services, decision)


def _check_unsettled(services: Services, decision: Decision) -> None:
    if decision.choice is None and services.decisions.expire(decision.id):
        decision = services.decisions.get(decision.id) or decision
        _carry_out(services, _original(services, decision), decision, EXPIRED)
    if decision.choice is not None:
        raise RefusedError(_stale(decision))


def _check_intact(decision: Decision) -> None:
    if not decision.intact:
        log.error("a decision was altered", decision=decision.id)
        raise RefusedError("What would run is not what you were shown. Nothing was done; ask again.")


def _settled(services: Services, decision: Decision, choice: str, actor: Actor, come_of_it: _ComeOfIt) -> Result:
    """Be the one who settles it, or say that somebody else was.

    The answer and what comes of it are written at the same moment, so that whoever is too late can be told of both.
    """

    def settle() -> bool:
        return services.decisions.settle(decision.id, choice, actor.id)

    def act() -> Result:
        written = services.together(lambda: come_of_it() if settle() else None)
        if written is None:
            raise RefusedError(_stale(services.decisions.get(decision.id) or decision))
        job, result = written
        if job is not None:
            services.jobs.queue(job)
        return result

    result = guarded(decision.kind, Request(decision.request_id, actor, ()), act)
    if result.outcome in ("refused", "failed"):
        # What failed took the answer back with it; else this is settled, and nothing more is written.
        services.together(
            lambda: settle() and services.audit.ended(decision.request_id, result.outcome, result.sentence)
        )
    return result


def _stale(decision: Decision) -> str:
    said = {
        CONFIRM: "was confirmed already",
        CANCEL: "was cancelled already",
        _REPLACED: "was asked again, because more would have been lost",
        approving.APPROVE: "was approved already",
        approving.REJECT: "was rejected already",
        approving.CHANGED: "is over: the policy had changed",
        reviewing.VOID: "is over: what was shown is not what would be merged any more",
    }
    if decision.choice in said:
        return f"That question {said[decision.choice]}. This click changed nothing."
    return f"That question expired at {moment(decision.expires_at)}. Nothing was done; ask again."


def _carry_out(services: Services, request: Request, decision: Decision, choice: str) -> Result:
    """What an answer means for the request that asked. May run again after a crash: every part of it counts once."""
    if decision.kind == approving.KIND:
        return services.together(partial(approving.end, services, decision, request, choice))
    if decision.kind == reviewing.KIND:
        return services.together(partial(reviewing.end, services, decision, request, choice))
    if choice == CONFIRM:
        result = guarded(decision.kind, request, lambda: _run(services, request, decision))
    elif choice == CANCEL:
        result = Result(decision.kind, "cancelled", f"Nothing was done; {decision.target} stays as it is.")
    else:
        minutes = (_time(decision.expires_at) - _time(decision.asked_at)).total_seconds() / 60
        sentence = f"Nobody confirmed within {minutes:.0f} minutes; {decision.target} stays as it is."
        result = Result(decision.kind, "expired", sentence)
    if result.outcome in TERMINAL:
        services.audit.ended(request.id, result.outcome, result.sentence, result.job_id)
    return result


def _run(services: Services, request: Request, decision: Decision) -> Result:
    found = losses(services, find_instance(services, decision.target), decision.asked_id)
    return asking.run(services, request, asking.planned(decision), found)


def _carried_out(services: Services, event: AuditEvent, decision: Decision) -> bool:
    """Finish a settled question; False when it waits for its answer, or another one took its place."""
    if decision.choice not in (CONFIRM, CANCEL, EXPIRED):
        return False
    if decision.choice == CONFIRM and services.decisions.over(decision):
        sentence = f"It was confirmed, but dbs stopped before it began; {decision.target} stays as it is. Ask again."
        return services.audit.ended(event.request_id, EXPIRED, sentence)
    _carry_out(services, _request(event), decision, decision.choice)
    return True


def _original(services: Services, decision: Decision) -> Request:
    return _request(services.audit.find(decision.request_id)[0])


def _request(event: AuditEvent) -> Request:
    """The request that an audit row is about, without its words: they were understood when it was received."""
    actor = Actor(event.actor_id, event.actor_name, cast(Face, event.face))
    return Request(event.request_id, actor, (), event.channel, event.thread_ts)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
