"""Whether a dump belongs to the server it is to be loaded into: an instance runs its source's engine and series."""

from __future__ import annotations

from commands.services import Services
from commands.targets import instances_of
from dbs.dumps.compatibility import Loss, losses
from dbs.dumps.interface import DumpFile
from dbs.dumps.reading import read
from dbs.errors import RefusedError
from dbs.mysql.version import ServerVersion, parse


def check(services: Services, source: str, file: DumpFile) -> None:
    """Refuse a dump of another engine or series than the server of an instance has; name what breaks there.

    With `engine_mismatch = "allow"` only what breaks is refused. A dump that does not say which server wrote it is
    let through: a statement that its server does not take fails the import, and the old state serves.
    """
    written_by = parse(file.server_version or "")
    if written_by is None:
        return
    for provider in sorted({target.settings.provider for target in instances_of(services, source)}):
        server = parse(services.providers[provider].describe().get("engine", ""))
        if server is not None and not server.same_series(written_by):
            _judge(services, source, provider, file, written_by, server)


def _judge(
    services: Services, source: str, provider: str, file: DumpFile, written_by: ServerVersion, server: ServerVersion
) -> None:
    lost = losses(read(file.path), server)
    broken = [loss for loss in lost if not loss.feature.quiet]
    changed = [loss for loss in lost if loss.feature.quiet]
    allowed = services.settings.source[source].engine_mismatch == "allow"
    if allowed and not broken:
        return
    parts = [f"{file.path.name} was written by {written_by}, and provider {provider} runs {server}."]
    parts += [_list("What breaks there", broken)] if broken else []
    parts += [_list("What it would quietly change", changed)] if changed else []
    parts += [] if lost else ["Nothing in the dump is known to break there."]
    advice = f"Give the provider the basedir of a {written_by.series_name}"
    parts.append(f"{advice}." if broken else f'{advice}, or source {source} engine_mismatch = "allow".')
    raise RefusedError(" ".join(parts))


def _list(beginning: str, lost: list[Loss]) -> str:
    return f"{beginning}: {'; '.join(map(str, lost))}."
