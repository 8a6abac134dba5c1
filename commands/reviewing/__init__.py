"""The thread that knows, and the approval in it: what a reviewer has to know of a schema change, and who said yes.

Start with `interface.py`. dbs itself never runs anything on production.
"""

from __future__ import annotations

from commands.services import Services
from dbs.rehearsals import Rehearsal


def begin(services: Services, rehearsal: Rehearsal) -> None:
    """Put what is known of every schema change into the rehearsal's thread, and then ask for the approval.

    For a rehearsal that has ended; may be called again after a crash, and says everything once. What could not be
    looked up is said in the thread, and never raised.
    """


def void(services: Services, project: str, number: int, head: str | None) -> None:
    """The pull request has another head now, or with None has ended: questions are over, approvals no longer count."""


def statuses(services: Services) -> int:
    """Tell GitHub how far each review is, as a commit status; returns how many were told. For the scheduler."""
    return 0
