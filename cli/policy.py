"""`dbs policy`: the masking policy of a source, suggested from it, held against it, compared with an earlier one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli import context, output
from commands.approved import approved_policy
from commands.interface import Result, Table
from commands.policies import NotCoveredError, checked, open_for, read_policy
from commands.recording import recorded
from commands.services import Services
from commands.targets import find_source
from dbs.errors import RefusedError, UsageError
from dbs.masking.coverage import Problem
from dbs.masking.diff import Change, compare
from dbs.masking.interface import Policy
from dbs.masking.policy import dump, from_text, load
from dbs.masking.sampling import sample
from dbs.masking.suggest import PLEASE_CHECK, Suggestion, suggest
from dbs.masking.writing import merged_text
from dbs.mysql.schema import read_schema
from dbs.settings import Source
from dbs.sources.interface import source_errors

app = typer.Typer(help="Masking policies: what happens to every column of a source.", no_args_is_help=True)

_Source = Annotated[str, typer.Argument(metavar="SOURCE", help="a source of dbs.toml")]
_JSON = Annotated[bool, typer.Option("--json", help="print one JSON object")]
_WRITE = "the file to write; without it the policy is printed"
PSEUDONYMISED = (
    "As long as the key is kept the result is pseudonymised, not anonymous: it stays personal data (GDPR, Article 4(5) "
    "and recital 26)."
)
_HEADING = (
    'The masking policy of "{source}": what happens to every column. Written by: dbs policy suggest {source}',
    f'Go over it; lines with "{PLEASE_CHECK}" are guesses. What is not listed is never published.',
    'A column that looks personal is kept only for a reason: { mask = "keep", reason = "names of companies" }',
    PSEUDONYMISED,
)


@app.callback()
def policy() -> None:
    """Masking policies: what happens to every column of a source."""


@app.command("suggest")
def suggest_policy(
    source: _Source,
    write: Annotated[Path | None, typer.Option("--write", help=_WRITE)] = None,
    merge: Annotated[bool, typer.Option("--merge", help="keep the file, add only what it lacks")] = False,
    force: Annotated[bool, typer.Option("--force", help="replace a file that is there")] = False,
) -> None:
    """Write a policy from the live schema and a few values of each column."""
    made: list[str] = []

    def act(services: Services) -> Result:
        given = find_source(services, source)
        old = _there(write, merge=merge, force=force)
        existing = from_text(old) if old is not None else None
        suggestion = _suggestion(services, source, given, existing)
        text = _text(source, suggestion, old, existing)
        if write is None:
            made.append(text)
        else:
            _put(write, text)
        return _suggested(source, suggestion, write)

    words = ("policy", "suggest", source, *(("--write", str(write)) if write else ()))
    result = _recorded("suggest", source, words, act)
    if made:  # the policy alone goes to standard output, for a pipe
        typer.echo(made[0], nl=False)
    if not made or result.outcome != "done":
        _show(result, as_json=False)


@app.command("check")
def check_policy(source: _Source, as_json: _JSON = False) -> None:
    """Hold the policy against the live schema and a few values; exit 1 when it does not cover the source."""

    def act(services: Services) -> Result:
        given = find_source(services, source)
        read = read_policy(services, source, given)
        try:
            with open_for(services, given) as opened:
                found = checked(opened, read, given)
        except NotCoveredError as error:
            return _not_covered(source, error.problems)
        listed = sum(len(rules.columns) for rules in read.tables.values())
        sentence = f"The policy covers {source}: {len(found.schema.tables)} tables, {listed} columns. {PSEUDONYMISED}"
        emptied = (Table("Emptied", ("what",), tuple((note,) for note in found.notes)),) if found.notes else ()
        return Result("policy", "done", sentence, {"Digest": read.digest}, emptied)

    _show(_recorded("check", source, ("policy", "check", source), act), as_json=as_json)


@app.command("diff")
def diff_policy(
    source: _Source,
    against: Annotated[str, typer.Option("--against", help='an older policy file, or "approved"')] = "approved",
    as_json: _JSON = False,
) -> None:
    """Say what changed, and what of it lets more of production through; exit 1 when anything does."""

    def act(services: Services) -> Result:
        new = read_policy(services, source, find_source(services, source))
        old = _older(services, source, against)
        return _difference(source, compare(old, new), new, first=old is None)

    _show(_recorded("diff", source, ("policy", "diff", source, "--against", against), act), as_json=as_json)


def _not_covered(source: str, problems: list[Problem]) -> Result:
    rows = tuple((one.table, one.column, one.kind, one.sentence) for one in problems)
    table = Table("Not covered", ("table", "column", "kind", "what"), rows)
    sentence = f"The policy does not cover {source}: {len(rows)} problem{'s' if len(rows) > 1 else ''}."
    return Result("policy", "refused", sentence, {}, (table,))


def _older(services: Services, source: str, against: str) -> Policy | None:
    return approved_policy(services, source) if against == "approved" else load(Path(against))


def _difference(source: str, changes: list[Change], new: Policy, *, first: bool) -> Result:
    weaker = [one for one in changes if one.weakens]
    rows = tuple((one.table, one.column, "weaker" if one.weakens else "", one.sentence) for one in changes)
    tables = (Table("Changes", ("table", "column", "", "what"), rows),) if rows else ()
    if not changes:
        sentence = f"The policy of {source} is as it was."
    else:
        since = f"No policy of {source} was approved before. " if first else ""
        told = f"{len(weaker) or 'none'} of them let more of production through"
        sentence = f"{since}{len(changes)} changes in the policy of {source}; {told}."
    return Result("policy", "refused" if weaker else "done", sentence, {"Digest": new.digest}, tables)


def _there(write: Path | None, *, merge: bool, force: bool) -> str | None:
    """The text to merge with. Raises `UsageError`, `RefusedError` rather than overwrite what somebody wrote."""
    if merge and (write is None or force):
        raise UsageError("--merge needs the file: --write FILE --merge, without --force.")
    if write is None or not write.exists():
        return None
    if merge:
        return write.read_text()
    if not force:
        raise RefusedError(f"{write} is there already. Add --merge to keep its rules, or --force to replace them.")
    return None


def _suggestion(services: Services, name: str, source: Source, existing: Policy | None) -> Suggestion:
    with open_for(services, source) as opened, source_errors():
        schema = read_schema(opened.connection, opened.database)
        samples = sample(opened.connection, schema)
    return suggest(schema, samples, name, source.skip_data, existing)


def _text(source: str, suggestion: Suggestion, old: str | None, existing: Policy | None) -> str:
    heading = [line.format(source=source) if "{source}" in line else line for line in _HEADING]
    if old is None or existing is None:
        return dump(suggestion.policy, suggestion.comments, heading)
    merged = merged_text(old, existing, suggestion.policy, suggestion.comments)
    if from_text(merged) != suggestion.policy:
        raise RefusedError(
            "The file is written in a way that lines cannot be added to (inline tables, perhaps). Write the suggestion "
            "into another file, and copy what is missing."
        )
    return merged


def _put(file: Path, text: str) -> None:
    """Beside, then renamed: never half a policy."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text)
    os.replace(aside, file)


def _suggested(source: str, suggestion: Suggestion, write: Path | None) -> Result:
    guesses = sum(PLEASE_CHECK in comment for comment in suggestion.comments.values())
    where = f"is in {write}" if write else "was printed"
    sentence = f"A policy for {source} with {len(suggestion.policy.tables)} tables {where}"
    if guesses:
        sentence += f'; {guesses} of its lines say "{PLEASE_CHECK}"'
    return Result("policy", "done", f"{sentence}. Go over it, then: dbs policy check {source}")


def _recorded(verb: str, source: str, words: tuple[str, ...], act: Callable[[Services], Result]) -> Result:
    """With its two rows in the audit table: whoever looks at production is recorded, whatever for."""
    services = context.open_services()
    return recorded(services, context.request(words), f"policy {verb}", source, lambda: act(services), final=True)


def _show(result: Result, *, as_json: bool) -> None:
    output.show(result, as_json=as_json)
    if result.outcome != "done":
        raise typer.Exit(1)
