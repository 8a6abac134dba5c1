"""Whether an answer counts: who answers, whether it is still the same commit, and whether what it needs is there.

Everything that cannot be looked up now is a refusal: nobody approves what nobody could check.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from commands.interface import Actor
from commands.reviewing import linking, looking, questions
from commands.reviewing.interface import APPROVE, Replacement, named
from commands.services import Services
from commands.targets import find_project
from dbs.decisions import Decision
from dbs.errors import DbsError, RefusedError
from dbs.github import Pull, open_github
from dbs.rehearsals import Rehearsal


class StaleError(RefusedError):
    """What was shown is not what would be merged any more: the question is void. The text completes "Void: …"."""


def require_may(services: Services, decision: Decision, choice: str, actor: Actor) -> None:
    """Raise `RefusedError` unless this person may answer now: a member of `[slack] approvers`, in Slack.

    Whether they wrote the change themselves is asked by `require_sound`, which knows who did.
    """
    if actor.face != "slack":
        raise RefusedError("This is decided in Slack, where it is known who somebody is. Nothing was done.")
    services.access.require("approver", actor.id, actor.face)
    if choice == APPROVE and decision.work["number"] is None:
        _require_another(actor, _person(services, decision.asked_id, "on the command line", decision.asked_id))


def require_sound(services: Services, decision: Decision, actor: Actor) -> str:
    """Raise `RefusedError` when it may not be approved (yet), `StaleError` when never again; returns the reason for it.

    Asks GitHub for the pull request and production for replacements, which takes as long as they take.
    """
    one = services.rehearsals.get(decision.work["rehearsal"])
    if one is None:
        raise StaleError("its rehearsal is not known any more")
    try:
        if one.number is None:
            reason = str(decision.work["reason"])
            _require_reason(reason, "Propose it again, with one.")
        else:
            reason = _require_pull(services, decision, one, actor)
        _require_replacements(services, one)
    except RefusedError:
        raise
    except DbsError as error:
        raise RefusedError(
            f"Whether {decision.work['named']} is still what was shown cannot be asked now, so nothing was approved; "
            f"try again in a while. {error}"
        ) from error
    return reason


def _require_pull(services: Services, decision: Decision, one: Rehearsal, actor: Actor) -> str:
    with open_github(services.settings) as opened:
        pull = opened.github.pull(str(one.about["repository"]), int(one.number or 0))
    _require_current(decision, pull)
    _require_another(actor, _person(services, pull.author, "at GitHub", pull.author))
    reason = questions.reason_in(pull.body)
    _require_reason(reason, "Its author writes it into the description of the pull request; then it can be approved.")
    return reason


def _require_current(decision: Decision, pull: Pull) -> None:
    if pull.head_sha != decision.work["head"]:
        raise StaleError(
            f"{decision.work['named']} stands at {pull.head_sha[:10]} by now, and this is about "
            f"{decision.work['head'][:10]}"
        )
    if pull.state != "open":
        raise StaleError(f"{decision.work['named']} is {'merged' if pull.merged else 'closed'}")


def _person(services: Services, login: str, where: str, key: str) -> str:
    """The Slack id of whoever wrote it."""
    if where != "at GitHub" and login and not login.startswith("os:"):
        return login
    found = services.settings.github.people.get(key.lower())
    if found is None:
        raise RefusedError(
            f"Nobody knows who {login or 'that'} {where} is in Slack, so nobody can be told apart from them, and "
            f'nothing was approved. Add to dbs.toml, and start dbs anew: [github] people = {{ "{key}" = "U…" }}'
        )
    return found


def _require_another(actor: Actor, author: str) -> None:
    if actor.id == author:
        raise RefusedError("It is your own change, so somebody else of [slack] approvers has to approve it.")


def _require_reason(reason: str, what_to_do: str) -> None:
    if not reason.strip():
        raise RefusedError(f"It says nowhere why this is to be done, and nobody can judge that. {what_to_do}")


def _require_replacements(services: Services, one: Rehearsal) -> None:
    """Of everything that takes the place of an index, one has to be on all servers of the source by now."""
    source = find_project(services, one.project).source
    found = sorted(linking.replacements(services, one), key=lambda each: str(each.dropped))
    for dropped, each in groupby(found, key=lambda each: each.dropped):
        due = [replacement for replacement in each if _is_due(services, replacement)]
        lacking = list(_lacking(services, source, due))
        if due and len(lacking) == len(due):
            raise RefusedError(
                f"Blocked: {dropped} may not be dropped before its replacement is there. {'; '.join(lacking)}. "
                "Nothing was approved; it can be when that is on production."
            )


def _lacking(services: Services, source: str, due: list[Replacement]) -> Iterator[str]:
    for each in due:
        why = looking.missing(services, source, each)
        if why:
            yield f"{why}; {named(each.by)} adds it"


def _is_due(services: Services, one: Replacement) -> bool:
    """Whether it is on its way: a pull request that was given up brings nothing any more. Raises `GithubError`."""
    if one.by.closed_at is None:
        return True
    with open_github(services.settings) as opened:
        pull = opened.github.pull(str(one.by.about["repository"]), int(one.by.number or 0))
    return pull.state == "open" or pull.merged
