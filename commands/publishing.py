"""What GitHub is told of rehearsals: that one runs, and what came of it. Nothing is left pending there.

It is told at once where that works. What does not work in passing is tried again by the scheduler, whoever died.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from commands.services import Services
from commands.showing import check_of
from dbs.errors import DbsError
from dbs.github import CheckStart, Opened, Pull, open_github
from dbs.github.interface import GithubBusyError
from dbs.rehearsals import Rehearsal, Told

log = structlog.get_logger()

CHECK = "dbs / migrate-test"


def publish(services: Services) -> int:
    """Tell GitHub everything that it does not know yet; returns how much that was. For the scheduler."""
    return sum(publish_one(services, one) for one in services.rehearsals.to_tell())


def publish_one(services: Services, one: Rehearsal) -> bool:
    """Tell of one rehearsal what is to be told now. False when that has to be tried again.

    What GitHub refuses for good (a right that is missing) is logged and not asked for again.
    """
    with _alone(services, str(one.about.get("repository") or one.project)):
        newest = services.rehearsals.get(one.id) or one
        told: Told = "ended" if newest.ended_at is not None else "started"
        return newest.told == told or _told(services, newest, told)


@contextmanager
def _alone(services: Services, repository: str) -> Iterator[None]:
    """One writer at a time: the job and the scheduler, both without a comment before them, would make two."""
    lock = services.settings.home / f"github-{repository.replace('/', '-')}.lock"
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _told(services: Services, one: Rehearsal, told: Told) -> bool:
    if one.number is None or not one.about.get("repository"):
        services.rehearsals.tell(one.id, told)
        return True
    try:
        with open_github(services.settings) as opened:
            _tell(services, opened, one)
    except GithubBusyError as error:
        log.warning("GitHub is told later", rehearsal=one.id, reason=str(error))
        return False
    except DbsError as error:
        log.warning("GitHub was not told", rehearsal=one.id, reason=str(error))
    services.rehearsals.tell(one.id, told)
    return True


def name_of(services: Services, one: Rehearsal) -> str:
    """How its check is called. Several projects in one repository have one each."""
    repository = one.about.get("repository")
    projects = [name for name, project in services.settings.project.items() if project.repository == repository]
    return CHECK if len(projects) < 2 else f"{CHECK} {one.project}"


def details_url(services: Services) -> str | None:
    """Where the page of this dbs is, if people can reach it."""
    return services.settings.web.public_url


def _tell(services: Services, opened: Opened, one: Rehearsal) -> None:
    pull = opened.github.pull(str(one.about["repository"]), int(one.number or 0))
    if one.ended_at is None:
        title = "Rehearses the migrations on last night's masked production"
        opened.reporter.started(
            pull, CheckStart(name_of(services, one), one.head, one.id, title, details_url=details_url(services))
        )
        return
    opened.reporter.finished(
        pull, one.id, check_of(one, name_of(services, one), details_url(services), url=_blob(pull, one))
    )


def _blob(pull: Pull, one: Rehearsal) -> str:
    """Where the files of the commit are shown."""
    return f"{pull.url.rpartition('/pull/')[0]}/blob/{one.head}"
