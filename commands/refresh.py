"""`refresh`: make a new snapshot of a source and roll its instances onto it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import option, word
from commands.refreshing import refuse_without_instances, start
from commands.services import Services
from commands.submitting import submit
from commands.targets import find_source
from dbs.errors import RefusedError, UsageError

_CLI = ("cli",)


@dataclass(frozen=True)
class RefreshArguments:
    """Which source; and the dump to take instead of reading it."""

    source: str = word("the source to refresh")
    from_dump: str | None = option("--from-dump", "make the snapshot from this SQL dump (.sql, .gz, .zst)", faces=_CLI)
    already_masked: str | None = option("--already-masked", "why the dump needs no masking; it is recorded", faces=_CLI)
    data_state_at: str | None = option(
        "--data-state-at", "when the dump was taken, such as 2026-11-19T01:00:00+00:00", faces=_CLI
    )


def run(services: Services, request: Request, arguments: RefreshArguments) -> Result:
    """Check what can be checked at once, then queue."""
    source = find_source(services, arguments.source)
    if arguments.from_dump is None:
        return start(services, arguments.source, request.actor, request.id)
    if not (arguments.already_masked or "").strip():
        raise RefusedError(
            "A dump is only taken as it is when somebody answers for it. If it holds no personal data, say why: "
            f'dbs refresh {arguments.source} --from-dump {arguments.from_dump} --already-masked "reason"'
        )
    refuse_without_instances(services, arguments.source)
    work = {
        "path": _path(arguments.from_dump),
        "reason": arguments.already_masked,
        "data_state_at": _time(arguments.data_state_at),
        "database": source.database,
    }
    facts = {"Dump": work["path"] or "", "Not masked by dbs, because": arguments.already_masked or ""}
    return submit(services, request, "refresh", arguments.source, work, facts)


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        utc = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day there is may not exist in UTC
        raise UsageError(f"{text!r} is not a time; write it like 2026-11-19T01:00:00+00:00.") from None
    return utc.isoformat(timespec="microseconds")


def _path(text: str) -> str:
    """The file as the worker will find it, which runs in another directory."""
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError:
        raise UsageError(f"{text!r} begins with the home of somebody who is not on this machine.") from None


COMMAND = Command(
    name="refresh",
    summary="make a new snapshot and roll the instances onto it",
    arguments=RefreshArguments,
    role="operator",
    run=run,
    example="/dbs refresh shop",
    target="source",
)
