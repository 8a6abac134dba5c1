"""`new`: an instance of one's own for a while, or a longer while for the one there is."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import word
from commands.services import Services
from commands.submitting import refuse_while_paused, submit
from commands.texts import age, duration, moment
from dbs.errors import DbsError, RefusedError
from dbs.personal import Wish
from dbs.settings import PersonalSettings


@dataclass(frozen=True)
class NewArguments:
    """What to call it, and how long it is wanted."""

    name: str = word("a name, such as bug-123")
    duration: str = word("how long, such as 30m, 8h or 2d", default="8h")


def run(services: Services, request: Request, arguments: NewArguments) -> Result:
    """Write it down and queue the making; one's own one is extended at once."""
    settings, span = _settings(services), duration(arguments.duration)
    if span > settings.longest:
        raise RefusedError(f"{settings.longest.days} days are the longest; extend it when they are over.")
    if arguments.name in services.settings.instance:
        raise RefusedError(f"{arguments.name} is one of the team's instances; choose another name.")
    refuse_while_paused(services)
    provider = services.providers[settings.provider]
    services.catalog.sync(settings.provider, provider)
    manifest = services.catalog.choose(settings.source, settings.provider, None)
    wish = Wish(
        name=arguments.name,
        owner_id=request.actor.id,
        owner_name=request.actor.name,
        source=settings.source,
        provider=settings.provider,
        expires_at=datetime.now(UTC) + span,
        ports=_free_ports(settings),
        quota=settings.per_person,
    )
    taken, fresh = services.personal.take(wish)
    if not fresh:
        return Result("new", "done", f"{taken.name} is yours until {moment(taken.expires_at)} now.")
    facts = {
        "Data from": f"{moment(manifest.data_state_at)} ({age(manifest.data_state_at)})",
        "Yours until": moment(taken.expires_at),
        "Log in": f"when it is ready, type: connect {taken.name}",
    }
    work = {"snapshot": manifest.id, "data_state_at": manifest.data_state_at, "plan": facts}
    try:
        return submit(services, request, "new", taken.name, work, facts)
    except DbsError:
        services.personal.forget(taken.name)
        raise


def _settings(services: Services) -> PersonalSettings:
    settings = services.settings.personal
    if settings is None:
        raise RefusedError("Nobody can make instances here: dbs.toml has no [personal] table with a range of ports.")
    return settings


def _free_ports(settings: PersonalSettings) -> Iterator[int]:
    """The ports of the range on which nothing else of this machine listens."""
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    for port in settings.port_range:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.bind, port))
            except OSError:
                continue
        yield port


COMMAND = Command(
    name="new",
    summary="make an instance of your own for a while, or keep it longer",
    arguments=NewArguments,
    role="operator",
    run=run,
    example="/dbs new bug-123 8h",
    target="name",
)
