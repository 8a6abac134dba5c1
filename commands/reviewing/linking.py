"""Which index takes the place of which: in one change, or in two that are open at the same time.

The outage to design against: a modified index became two requests, and the removal was run without the addition.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.interface import Result
from commands.reviewing.changes import added_indexes, dropped_indexes, of_report, replaces
from commands.reviewing.interface import KIND, UNDEPLOYED, Replacement, named, now_less
from commands.services import Services
from commands.targets import find_project
from dbs.rehearsals import Rehearsal


def replacements(services: Services, one: Rehearsal) -> list[Replacement]:
    """What takes the place of the indexes that a change drops.

    Looked for in the change itself, in the other pull requests on the same source that are open, and in those that
    were closed lately: what they add may be merged and not on production yet.
    """
    return list(_between(one, [one, *_others(services, one, UNDEPLOYED)]))


def link(services: Services, one: Rehearsal) -> None:
    """Say in the threads of both what belongs together, as soon as the second of them was rehearsed."""
    others = _others(services, one, timedelta())
    for found in _between(one, [one]):
        sentence = (
            f"This change drops {found.dropped} and adds {found.added} in its place. Between the two there is a moment "
            f"without either, so it cannot be approved like this: split it. First a change that adds "
            f"{found.added.name}; when that is on production, a second one that drops {found.dropped.name}."
        )
        _say(services, one, one, found, sentence)
    for found in _between(one, others):
        _say_both(services, one, found.by, found)
    for other in others:
        for found in _between(other, [one]):
            _say_both(services, other, one, found)


def _between(dropping: Rehearsal, adding: list[Rehearsal]) -> Iterator[Replacement]:
    for dropped in dropped_indexes(of_report(dropping.report)):
        for by in adding:
            for added in added_indexes(of_report(by.report)):
                if replaces(added, dropped):
                    yield Replacement(dropped, added, by)


def _others(services: Services, one: Rehearsal, closed_for: timedelta) -> list[Rehearsal]:
    """The other pull requests on the same source; those that were closed within that time too."""
    source = find_project(services, one.project).source
    projects = [name for name, project in services.settings.project.items() if project.source == source]
    found = [other for name in projects for other in services.rehearsals.last_reports(name, now_less(closed_for))]
    return [other for other in found if (other.project, other.number) != (one.project, one.number)]


def _say_both(services: Services, dropping: Rehearsal, adding: Rehearsal, found: Replacement) -> None:
    sentence = (
        f"{found.added}, which {named(adding)} adds, takes the place of {found.dropped}, which {named(dropping)} "
        f"drops. The two belong together: {named(dropping)} cannot be approved before {found.added.name} is on "
        "production."
    )
    _say(services, dropping, adding, found, sentence)
    _say(services, adding, dropping, found, sentence)


def _say(services: Services, thread: Rehearsal, other: Rehearsal, found: Replacement, sentence: str) -> None:
    facts = {"Dropped": _shown(found.dropped), "Added": _shown(found.added)}
    if thread.id != other.id:
        facts["The other change"] = f"{named(other)}: {other.about.get('title') or 'no title'}"
    links = {"Open it": str(other.about["url"])} if thread.id != other.id and other.about.get("url") else {}
    part = f"review:link:{other.project}:{other.number or other.id}:{found.dropped}:{found.added}"
    result = Result(KIND, "waiting", sentence, facts, links=links)
    services.outbox.put(thread.id, part, {"channel": services.settings.slack.channel}, result.to_json())


def _shown(one: object) -> str:
    columns, unique = getattr(one, "columns", ()), getattr(one, "unique", False)
    return f"{one} ({', '.join(columns)}){', unique' if unique else ''}"
