"""`history`: who asked for what, from the audit table."""

from __future__ import annotations

from dataclasses import dataclass

from commands.command import Command
from commands.interface import Request, Result, Table
from commands.parsing import nearest, option, rest
from commands.services import Services
from commands.texts import moment
from dbs.errors import UsageError

SHOWN = 20
DETAIL = 140
"""Characters of what came of it: a refresh says its data, rows and seconds in so many."""
_OUTCOMES = ("done", "refused", "failed", "cancelled", "expired")


@dataclass(frozen=True)
class HistoryArguments:
    """`filter` is matched against everything; the options each against one thing."""

    filter: str = rest("only rows with these words")
    who: str | None = option("--who", "only what this person asked for")
    what: str | None = option("--what", "only this command, or what it was about")
    outcome: str | None = option("--outcome", f"only what ended so: {', '.join(_OUTCOMES)}")


def run(services: Services, request: Request, arguments: HistoryArguments) -> Result:
    """The newest audit rows, newest first."""
    wanted = arguments.outcome
    if wanted is not None and wanted.lower() not in _OUTCOMES:
        near = nearest(wanted, _OUTCOMES)
        raise UsageError(f"There is no outcome {wanted!r}.{near} There are: {', '.join(_OUTCOMES)}.")
    events = services.audit.history(
        words=arguments.filter or None,
        limit=2 * SHOWN,
        who=arguments.who,
        what=arguments.what,
        outcome=wanted,
    )
    ended = {event.request_id for event in events if event.outcome != "received"}
    shown = [event for event in events if event.outcome != "received" or event.request_id not in ended][:SHOWN]
    rows = tuple(
        (str(e.id), moment(e.at), e.actor_name, f"{e.command} {e.target}".strip(), e.outcome, e.detail[:DETAIL])
        for e in shown
        if e.request_id != request.id
    )
    about = _about(arguments)
    sentence = f"The last {len(rows)} entries{about}, newest first." if rows else f"Nothing is recorded{about}."
    columns = ("row", "when", "who", "what", "outcome", "detail")
    return Result("history", "done", sentence, tables=(Table("History", columns, rows),) if rows else ())


def _about(arguments: HistoryArguments) -> str:
    """` about 'shared' by 'ada'`: what was looked for."""
    looked = {" about ": arguments.filter, " by ": arguments.who, " for ": arguments.what, " ended ": arguments.outcome}
    return "".join(f"{word}{text!r}" for word, text in looked.items() if text)


COMMAND = Command(
    name="history",
    summary="show who asked for what, and what came of it",
    arguments=HistoryArguments,
    role="anyone",
    run=run,
    example="/dbs history --who ada --outcome failed",
)
