"""`dbs storage create`: a file system with instant copies, for hosts that have none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from commands.interface import Result
from dbs.snapshots.local import pool

app = typer.Typer(help="Storage for snapshots.", no_args_is_help=True)


@app.callback()
def storage() -> None:
    """Storage for snapshots."""


@app.command()
def create(
    size: Annotated[str, typer.Option("--size", help="how large it may grow, such as 50G")],
    at: Annotated[Path, typer.Option("--at", help="where to mount it: the root of a local provider")] = Path(
        "/var/lib/dbs"
    ),
) -> None:
    """Make a btrfs file system in a file, mounted now and after every restart. Needs root."""
    made = pool.create(at, size)
    facts = {"File": str(made.file), "Mounted at": str(made.mount), "Size": size, "In /etc/fstab": made.fstab_line}
    facts["Remove it with"] = made.removal
    output.show(Result("storage", "done", f"Copies below {at} are instant now.", facts))
