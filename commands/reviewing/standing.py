"""How far each review is, as a commit status at GitHub. Told once for each state; what GitHub lost is told again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import structlog

from commands.reviewing import questions
from commands.reviewing.changes import of_report
from commands.reviewing.interface import APPROVE, CONTEXT, OPEN_FOR, PASSED, REJECT, now_less
from commands.services import Services
from dbs.decisions import Decision
from dbs.errors import DbsError
from dbs.github import Status, open_github
from dbs.github.interface import GithubBusyError, State
from dbs.rehearsals import Rehearsal, Rehearsals

log = structlog.get_logger()

_WORST: tuple[State, ...] = ("failure", "error", "pending", "success")
"""Of several projects in one repository that speak of one commit, the worst is what it stands at."""


@dataclass(frozen=True)
class Standing:
    """How far the review of a commit is. `about` names what it is about, so that the same words are told again."""

    repository: str
    number: int
    head: str
    state: State
    description: str
    about: str
    taken_back: bool = False


def statuses(services: Services) -> int:
    """Tell GitHub how far each review is, as a commit status; returns how many were told. For the scheduler."""
    told, busy = 0, set[str]()
    for one in _due(services):
        if one.repository in busy:
            continue
        try:
            told += _tell(services, one)
        except GithubBusyError as error:
            busy.add(one.repository)
            log.warning("GitHub is told of a review later", repository=one.repository, reason=str(error))
        except DbsError as error:
            # A right that is missing does not come by asking every half minute: it is asked for again tomorrow.
            services.seen.once(_key(one))
            log.warning("GitHub was not told of a review", repository=one.repository, reason=str(error))
    return told


def _due(services: Services) -> list[Standing]:
    """The worst of each commit, unless that was told."""
    found: dict[tuple[str, str], Standing] = {}
    for one in _all(services):
        known = found.get((one.repository, one.head))
        if known is None or _WORST.index(one.state) < _WORST.index(known.state):
            found[one.repository, one.head] = one
    return [one for one in found.values() if services.seen.answer(_key(one)) is None]


def _all(services: Services) -> Iterator[Standing]:
    """Of open pull requests as they were rehearsed last; of other commits what came of the question about them."""
    since = now_less(2 * OPEN_FOR)
    for name, project in services.settings.project.items():
        if project.repository is None:
            continue
        decisions = [each for each in questions.asked(services, name) if each.work["number"] is not None]
        newest = services.rehearsals.open_heads(name)
        yield from (found for one in newest if (found := _of_rehearsal(services, one, decisions)) is not None)
        heads = {one.head for one in newest}
        last = {each.work["head"]: each for each in decisions if each.asked_at > since}
        yield from (_of_decision(services, each) for head, each in last.items() if head not in heads)


def _of_rehearsal(services: Services, one: Rehearsal, decisions: Sequence[Decision]) -> Standing | None:
    """None for one that nobody can say anything of: it was stopped because of something newer."""
    if one.verdict == "superseded" or not one.about.get("repository"):
        return None
    if one.ended_at is None:
        return _standing(one, "pending", "waits for the end of the rehearsal")
    if one.verdict not in PASSED:
        return _standing(one, "failure", f"the rehearsal says: {one.verdict}")
    bound = _bound(services.rehearsals, one.id)
    if bound is None:
        return _standing(one, "success", "no schema change to review")
    decision = next((each for each in reversed(decisions) if questions.binding(each) == bound), None)
    return (
        _standing(one, "pending", "waits to be asked about") if decision is None else _of_decision(services, decision)
    )


@lru_cache(1_000)
def _bound(rows: Rehearsals, rehearsal_id: str) -> questions.Binding | None:
    """What a question about it is bound to; None when it changes no schema. What has ended does not change any more."""
    one = rows.get(rehearsal_id)
    return questions.bound_to(one) if one is not None and of_report(one.report) else None


def _standing(one: Rehearsal, state: State, description: str) -> Standing:
    return Standing(str(one.about["repository"]), int(one.number or 0), one.head, state, description, one.id)


def _of_decision(services: Services, one: Decision) -> Standing:
    work = one.work
    taken_back = questions.is_void(services, one)
    if taken_back:
        state, description = _error("void: this is not what would be merged any more")
    elif one.choice is None:
        state, description = "pending", f"waits for an approver, asked in Slack in {services.settings.slack.channel}"
    elif one.choice == APPROVE:
        state, description = "success", _said(services, one).partition(f": {work['named']} at ")[0] or "approved"
    elif one.choice == REJECT:
        state, description = "failure", _said(services, one) or "rejected"
    else:
        state, description = _error(f"expired: nobody approved it within {OPEN_FOR.days} days")
    about = f"{one.id}"
    return Standing(work["repository"], work["number"], work["head"], state, description, about, taken_back)


def _error(description: str) -> tuple[State, str]:
    return "error", description


def _said(services: Services, one: Decision) -> str:
    """`approved by Dora: …`, as it was recorded."""
    sentence = services.audit.find(one.request_id)[-1].detail
    return sentence[:1].lower() + sentence[1:]


def _tell(services: Services, one: Standing) -> bool:
    with open_github(services.settings) as opened:
        if not (one.taken_back and opened.github.pull(one.repository, one.number).merged):
            url = services.settings.web.public_url
            opened.github.status(one.repository, Status(one.head, CONTEXT, one.state, one.description, url))
    services.seen.once(_key(one))
    return True


def _key(one: Standing) -> str:
    """A question has its own, so that one that is asked again is told of again."""
    said = hashlib.sha256(one.description.encode()).hexdigest()[:12]
    return f"review status:{one.repository}:{one.head}:{one.about}:{one.state}:{said}"
