"""What becomes of pull requests by themselves: told by GitHub's webhook, or found by asking now and then.

A message in Slack comes only when a migration is touched: until the job has looked nobody hears of it.
"""

from __future__ import annotations

import time

import structlog

from commands import reviewing
from commands.interface import Actor, Request, Result
from commands.recording import recorded
from commands.rehearsing import KIND, Wanted, fresh_try, of_pull, stands_elsewhere, supersede
from commands.services import Services
from commands.targets import builds_of
from dbs.errors import RefusedError
from dbs.github import open_github
from dbs.github.interface import GithubError, Pull
from dbs.github.webhook import Event, PullClosed, PullOpened, PullPushed, PullReopened, RerunAsked
from dbs.jobs import JobRequest

log = structlog.get_logger()
_POLLED = "github:polled"

_GITHUB = Actor("github", "GitHub", "http")


def repositories(services: Services) -> list[str]:
    """The repositories on GitHub that have a project."""
    return [one.repository for one in services.settings.project.values() if one.repository is not None]


def react(services: Services, event: Event) -> None:
    """What an event means. It may come twice, late and out of order: what is started is started once."""
    for project in _projects(services, event.repository):
        if isinstance(event, RerunAsked):
            _rerun(services, project, event)
        elif isinstance(event, PullClosed):
            _closed(services, project, event.number)
        elif isinstance(event, PullOpened | PullPushed | PullReopened):
            if isinstance(event, PullReopened):
                services.rehearsals.reopen(project, event.number)
            _heard_of(services, project, event.number, event.head_sha)


def poll_due(services: Services) -> int:
    """Look at the open pull requests once in each `[github] poll`, whoever else looks; see `poll`."""
    every = services.settings.github.poll
    if every is None or not repositories(services):
        return 0
    turn = f"{_POLLED}:{int(time.time() // every.total_seconds())}"
    return poll(services) if services.seen.answer(turn) is None and services.seen.once(turn) else 0


def poll(services: Services) -> int:
    """Look at the open pull requests of all repositories; returns how many stand at a commit that is new to dbs.

    A repository that cannot be asked is left for the next look.
    """
    new = 0
    with open_github(services.settings) as opened:
        for repository in dict.fromkeys(repositories(services)):
            try:
                pulls = opened.github.open_pulls(repository)
            except GithubError as error:
                log.warning("pull requests were not looked at", repository=repository, reason=str(error))
                continue
            new += sum(_polled(services, project, pulls) for project in _projects(services, repository))
    return new


def _polled(services: Services, project: str, pulls: list[Pull]) -> int:
    open_now = {pull.number for pull in pulls}
    for known in services.rehearsals.of_open_pulls(project):
        if known.number is not None and known.number not in open_now:
            _closed(services, project, known.number)
    fresh = [pull for pull in pulls if not _is_known(services, project, pull)]
    for pull in fresh:
        _stands_at(services, project, pull.number, pull.head_sha)
    return len(fresh)


def _is_known(services: Services, project: str, pull: Pull) -> bool:
    return services.job_rows.get(of_pull(services, project, pull.number, pull.head_sha).key) is not None


def _heard_of(services: Services, project: str, number: int, head: str) -> None:
    """An event names this commit. It may be late: before it takes the place of another one, GitHub is asked.

    When that cannot be asked nothing is stopped: the job of each commit asks once more, and so does every approval.
    """
    if not stands_elsewhere(services, project, number, head):
        _stands_at(services, project, number, head)
        return
    try:
        with open_github(services.settings) as opened:
            pull = opened.github.pull(str(services.settings.project[project].repository), number)
    except GithubError as error:
        log.warning("the head of a pull request is not known", number=number, reason=str(error))
        wanted = of_pull(services, project, number, head)
        _begin(services, wanted, wanted.key, _GITHUB)
    else:
        _stands_at(services, project, number, pull.head_sha)


def _stands_at(services: Services, project: str, number: int, head: str) -> None:
    """A pull request has this commit now."""
    wanted = of_pull(services, project, number, head)
    known = services.rehearsals.newest(project, number)
    if known is not None and known.head != head:
        reviewing.void(services, project, number, head)
    supersede(services, project, number, head)
    _begin(services, wanted, wanted.key, _GITHUB)


def _closed(services: Services, project: str, number: int) -> None:
    services.rehearsals.close(project, number)
    supersede(services, project, number, None)
    reviewing.void(services, project, number, None)


def _rerun(services: Services, project: str, event: RerunAsked) -> None:
    """The same commit once more. What comes from a fork needs an operator's word, whoever may write at GitHub."""
    found = [one for one in services.rehearsals.of_head(project, event.head_sha) if one.number is not None]
    if not found:
        return
    number, is_fork = int(found[0].number or 0), bool(found[0].about.get("fork"))
    wanted = of_pull(services, project, number, event.head_sha, word=is_fork and _is_operator(services, event.by))
    job_id = fresh_try(services, wanted.key)
    if job_id is not None:
        _begin(services, wanted, job_id, Actor(f"github:{event.by}", f"{event.by} at GitHub", "http"))


def _is_operator(services: Services, login: str) -> bool:
    person = services.settings.github.people.get(login.lower())
    try:
        services.access.require("operator", person or "", "slack")
    except RefusedError:
        return False
    return True


def _begin(services: Services, wanted: Wanted, job_id: str, actor: Actor) -> None:
    """Queue it once; while dbs is paused it waits in the queue."""
    request = Request(job_id, actor, ("migrate-test", wanted.target))

    def act() -> Result:
        builds_of(services, wanted.project)
        work = {**wanted.work, "quiet": True, "plan": dict(wanted.facts)}
        job = services.jobs.submit(
            JobRequest(job_id, KIND, wanted.target, work, actor.id, actor.name, request_id=job_id)
        )
        return Result(KIND, "queued", f"Queued as job {job.number}.", job_id=job.id)

    recorded(services, request, "migrate-test", wanted.target, act)


def _projects(services: Services, repository: str) -> list[str]:
    """There may be several projects in one repository."""
    return [name for name, one in services.settings.project.items() if one.repository == repository]
