"""The masked dumps as people and programs get them: links, downloads as the audit table tells them, and old ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from commands.interface import Actor, Table
from commands.services import Services
from commands.texts import age, moment, size
from dbs.dumps.interface import DumpManifest

DOWNLOAD = "download"
"""The word that downloads have in the audit table; nobody types it."""

LONGEST = timedelta(hours=6)
"""How long one download may take. What the audit table calls open after that was cut off with its process."""


@dataclass(frozen=True)
class Part:
    """What of a dump is sent: `length` bytes, the first of which is byte `first` of the file."""

    manifest: DumpManifest
    first: int
    length: int


def link(services: Services, actor: Actor, manifest: DumpManifest) -> str | None:
    """An address that opens a dump for a while, for one person; None without `[web] public_url`."""
    base = services.settings.web.public_url
    if base is None:
        return None
    life = services.settings.dumps.link
    ticket = services.links.make(manifest.source, manifest.id, actor.id, actor.name, life)
    return f"{base.rstrip('/')}/dumps/{quote(manifest.source)}/{quote(manifest.id)}.sql.zst?ticket={ticket}"


def begun(services: Services, actor: Actor, part: Part) -> str:
    """Record that a download begins; the id of the request, for `ended`."""
    request_id = f"{DOWNLOAD}:{uuid.uuid4().hex}"
    arguments = {"dump": part.manifest.id, "first": part.first, "length": part.length}
    services.audit.received(
        request_id=request_id,
        actor_id=actor.id,
        actor_name=actor.name,
        face=actor.face,
        command=DOWNLOAD,
        target=part.manifest.source,
        arguments=arguments,
    )
    return request_id


def ended(services: Services, request_id: str, part: Part, sent: int) -> None:
    """Record how many bytes were sent; `cancelled` when that is not all that was to be."""
    which = f"{sent} bytes of {part.manifest.id} from byte {part.first} of {part.manifest.bytes_on_disk}"
    if sent == part.length:
        services.audit.ended(request_id, "done", f"Sent {which}.")
    else:
        services.audit.ended(request_id, "cancelled", f"Broken off by the other side: sent {which}.")


def newest(services: Services) -> Table | None:
    """The newest dump of each source, for people; None when there is none at all."""
    found = [services.dumps.latest(source) for source in services.settings.source]
    rows = tuple(
        (one.source, f"{moment(one.data_state_at)} ({age(one.data_state_at)})", size(one.bytes_on_disk), one.id)
        for one in found
        if one is not None
    )
    return Table("Masked dumps", ("source", "data from", "size", "dump"), rows) if rows else None


def prune_dumps(services: Services, source: str) -> tuple[str, ...]:
    """Delete the dumps of a source that are older than `[retention] dumps`, never the newest; the ids of those deleted.

    For the end of a refresh, when nothing else is made of this source's dumps.
    """
    return services.dumps.prune(source, services.settings.retention.dumps)


def tidy_dumps(services: Services) -> None:
    """The same for all sources, and remove what refreshes that died left; for the worker's table.

    A source with a refresh under way is left alone: that may be reading an old dump, or be resumed and want its file.
    """
    busy = {job.target for job in services.job_rows.open() if job.kind == "refresh"}
    services.dumps.sweep(busy)
    for source in set(services.settings.source) - busy:
        prune_dumps(services, source)
