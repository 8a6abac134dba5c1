"""`dbs shell`: the channel in a terminal, as requester, approver or outsider, on a running playground."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("shell", help="The chat in a terminal: type in a playground's channel as anybody.")(shell)


def shell(
    page: Annotated[
        str, typer.Argument(help="the address of the playground's page, as the demo prints it", envvar="DBS_PLAYGROUND")
    ],
    user: Annotated[str, typer.Option("--as", help="who to be at first: rita, adam or otto")] = "rita",
    channel: Annotated[str, typer.Option("--channel", help="where to type")] = "databases",
) -> None:
    """Read lines and show what the channel, its threads and this person see, until `quit` or the end of input."""
    # Here: the playground is a tenth of the memory of every process of dbs, and of no use to the others.
    from rich.console import Console

    from cli.shell.remote import Remote
    from cli.shell.shell import Shell

    Shell(Remote(page), Console(soft_wrap=True), user, channel).run()
