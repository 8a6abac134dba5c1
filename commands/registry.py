"""The table of commands: help, the command line, the README and the manifest are made from it or checked against it."""

from __future__ import annotations

from commands import help, history, lease, refresh, release, restore, status
from commands.command import Command

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        restore.COMMAND,
        refresh.COMMAND,
        status.COMMAND,
        lease.COMMAND,
        release.COMMAND,
        history.COMMAND,
    )
}
COMMANDS["help"] = help.make(COMMANDS)
