"""The verbs of the command table as commands of the command line, with the same words as in Slack."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, Field
from typing import Annotated, Any

import typer

from cli import context, output, rehearsal
from cli.follow import follow
from cli.question import answered
from commands.command import Command
from commands.dispatch import dispatch
from commands.parsing import Spelling, spellings
from commands.registry import COMMANDS

_JSON = Annotated[bool, typer.Option("--json", help="print one JSON object")]


def register(app: typer.Typer) -> None:
    """Add every command of the table."""
    for command in COMMANDS.values():
        app.command(command.name, help=f"{command.summary.capitalize()}.")(_function(command))


def _function(command: Command) -> Any:
    """A function whose signature typer can read, made from the command's arguments."""

    def run(**values: Any) -> None:
        as_json = bool(values.pop("as_json"))
        _run(command, values, as_json=as_json)

    parameters = [_parameter(one, spelling) for one, spelling in spellings(command.arguments)]
    parameters.append(inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, annotation=_JSON, default=False))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _parameter(one: Field[Any], spelling: Spelling) -> inspect.Parameter:
    annotations: dict[str, Any] = {
        "word": Annotated[str, typer.Argument(help=spelling.help)],
        "rest": Annotated[list[str] | None, typer.Argument(help=spelling.help)],
        "option": Annotated[str | None, typer.Option(spelling.name or None, help=spelling.help)],
        "flag": Annotated[bool, typer.Option(spelling.name or None, help=spelling.help)],
    }
    default = {"rest": None}.get(spelling.kind, inspect.Parameter.empty if one.default is MISSING else one.default)
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(one.name, kind, annotation=annotations[spelling.kind], default=default)


def _words(command: Command, values: dict[str, Any]) -> list[str]:
    """The values as they would be typed in Slack: one way in for all faces."""
    words: list[str] = []
    for one, spelling in spellings(command.arguments):
        value = values[one.name]
        if spelling.kind == "flag":
            words += [spelling.name] if value else []
        elif spelling.kind == "option":
            words += [spelling.name, value] if value is not None else []
        elif spelling.kind == "rest":
            words += value or []
        elif value != "":
            words.append(value)
    return words


def _run(command: Command, values: dict[str, Any], *, as_json: bool) -> None:
    services = context.open_services()
    request = context.request((command.name, *_words(command, values)))
    result = answered(services, request, dispatch(services, request))
    if result.outcome == "queued" and services.jobs.worker_is_running():
        result = follow(services, result, quiet=as_json)
    row = services.rehearsals.get(result.job_id) if result.job_id else None
    if row is not None and row.verdict is not None:
        raise typer.Exit(rehearsal.show(row, result, as_json=as_json))
    output.show(result, as_json=as_json)
    if result.outcome in ("refused", "failed", "cancelled", "expired"):
        raise typer.Exit(1)
