"""`report`: how things stand and what happened since the last report; `report now` posts it into the channel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import nearest, word
from commands.reporting.interface import Line, Period, Topic
from commands.reporting.topics import TOPICS
from commands.services import Services
from commands.texts import moment
from dbs.errors import DbsError, UsageError
from dbs.state import now, stamp

PART = "report"
_FIRST = timedelta(days=1)
"""What the first report looks back on."""


@dataclass(frozen=True)
class ReportArguments:
    """Nothing: show it to whoever asks. `now`: post it."""

    now: str = word('"now" posts it into the channel; without it only you see it', default="")


def run(services: Services, request: Request, arguments: ReportArguments) -> Result:
    """Look at all topics; show the report, or put it into the outbox."""
    if arguments.now not in ("", "now"):
        given = arguments.now
        raise UsageError(f"{given!r} is not understood.{nearest(given, ['now'])} Usage: report [now]")
    until = now()
    result = made(services, Period(_since(services, until), until))
    if not arguments.now:
        return result
    channel = services.settings.slack.channel
    # Whoever comes second with the same key finds the place taken: each is posted once.
    services.outbox.put(key(request.id), PART, {"channel": channel, "until": until}, result.to_json())
    return Result("report", "done", f"The report goes to {channel}.")


def key(request_id: str) -> str:
    """What a report is known by in the outbox: `report:2026-11-20` for that day's, however often it was tried."""
    dated = re.fullmatch(r"(report:\d{4}-\d\d-\d\d)(?::\d+)?", request_id)
    return dated[1] if dated else request_id


def made(services: Services, period: Period, topics: tuple[Topic, ...] = TOPICS) -> Result:
    """The report: one line when there is nothing to say, else all topics that have lines."""
    found = {topic.title: _looked(services, period, topic) for topic in topics}
    weights = [line.weight for lines in found.values() for line in lines]
    if set(weights) <= {"plain"}:
        count = len(services.settings.instance)
        runs = "the one instance runs" if count == 1 else f"all {count} instances run"
        return Result("report", "done", f"Nothing changed since {moment(period.since)}; {runs}.")
    trouble = weights.count("trouble")
    needs = {0: "nothing needs", 1: "one thing needs"}.get(trouble, f"{trouble} things need")
    facts = {title: "\n".join(line.text for line in lines) for title, lines in found.items() if lines}
    return Result("report", "done", f"Report since {moment(period.since)}: {needs} attention.", facts)


def _looked(services: Services, period: Period, topic: Topic) -> list[Line]:
    """A topic that cannot be looked at is said so: it is not nothing."""
    try:
        return topic.lines(services, period)
    except DbsError as error:
        return [Line(f"could not be looked up. {error}", "trouble")]


def _since(services: Services, until: str) -> str:
    """Where the last report that was posted ended; that time if the clock was set back behind it."""
    last = services.outbox.latest(PART)
    if last is None:
        return stamp(datetime.fromisoformat(until) - _FIRST)
    return min(str(last.destination.get("until", last.created_at)), until)


COMMAND = Command(
    name="report",
    summary="show how things stand and what happened; with now, post it into the channel",
    arguments=ReportArguments,
    role="operator",
    run=run,
    example="/dbs report now",
)
