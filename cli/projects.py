"""What `dbs doctor` says of each project: where it is rehearsed, and whether git and GitHub are reached."""

from __future__ import annotations

from collections.abc import Iterator

from cli.findings import Finding
from commands.pulls import repositories
from commands.services import Services
from commands.targets import builds_of
from commands.work.bringing import reach
from commands.work.choosing import style_of
from dbs.errors import DbsError
from dbs.github import access

_NO_HOOK = (
    'Nothing starts by itself: set GITHUB_WEBHOOK_SECRET and a webhook to /github/webhook, or [github] poll = "2m"'
)
_NOBODY = 'Nobody can approve a pull request: say who is who with [github] people = { login = "U…" }'


def projects(services: Services) -> Iterator[Finding]:
    """Each project, and the way in for GitHub if one of them is there."""
    for name in services.settings.project:
        yield _builds(services, name)
        yield _git(services, name)
    if repositories(services):
        yield from _github(services)


def _builds(services: Services, name: str) -> Finding:
    try:
        found = builds_of(services, name)
        style_of(services.settings.project[name])
    except DbsError as error:
        return Finding(f"project {name}", "cannot be rehearsed", str(error))
    return Finding(f"project {name}", f"rehearsed on {', '.join(target.name for target in found)}")


def _git(services: Services, name: str) -> Finding:
    try:
        head = reach(services, name)
    except DbsError as error:
        return Finding(f"project {name}: git", "cannot be read", str(error))
    return Finding(f"project {name}: git", f"{services.settings.project[name].branch} stands at {head[:10]}")


def _github(services: Services) -> Iterator[Finding]:
    settings = services.settings
    found = access(settings)
    if found is None:
        advice = "Give dbs an App (GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY) or a token (GITHUB_TOKEN)."
        yield Finding("GitHub", "no credentials", advice)
        return
    yield Finding("GitHub", f"{settings.github_api}, as {'an App' if found.app_id else 'a person, with a token'}")
    hooked = settings.environment.github_webhook_secret is not None
    told = "by webhook" if hooked else "by asking" if settings.github.poll else "not told of anything"
    yield Finding("GitHub: events", told, "" if hooked or settings.github.poll else _NO_HOOK)
    people = len(settings.github.people)
    yield Finding("GitHub: people", f"{people} known in Slack", "" if people else _NOBODY)
