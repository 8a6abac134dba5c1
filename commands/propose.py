"""`propose`: a schema change without a pull request; it is rehearsed, and then waits for an approver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from commands.command import Command
from commands.interface import Request, Result
from commands.migrate_test import read
from commands.parsing import option, rest
from commands.rehearsing import of_sql, start
from commands.services import Services
from commands.targets import find_project
from dbs.errors import RefusedError, UsageError

FILE = "proposal.sql"
MOST_REASON = 500


@dataclass(frozen=True)
class ProposeArguments:
    """What is proposed; in Slack a window asks for all of it."""

    project: str | None = option("--project", "whose database it is about, when there are several", faces=("cli",))
    reason: str | None = option("--reason", "why it is to be done", faces=("cli",))
    file: str = rest("the file with the SQL", faces=("cli",))


def run(services: Services, request: Request, arguments: ProposeArguments) -> Result:
    """Queue the rehearsal of a file; in Slack the window does that."""
    if request.actor.face != "cli":
        raise UsageError("Type /dbs propose and nothing else: a window opens for the SQL and the reason.")
    if not arguments.file:
        raise UsageError('Which file? Write: dbs propose --project shop --reason "why" FILE')
    _, text = read(Path(arguments.file).expanduser())
    return propose(services, request, arguments.project or only_project(services), text, arguments.reason or "")


def propose(services: Services, request: Request, project: str, sql: str, reason: str) -> Result:
    """Queue the rehearsal of what somebody proposes; it is asked about when that has passed.

    Raises `RefusedError` without SQL or a reason, `UsageError` for a project that there is not.
    """
    find_project(services, project)
    if not sql.strip():
        raise RefusedError("There is no SQL in it, so there is nothing to propose.")
    if not reason.strip():
        raise RefusedError("Say why this is to be done: without a reason nobody can approve it.")
    who = {"author_id": request.actor.id, "author_name": request.actor.name}
    wanted = of_sql(project, [(FILE, sql)], " ".join(reason.split())[:MOST_REASON], proposal=True, **who)
    return start(services, request, wanted)


def only_project(services: Services) -> str:
    """The project where there is but one. Raises `UsageError`."""
    known = list(services.settings.project)
    if len(known) != 1:
        raise UsageError(f"For which project? Add --project and one of: {', '.join(known) or 'none'}.")
    return known[0]


COMMAND = Command(
    name="propose",
    summary="propose a schema change without a pull request: rehearsed, then approved",
    arguments=ProposeArguments,
    role="operator",
    run=run,
    example="/dbs propose",
)
