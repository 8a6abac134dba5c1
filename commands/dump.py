"""`dump`: a link to the newest masked dump of a source, for the one who asks."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime

from commands.command import Command
from commands.downloads import link
from commands.interface import Request, Result
from commands.parsing import word
from commands.services import Services
from commands.targets import find_source
from commands.texts import age, moment, size
from dbs.dumps.interface import DumpManifest
from dbs.errors import RefusedError

_NO_ADDRESS = (
    "dbs does not know its own address; set public_url in [web] of dbs.toml to the one that people reach it at."
)


@dataclass(frozen=True)
class DumpArguments:
    """Which source."""

    source: str = word("the source whose newest dump you want")


def run(services: Services, request: Request, arguments: DumpArguments) -> Result:
    """The link, and on the machine where the dump lies its path too. The sentence, which is recorded, holds neither."""
    find_source(services, arguments.source)
    manifest = services.dumps.latest(arguments.source)
    if manifest is None:
        raise RefusedError(
            f"There is no masked dump of {arguments.source} yet. A refresh makes one: refresh {arguments.source}"
        )
    here = request.actor.face == "cli"
    address = link(services, request.actor, manifest)
    if address is None and not here:
        raise RefusedError(f"There is nothing to download from: {_NO_ADDRESS}")
    facts = _facts(services, manifest)
    if here:
        facts["File"] = str(services.dumps.path(manifest))
    until = moment((datetime.now(UTC) + services.settings.dumps.link).isoformat())
    sentence = f"The newest masked dump of {manifest.source} has the data of {moment(manifest.data_state_at)}. "
    sentence += (
        f"The link is yours alone, and opens it until {until}." if address else f"There is no link: {_NO_ADDRESS}"
    )
    links = {f"Download {manifest.file}": address} if address else {}
    return Result("dump", "done", sentence, facts, links=links, private=True)


def _facts(services: Services, manifest: DumpManifest) -> dict[str, str]:
    program = "mariadb" if "mariadb" in manifest.server_version.lower() else "mysql"
    return {
        "Data from": f"{moment(manifest.data_state_at)} ({age(manifest.data_state_at)})",
        "Holds": f"{len(manifest.rows)} tables, {sum(manifest.rows.values()):,} rows",
        "Size": f"{size(manifest.bytes_on_disk)}, unpacked {size(manifest.text_bytes)}",
        "Masked": manifest.masked,
        "SHA-256": manifest.sha256,
        "Load it": f"zstd -dc {shlex.quote(manifest.file)} | {program} {shlex.quote(manifest.database)}",
    }


COMMAND = Command(
    name="dump",
    summary="get a link to the newest masked dump, for you alone",
    arguments=DumpArguments,
    role="operator",
    run=run,
    example="/dbs dump shop",
    target="source",
)
