"""The table of commands: help, the command line, the README and the manifest are made from it or checked against it."""

from __future__ import annotations

from commands import (
    cancel,
    connect,
    dump,
    help,
    history,
    index,
    lease,
    migrate_test,
    new,
    pause,
    propose,
    refresh,
    release,
    report,
    restore,
    resume,
    retry,
    status,
)
from commands.command import Command

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        restore.COMMAND,
        new.COMMAND,
        refresh.COMMAND,
        migrate_test.COMMAND,
        cancel.COMMAND,
        retry.COMMAND,
        pause.COMMAND,
        resume.COMMAND,
        status.COMMAND,
        connect.COMMAND,
        dump.COMMAND,
        lease.COMMAND,
        release.COMMAND,
        history.COMMAND,
        index.COMMAND,
        propose.COMMAND,
        report.COMMAND,
    )
}
COMMANDS["help"] = help.make(COMMANDS)
