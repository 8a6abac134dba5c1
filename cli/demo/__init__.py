"""`dbs demo`: everything on this machine, with a made-up shop for production and a stand-in for Slack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="Show dbs on this machine: a made-up shop, a stand-in for Slack, nothing else needed.")(
        demo
    )


def demo(
    once: Annotated[bool, typer.Option("--once", help="play a tour unattended and exit")] = False,
    rows: Annotated[int, typer.Option("--rows", min=100, help="orders in the made-up shop")] = 200_000,
    keep: Annotated[bool, typer.Option("--keep", help="leave the demo's data for the next time")] = False,
    home: Annotated[Path | None, typer.Option("--home", help="where the demo's data lies")] = None,
) -> None:
    """Set the demo up, then play the tour or let the newcomer type."""
    from cli.demo.prompt import type_freely  # here: the demo loads everything there is
    from cli.demo.stage import stage
    from cli.demo.tour import play

    with stage(rows, home, keep=keep) as shown:
        if once:
            play(shown)
        else:
            type_freely(shown)
