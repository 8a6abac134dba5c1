"""`dbs audit verify`: is the audit table as it was written?"""

from __future__ import annotations

from typing import Annotated

import typer

from cli import context, output
from commands.interface import Result

app = typer.Typer(help="The audit table.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """The audit table."""


@app.command()
def verify(
    expect: Annotated[str | None, typer.Option("--expect", help="the head hash that was noted elsewhere")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Walk the hash chain; name the first row that is not as it was written, and exit 1."""
    found = context.open_services().audit.verify(expected_head=expect)
    facts = {"Rows": str(found.rows), "Head": found.head}
    if not found.ok:
        facts["First bad row"] = str(found.first_bad)
    output.show(Result("audit", "done" if found.ok else "failed", found.reason, facts), as_json=as_json)
    if not found.ok:
        raise typer.Exit(1)
