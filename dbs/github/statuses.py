"""Commit statuses: GitHub keeps every one that is set and shows the newest of each context."""

from __future__ import annotations

from github.CommitStatus import CommitStatus
from github.GithubObject import NotSet
from github.Repository import Repository

from dbs.github.interface import DoubtfulError, Status
from dbs.github.limits import LONGEST_STATUS, one_line
from dbs.github.trouble import not_carried_out, told


def set_status(there: Repository, name: str, status: Status) -> None:
    """Set it, unless the newest of its context says the same. Raises `GithubError`, `GithubBusyError`."""
    wanted = (status.state, one_line(status.description, LONGEST_STATUS), status.target_url or None)
    if _newest(there, name, status) == wanted:
        return
    what = f'set the status "{status.context}" of {name}@{status.head_sha[:12]}'
    try:
        with told(what, creates=True):
            made = there.get_commit(status.head_sha).create_status(
                status.state, status.target_url or NotSet, wanted[1], status.context
            )
            identifier = made.id
    except DoubtfulError:
        if _newest(there, name, status) != wanted:
            raise
        return
    if not identifier:
        raise not_carried_out(what)


def _newest(there: Repository, name: str, status: Status) -> tuple[str, str, str | None] | None:
    with told(f"list the statuses of {name}@{status.head_sha[:12]}"):
        found = there.get_commit(status.head_sha).get_statuses()  # the newest first
        return next((_facts(one) for one in found if one.context == status.context), None)


def _facts(one: CommitStatus) -> tuple[str, str, str | None]:
    return one.state, one.description or "", one.target_url or None
