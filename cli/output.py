"""Results on a terminal: sentence, facts, tables; or JSON for programs."""

from __future__ import annotations

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from commands.interface import Result

_COLOURS = {
    "done": "green",
    "queued": "cyan",
    "running": "cyan",
    "waiting": "yellow",
    "refused": "yellow",
    "failed": "red",
}


def complain(sentence: str) -> None:
    """One sentence on standard error."""
    Console(stderr=True, soft_wrap=True).print(f"[red]{escape(sentence)}[/red]")


def show(result: Result, *, as_json: bool = False) -> None:
    """Print a result: everything a person needs, or one JSON object."""
    console = Console(soft_wrap=True)
    if as_json:
        console.print_json(json.dumps(result.to_json()))
        return
    colour = _COLOURS.get(result.outcome, "white")
    console.print(f"[{colour}]{escape(result.sentence)}[/{colour}]")
    for label, text in (*result.facts.items(), *result.links.items()):
        console.print(f"  {escape(label)}: {escape(text)}")
    for table in result.tables:
        shown = RichTable(*map(escape, table.columns), title=escape(table.title), title_justify="left")
        for row in table.rows:
            shown.add_row(*map(escape, row))
        console.print(shown)
