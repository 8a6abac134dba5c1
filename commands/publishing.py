"""What GitHub is told of rehearsals: that one runs, and what came of it. Nothing is left pending there.

It is told at once where that works. What does not work in passing is tried again by the scheduler, whoever died.
"""

from __future__ import annotations

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
    told: Told = "ended" if one.ended_at is not None else "started"
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


def details_url(services: Services) -> str | None:
    """Where the page of this dbs is, if people can reach it."""
    return services.settings.web.public_url


def _tell(services: Services, opened: Opened, one: Rehearsal) -> None:
    pull = opened.github.pull(str(one.about["repository"]), int(one.number or 0))
    if one.ended_at is None:
        title = "Rehearses the migrations on last night's masked production"
        opened.reporter.started(pull, CheckStart(CHECK, one.head, one.id, title, details_url=details_url(services)))
        return
    opened.reporter.finished(pull, one.id, check_of(one, CHECK, details_url(services), url=_blob(pull, one)))


def _blob(pull: Pull, one: Rehearsal) -> str:
    """Where the files of the commit are shown."""
    return f"{pull.url.rpartition('/pull/')[0]}/blob/{one.head}"
