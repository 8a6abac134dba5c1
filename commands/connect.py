"""`connect`: how to log in to an instance. The answer holds a password, so it is for one pair of eyes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from urllib.parse import quote

from commands.accounts import account, host
from commands.command import Command
from commands.interface import Request, Result
from commands.parsing import word
from commands.services import Services
from commands.targets import Target, find_own_instance
from dbs.mysql.version import MYSQL, parse


@dataclass(frozen=True)
class ConnectArguments:
    """Which instance."""

    instance: str = word("the instance to log in to")


def run(services: Services, request: Request, arguments: ConnectArguments) -> Result:
    """Address, account, and lines to paste. No secret in the sentence: that is what the audit table keeps."""
    target = find_own_instance(services, arguments.instance, request.actor)
    settings = services.settings
    who, where, port = account(settings, target.name, target.settings), host(target.settings), target.settings.port
    database = settings.source[target.settings.source].database
    # `--password` without a value asks for it: on the command line every user of the machine could read it.
    program = _client(services, target)
    client = [program, f"--host={where}", f"--port={port}", f"--user={who.user}", "--password", database]
    facts = {
        "Host": where,
        "Port": str(port),
        "User": who.user,
        "Password": who.password,
        "Database": database,
        "Client": shlex.join(client),
        "DSN": f"mysql://{quote(who.user, safe='')}:{quote(who.password, safe='')}@{where}:{port}/{quote(database)}",
    }
    sentence = f"This is how you log in to {target.name}; the client asks for the password. Keep it to yourself."
    return Result("connect", "done", sentence, facts, private=True)


def _client(services: Services, target: Target) -> str:
    """The client of the engine that runs there, which is that of the snapshot it stands on, or will stand on."""
    state = services.instances.get(target.name)
    manifest = services.catalog.get(state.snapshot_id) if state and state.snapshot_id else None
    newest = services.catalog.list(target.settings.source, target.settings.provider)[:1] if manifest is None else []
    made_by = next((parse(one.server_version) for one in (manifest, *newest) if one is not None), None)
    return "mysql" if made_by is not None and made_by.flavour == MYSQL else "mariadb"


COMMAND = Command(
    name="connect",
    summary="show address, account and a ready client line, to you alone",
    arguments=ConnectArguments,
    role="operator",
    run=run,
    example="/dbs connect shared",
    target="instance",
)
