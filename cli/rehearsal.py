"""A rehearsal that has ended, on the terminal or as one JSON object; its verdict is the exit code."""

from __future__ import annotations

import json
from dataclasses import replace

import typer

from cli import output
from commands.interface import Result
from commands.showing import in_full
from dbs.rehearsals import Rehearsal

_EXIT_CODES = {"passes": 0, "passes with warnings": 0, "fails": 3}
"""3: the command did its work, and the migration must not go out. Whatever else came of it is 1."""


def show(row: Rehearsal, result: Result, *, as_json: bool) -> int:
    """Print what was found; the exit code."""
    report = row.report or {}
    if as_json:
        typer.echo(json.dumps({"job": result.job_id, "head": row.head, **report}, ensure_ascii=False))
    else:
        facts, tables = in_full(report)
        output.show(replace(result, facts={**result.facts, "Verdict": str(row.verdict), **facts}, tables=tables))
    return _EXIT_CODES.get(str(row.verdict), 1)
