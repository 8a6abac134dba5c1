"""A policy that lets more through waits for a member of `[slack] privacy`: asking, approving, rejecting.

The approval is for one policy, by its digest, and for the difference to one that was approved before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from commands import approved
from commands.approved import Review
from commands.interface import Actor, Request, Result, Table
from commands.policies import one_writer, policy_file, read_policy, replace_file
from commands.services import Services
from commands.submitting import promise
from commands.targets import find_source
from commands.telling import tell
from commands.texts import moment
from dbs.decisions import EXPIRED, Decision
from dbs.errors import RefusedError
from dbs.jobs import Job
from dbs.masking.editing import edited, with_rules
from dbs.masking.naming import shown as shown_name
from dbs.masking.policy import from_text

KIND = "policy"
APPROVE, REJECT, CHANGED = "approve", "reject", "changed"
"""How such a question is settled; `changed`: what was shown is not what would be approved any more."""

OPEN_FOR = timedelta(days=7)
"""Long enough for somebody who is away; what is old by then is held against the file once more anyway."""

SHOWN = 10
_MOST = 200


@dataclass(frozen=True)
class Proposal:
    """Rules that somebody chose for a policy file: `rules` by table and column, as TOML `lines`, after `thread`'s job.

    `file` is the digest of the policy that stands in the file, into which they are to be written.
    """

    file: str
    rules: Mapping[str, Mapping[str, Any]]
    lines: Sequence[str]
    thread: str


def hold(services: Services, request: Request, found: Review, proposal: Proposal | None = None) -> Result:
    """Ask for the approval of a policy, once, in the channel; the request waits for the answer.

    Refused, with the kind of the question, while the same one is open: nobody is asked twice. Raises `RefusedError`
    when the schedule asks for what was rejected, and when there is nobody to approve it.
    """
    source = found.policy.source
    _refuse_without_privacy(services, source)
    rejected = services.policies.rejected(source, found.policy.digest)
    asked = [one for one in services.decisions.waiting(KIND, source) if one.work["digest"] == found.policy.digest]
    if rejected is not None and not asked and request.actor.face == "schedule":
        raise RefusedError(
            f"Its policy was rejected by {rejected.by_name} at {moment(rejected.at)}. Change the policy, or have it "
            f"looked at again by hand: /dbs refresh {source}"
        )

    def ask() -> Decision:
        decision = services.decisions.ask(
            request_id=request.id,
            kind=KIND,
            target=source,
            work=_work(found, proposal),
            asked_id=request.actor.id,
            asked_name=request.actor.name,
            seconds=OPEN_FOR.total_seconds(),
            once=True,
        )
        if decision.request_id == request.id:
            _post(services, decision)
        return decision

    decision = services.together(ask)
    if decision.request_id != request.id:
        return Result(KIND, "refused", f"{_waits(services, decision)} Nothing else was started.")
    return held(services, decision)


def _refuse_without_privacy(services: Services, source: str) -> None:
    """Raise `RefusedError` when nobody is there who could approve."""
    if not services.settings.slack.privacy:
        raise RefusedError(
            f"The policy of {source} is not the one that was approved, and there is nobody to approve what it lets "
            f'through. Name them in dbs.toml: [slack] privacy = ["S0SECURITY"]; what changed: dbs policy diff {source}'
        )


def held(services: Services, decision: Decision) -> Result:
    """The question as those see it who asked for the refresh: they cannot answer it."""
    return Result(decision.kind, "waiting", _waits(services, decision), tables=_tables(decision))


def question(decision: Decision) -> Result:
    """The question as those see it who may answer."""
    common = {"action": "decide", "decision": decision.id}
    actions = (
        {**common, "choice": APPROVE, "label": "Approve", "style": "danger"},
        {**common, "choice": REJECT, "label": "Reject", "style": ""},
    )
    return Result(decision.kind, "waiting", f"{_said(decision)} Approve it?", tables=_tables(decision), actions=actions)


def require_may(services: Services, decision: Decision, actor: Actor) -> None:
    """Raise `RefusedError` unless this person may answer: a member of `[slack] privacy`, and not whoever asked."""
    services.access.require("privacy", actor.id, actor.face)
    if actor.id == decision.asked_id:
        raise RefusedError(
            "You asked for it yourself, so somebody else of [slack] privacy has to approve it. Nothing was done."
        )


def current(services: Services, decision: Decision) -> Review | None:
    """What would be approved now; None when that is not what was shown. Raises `PolicyError`."""
    work = decision.work
    policy = read_policy(services, decision.target, find_source(services, decision.target))
    if work["rules"] and policy.digest == work["file"]:
        policy = with_rules(policy, work["rules"])
    found = approved.review(services, policy)
    return found if (policy.digest, found.after) == (work["digest"], work["after"]) else None


def approve(
    services: Services, decision: Decision, request: Request, actor: Actor, found: Review, *, refresh: bool
) -> tuple[Job | None, Result]:
    """Write down that the policy is approved, and that the refresh goes on; for a transaction.

    `request` is the one that asked; the job is to be queued afterwards. Without `refresh` the file could not be
    written, and the request ends here.
    """
    source, policy = find_source(services, decision.target), found.policy
    said = f"Approved by {actor.name}: {decision.work['summary']}"
    approved.note(services, policy, by=(actor.id, actor.name), summary=said, after=decision.work["after"])
    if not refresh:
        sentence = (
            f"Approved by {actor.name}. dbs cannot write {source.policy} here: put the lines above into it, and then "
            f"type: /dbs refresh {decision.target}"
        )
        services.audit.ended(request.id, "done", sentence)
        return None, _ended(services, decision, request, Result(decision.kind, "done", sentence))
    work, facts = approved.work_of(source, policy, f"{approved.counted(policy)}; approved by {actor.name}")
    dated = request.id if request.actor.face == "schedule" else None
    job, queued = promise(services, request, "refresh", decision.target, work, facts, dated)()
    result = Result(decision.kind, "queued", f"Approved by {actor.name}. {queued.sentence}", job_id=job.id)
    return job, _ended(services, decision, request, result)


def write_rules(services: Services, decision: Decision) -> bool:
    """Put proposed rules into the policy file, if there are any; False when dbs may not write there.

    Raises `PolicyError` when the file is written in an unusual way, `FailedError` when the disk refuses.
    """
    if not decision.work["rules"]:
        return True
    file = policy_file(services, decision.target)
    with one_writer(file):
        text = file.read_text()
        if from_text(text).digest == decision.work["digest"]:
            return True  # by somebody who approved it at the same moment, or before a crash
        return replace_file(file, edited(text, decision.work["rules"]))


def end(services: Services, decision: Decision, request: Request, choice: str, actor: Actor | None = None) -> Result:
    """Write down that a question came to nothing, and why. May be done again after a crash."""
    source = decision.target
    if choice == REJECT and actor is not None:
        sentence = f"Rejected by {actor.name}. Nothing of {source} is read by that policy; its snapshot stays."
        by = (actor.id, actor.name)
        services.policies.reject(source, decision.work["digest"], by=by, summary=decision.work["summary"])
    elif choice == EXPIRED:
        sentence = f"Nobody approved the policy of {source} within {OPEN_FOR.days} days; its snapshot stays."
    else:
        sentence = (
            f"The policy of {source} is not any more what was shown, so nothing was approved. To have it looked at as "
            f"it is now: /dbs refresh {source}"
        )
    result = Result(decision.kind, "expired" if choice == EXPIRED else "refused", sentence)
    services.audit.ended(request.id, result.outcome, sentence)
    return _ended(services, decision, request, result)


def _work(found: Review, proposal: Proposal | None) -> dict[str, Any]:
    """What was shown, and what it is about. Not who asked: the same question is asked once, whoever asks."""
    shown = sorted(found.changes, key=lambda one: not one.weakens)
    since = f"what {found.base.by_name} approved at {moment(found.base.at)}" if found.base else "nothing"
    return {
        "digest": found.policy.digest,
        "file": proposal.file if proposal else found.policy.digest,
        "after": found.after,
        "since": since,
        "changes": [[shown_name(one.table, one.column), one.sentence, "weaker" if one.weakens else ""]
                    for one in shown[:_MOST]],
        "counts": [len(found.weaker), len(shown)],
        "summary": approved.summary(shown),
        "lines": list(proposal.lines) if proposal else [],
        "rules": dict(proposal.rules) if proposal else {},
        "thread": proposal.thread if proposal else "",
    }  # fmt: skip


def _post(services: Services, decision: Decision) -> None:
    """The question into the channel, or into the thread of the job that failed; the groups who may answer are called.

    What does not fit into the message goes into its thread.
    """
    slack, key, thread = services.settings.slack, _key(decision), decision.work["thread"]
    destination = {"channel": slack.channel, "calls": list(slack.privacy), "thread": thread}
    asked = question(decision)
    calls = f" To approve it: {', '.join(slack.privacy)}."
    services.outbox.put(key, "parent", destination, replace(asked, sentence=asked.sentence + calls).to_json())
    rest = decision.work["changes"][SHOWN:]
    if rest and not thread:
        missing = decision.work["counts"][1] - SHOWN - len(rest)
        more = f" {missing} more are in: dbs policy diff {decision.target}" if missing else ""
        result = Result(decision.kind, "waiting", f"The other changes.{more}", tables=(_table(rest),))
        services.outbox.put(key, "rest", {"channel": slack.channel}, result.to_json())


def _ended(services: Services, decision: Decision, request: Request, result: Result) -> Result:
    """What came of it takes the place of the question, and whoever asked hears of it."""
    shown = replace(result, sentence=f"{_said(decision)} {result.sentence}", tables=_tables(decision))
    destination = {"channel": services.settings.slack.channel, "replaces": "parent"}
    services.outbox.put(_key(decision), "end", destination, shown.to_json())
    if request.actor.face == "slack" and result.outcome != "queued":
        tell(services, _key(decision), "told", request.actor.id, result)
    return result


def _key(decision: Decision) -> str:
    """What its messages are kept under in the outbox."""
    return f"decision:{decision.id}"


def _said(decision: Decision) -> str:
    work = decision.work
    weaker, changes = work["counts"]
    if work["rules"]:
        return (
            f"{decision.asked_name} proposes rules for {len(work['lines'])} lines of the policy of {decision.target}; "
            f"{weaker or 'none'} of its changes since {work['since']} let more through."
        )
    return (
        f"{decision.asked_name} asked to refresh {decision.target}, whose policy lets more through than "
        f"{work['since']}: {weaker} of {changes} changes."
    )


def _waits(services: Services, decision: Decision) -> str:
    groups = " or ".join(services.settings.slack.privacy) or "[slack] privacy, which names nobody"
    return (
        f"{_said(decision)} Since {moment(decision.asked_at)} that waits for {groups}, asked in "
        f"{services.settings.slack.channel}; the refresh is queued when somebody approves."
    )


def _tables(decision: Decision) -> tuple[Table, ...]:
    lines = tuple((line,) for line in decision.work["lines"])
    changes = decision.work["changes"][:SHOWN]
    return (*((Table("Lines", ("policy",), lines),) if lines else ()), *((_table(changes),) if changes else ()))


def _table(changes: Sequence[Sequence[str]]) -> Table:
    return Table("Changes", ("column", "what", ""), tuple((one[0] or "policy", one[1], one[2]) for one in changes))
