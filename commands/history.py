"""`history`: who asked for what, from the audit table."""

from __future__ import annotations

from dataclasses import dataclass

from commands.command import Command
from commands.interface import Request, Result, Table
from commands.parsing import rest
from commands.services import Services
from commands.texts import moment

SHOWN = 20


@dataclass(frozen=True)
class HistoryArguments:
    """`filter` is matched against people, commands, targets and outcomes."""

    filter: str = rest("only rows with these words")


def run(services: Services, request: Request, arguments: HistoryArguments) -> Result:
    """The newest audit rows, newest first."""
    events = services.audit.history(words=arguments.filter or None, limit=2 * SHOWN)
    ended = {event.request_id for event in events if event.outcome != "received"}
    shown = [event for event in events if event.outcome != "received" or event.request_id not in ended][:SHOWN]
    rows = tuple(
        (str(e.id), moment(e.at), e.actor_name, f"{e.command} {e.target}".strip(), e.outcome, e.detail[:80])
        for e in shown
        if e.request_id != request.id
    )
    about = f" about {arguments.filter!r}" if arguments.filter else ""
    sentence = f"The last {len(rows)} entries{about}, newest first." if rows else f"Nothing is recorded{about}."
    columns = ("row", "when", "who", "what", "outcome", "detail")
    return Result("history", "done", sentence, tables=(Table("History", columns, rows),) if rows else ())


COMMAND = Command(
    name="history",
    summary="show who asked for what, and what came of it",
    arguments=HistoryArguments,
    role="anyone",
    run=run,
    example="/dbs history shared",
)
