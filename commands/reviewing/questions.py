"""The question whether a change may be merged: who asked, what it is bound to, how it ends. Every end is written once.

To be called inside of `services.together` where it says so.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TypeAlias

from commands.interface import Actor, Outcome, Request, Result
from commands.reviewing.changes import counted, dropped_indexes, of_report
from commands.reviewing.interface import (
    APPROVE,
    KIND,
    OPEN_FOR,
    REJECT,
    REMEMBERED,
    VOID,
    digest_of,
    is_proposal,
    named,
    now_less,
)
from commands.services import Services
from commands.telling import tell
from commands.texts import moment
from dbs.decisions import EXPIRED, Decision
from dbs.rehearsals import Rehearsal

_REASON = 600
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
Binding: TypeAlias = tuple[str, int | None, str, str]
_GITHUB = Actor("github", "GitHub", "http")


def reason_in(body: str) -> str:
    """What a description says, without the hidden remarks that templates leave in it."""
    return _COMMENT.sub("", body).strip()


def ask(services: Services, one: Rehearsal) -> Decision | None:
    """Ask for the approval, in the thread of the rehearsal. None: it was asked before for this commit and digest."""
    if any(binding(other) == bound_to(one) and counts(services, other) for other in asked(services, one.project)):
        return None
    actor = _asker(one)

    def write() -> Decision | None:
        fresh = services.audit.received(
            request_id=_request_id(one),
            actor_id=actor.id,
            actor_name=actor.name,
            face=actor.face,
            command="review",
            target=named(one),
            arguments={"head": one.head, "digest": digest_of(one)},
            job_id=one.id,
        )
        if not fresh:
            return None
        decision = services.decisions.ask(
            request_id=_request_id(one),
            kind=KIND,
            target=one.project,
            work=_work(one),
            asked_id=actor.id,
            asked_name=actor.name,
            seconds=OPEN_FOR.total_seconds(),
        )
        _post(services, decision)
        return decision

    return services.together(write)


def question(decision: Decision) -> Result:
    """The question as those see it who may answer."""
    common = {"action": "decide", "decision": decision.id}
    actions = (
        {**common, "choice": APPROVE, "label": "Approve", "style": "primary"},
        {**common, "choice": REJECT, "label": "Reject", "style": "danger"},
    )
    sentence = (
        f"{_said(decision)} May it be merged?" if decision.work["number"] else f"{_said(decision)} May it be run?"
    )
    return Result(KIND, "waiting", sentence, _facts(decision), actions=actions)


def held(services: Services, decision: Decision) -> Result:
    """The question as those see it who cannot answer."""
    slack = services.settings.slack
    groups = " or ".join(slack.approvers) or "[slack] approvers, which names nobody"
    sentence = f"{_said(decision)} Since {moment(decision.asked_at)} that waits for {groups}, asked in {slack.channel}."
    return Result(KIND, "waiting", sentence, _facts(decision))


def approved(services: Services, decision: Decision, request: Request, actor: Actor, reason: str) -> Result:
    """Write down that it was approved: exactly this, and nothing runs because of it. For a transaction."""
    services.audit.ended(request.id, "done", f"Approved by {actor.name}{_bound(decision)}")
    nxt = (
        "What to do next: merge it. An approval is for this commit alone; a further push voids it."
        if decision.work["number"]
        else "What to do next: run it on production yourselves, exactly as it is."
    )
    sentence = f"Approved by {actor.name}{_bound(decision)} dbs runs nothing on production. {nxt}"
    return _ended(services, decision, Result(KIND, "done", sentence, {"Reason": _clipped(reason)}))


def end(
    services: Services, decision: Decision, request: Request, choice: str, actor: Actor | None = None, why: str = ""
) -> Result:
    """Write down that it came to nothing, and why. May be done again after a crash. For a transaction."""
    outcome: Outcome = "expired" if choice in (EXPIRED, VOID) else "refused"
    if choice == REJECT and actor is not None:
        sentence = f"Rejected by {actor.name}: {_clipped(why)}"
    elif choice == EXPIRED:
        sentence = f"Nobody approved {_at(decision)} within {OPEN_FOR.days} days. To ask again, rehearse it again."
    else:
        sentence = f"Void: {why or 'what was shown is not what would be merged any more'}. Nothing was approved."
    services.audit.ended(request.id, outcome, sentence)
    return _ended(services, decision, Result(KIND, outcome, sentence))


def end_void(services: Services, decision: Decision, why: str) -> bool:
    """End an open question, or take back an approval. False when there was nothing to end."""
    request = Request(decision.request_id, _GITHUB, ())

    def write() -> bool:
        if not services.decisions.settle(decision.id, VOID, _GITHUB.id):
            return False
        end(services, decision, request, VOID, why=why)
        return True

    if services.together(write):
        return True
    # Read only now: whoever approved it at the same moment may have been written together with this.
    found = services.decisions.get(decision.id)
    if found is None or found.choice != APPROVE:
        return False
    return services.together(lambda: _take_back(services, found, why))


def counts(services: Services, decision: Decision) -> bool:
    """Whether it is still to be answered, or was approved and not taken back."""
    if decision.choice is None:
        return not services.decisions.over(decision)
    return decision.choice == APPROVE and not is_void(services, decision)


def is_void(services: Services, decision: Decision) -> bool:
    """Whether what was asked, or approved, is not what would be merged any more."""
    return decision.choice == VOID or services.outbox.holds(_key(decision), VOID)


def bound_to(one: Rehearsal) -> Binding:
    """What a question about a rehearsal is bound to: the same commit, and the same migrations.

    The same SQL proposed once more is another question: by somebody else perhaps, and on another day.
    """
    return one.project, one.number, one.head, digest_of(one) if one.number is not None else one.id


def binding(decision: Decision) -> Binding:
    """The same of a question."""
    work = decision.work
    return decision.target, work["number"], work["head"], work["digest" if work["number"] is not None else "rehearsal"]


def standing(services: Services, project: str, number: int) -> list[Decision]:
    """The questions about a pull request that count: open ones, and approvals."""
    return [one for one in asked(services, project) if one.work["number"] == number and counts(services, one)]


def asked(services: Services, project: str) -> list[Decision]:
    """All questions of a project, oldest first; none that are older than anybody remembers."""
    return services.decisions.asked(KIND, now_less(REMEMBERED), project)


def _request_id(one: Rehearsal) -> str:
    return f"review:{one.id}"


def _asker(one: Rehearsal) -> Actor:
    """Whoever proposed it; of a pull request it is GitHub that tells."""
    if not is_proposal(one):
        return _GITHUB
    found = str(one.about.get("author_id") or "")
    return Actor(found, str(one.about.get("author_name") or found), "cli" if found.startswith("os:") else "slack")


def _work(one: Rehearsal) -> dict[str, Any]:
    """What is approved: commit and digest, and what a person reads of it."""
    changes = of_report(one.report)
    report = one.report or {}
    return {
        "rehearsal": one.id,
        "number": one.number,
        "head": one.head,
        "digest": digest_of(one),
        "repository": one.about.get("repository"),
        "named": named(one),
        "title": str(one.about.get("title") or "")[:200],
        "author": str(one.about.get("author_name") if is_proposal(one) else one.about.get("author") or ""),
        "reason": reason_in(str(one.about.get("reason") or ""))[:_REASON],
        "verdict": one.verdict,
        "sentence": str(report.get("sentence") or "")[:_REASON],
        "changes": counted(changes),
        "drops": [str(dropped) for dropped in dropped_indexes(changes)],
    }


def _post(services: Services, decision: Decision) -> None:
    """Into the thread of the rehearsal; the groups who may answer are called."""
    slack = services.settings.slack
    destination = {"channel": slack.channel, "calls": list(slack.approvers), "thread": decision.work["rehearsal"]}
    asked = question(decision)
    calls = f" To approve it: {', '.join(slack.approvers) or 'nobody, because [slack] approvers is empty'}."
    message = replace(asked, sentence=asked.sentence + calls)
    services.outbox.put(_key(decision), "parent", destination, message.to_json())


def _ended(services: Services, decision: Decision, result: Result) -> Result:
    """What came of it takes the place of the question, and whoever proposed it hears of it."""
    shown = replace(result, sentence=f"{_said(decision)} {result.sentence}", facts=_facts(decision) | result.facts)
    destination = {"channel": services.settings.slack.channel, "replaces": "parent"}
    services.outbox.put(_key(decision), "end", destination, shown.to_json())
    author = decision.asked_id
    if decision.work["number"] is not None:
        author = services.settings.github.people.get(decision.work["author"].lower(), "github")
    told = replace(result, sentence=f"{decision.work['named']}: {result.sentence}")
    tell(services, _key(decision), "told", author, told)
    return result


def _take_back(services: Services, decision: Decision, why: str) -> bool:
    """An approval that was given counts no longer; recorded as an event of its own, once. For a transaction."""
    sentence = f"It was approved, and the approval does not count any more: {why}."
    destination = {"channel": services.settings.slack.channel, "replaces": "parent"}
    result = Result(KIND, "expired", f"{_said(decision)} {sentence}", _facts(decision))
    if not services.outbox.put(_key(decision), VOID, destination, result.to_json()):
        return False
    request_id = f"void:{decision.id}"
    services.audit.received(
        request_id=request_id,
        actor_id=_GITHUB.id,
        actor_name=_GITHUB.name,
        face=_GITHUB.face,
        command="review",
        target=decision.work["named"],
        arguments={"head": decision.work["head"], "digest": decision.work["digest"]},
    )
    services.audit.ended(request_id, "expired", sentence)
    return True


def _key(decision: Decision) -> str:
    """What its messages are kept under in the outbox."""
    return f"decision:{decision.id}"


def _at(decision: Decision) -> str:
    return f"{decision.work['named']} at {decision.work['head'][:10]}"


def _bound(decision: Decision) -> str:
    return f": {_at(decision)}, migrations {decision.work['digest'][:12] or 'without a digest'}."


def _said(decision: Decision) -> str:
    work = decision.work
    return f"{work['named']} {work['changes']}; its rehearsal {work['verdict']}."


def _facts(decision: Decision) -> dict[str, str]:
    work = decision.work
    return {
        "Title": work["title"] or "none",
        "Author": work["author"] or "unknown",
        "Commit": work["head"][:10],
        "Migrations": work["digest"][:12] or "without a digest",
        "Reason": work["reason"] or "none yet",
    }


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _REASON else f"{line[: _REASON - 1]}…"
