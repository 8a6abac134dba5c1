"""A review begins when a rehearsal has ended, and is void when the pull request moves on."""

from __future__ import annotations

from commands.reviewing import context, linking, questions
from commands.reviewing.changes import of_report
from commands.reviewing.interface import PASSED, is_proposal, named
from commands.services import Services
from dbs.rehearsals import Rehearsal


def begin(services: Services, rehearsal: Rehearsal) -> None:
    """Put what is known of every schema change into the rehearsal's thread, and then ask for the approval.

    For a rehearsal that has ended; may be called again after a crash, and says everything once. What could not be
    looked up is said in the thread, and never raised.
    """
    changes = of_report(rehearsal.report)
    if rehearsal.verdict not in (*PASSED, "fails") or not _is_newest(services, rehearsal):
        return
    passed = rehearsal.verdict in PASSED and bool(changes)
    if rehearsal.number is not None:
        _void_others(services, rehearsal, same_too=not passed)
    if not changes:
        return
    context.tell(services, rehearsal, changes)
    linking.link(services, rehearsal)
    if passed and (rehearsal.number is not None or is_proposal(rehearsal)):
        questions.ask(services, rehearsal)


def void(services: Services, project: str, number: int, head: str | None) -> None:
    """The pull request has another head now, or with None has ended: questions are over, approvals no longer count."""
    for decision in questions.standing(services, project, number):
        work = decision.work
        if head is None:
            questions.end_void(services, decision, f"{work['named']} was merged or closed")
        elif work["head"] != head:
            why = f"{work['named']} stands at {head[:10]} by now, and this is about {work['head'][:10]}"
            questions.end_void(services, decision, why)


def _is_newest(services: Services, one: Rehearsal) -> bool:
    """Whether the pull request still stands there: a rehearsal may end after the next push, or after the end."""
    if one.number is None:
        return True
    newest = services.rehearsals.newest(one.project, one.number)
    return newest is None or (newest.head == one.head and newest.closed_at is None)


def _void_others(services: Services, one: Rehearsal, *, same_too: bool) -> None:
    """What was asked about another commit or other migrations, or about what does not pass any more."""
    for decision in questions.standing(services, one.project, one.number or 0):
        if questions.binding(decision) != questions.bound_to(one):
            questions.end_void(services, decision, f"{named(one)} was rehearsed as it is now, at {one.head[:10]}")
        elif same_too:
            questions.end_void(services, decision, f"{named(one)} was rehearsed again, and {one.verdict}")
