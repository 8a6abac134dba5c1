"""`dbs token`: bearer tokens for CI and Makefiles, made, listed and revoked on the machine where dbs runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import context, output
from commands.interface import Result, Table
from commands.parsing import nearest
from commands.recording import recorded
from commands.services import Services
from commands.targets import find_instance, find_source
from commands.texts import duration, moment
from dbs.errors import UsageError
from dbs.state import now, stamp

app = typer.Typer(help="Tokens for programs, such as CI and Makefiles.", no_args_is_help=True)

_KINDS = ("restore", "dump", "metrics")
_Act = Callable[[Services, str], Result]
"""What a command does, given the services and the id of who types."""

_JSON = Annotated[bool, typer.Option("--json", help="print one JSON object")]
_SCOPE = "what it is for: restore:INSTANCE, dump:SOURCE, or metrics"


@app.callback()
def token() -> None:
    """Tokens for programs, such as CI and Makefiles."""


@app.command()
def create(
    scope: Annotated[str, typer.Option("--scope", help=_SCOPE)],
    label: Annotated[str, typer.Option("--label", help="who uses it; people see this name")],
    expires: Annotated[str | None, typer.Option("--expires", help="when it ends, such as 90d; else never")] = None,
    as_json: _JSON = False,
) -> None:
    """Make a token. It is shown once and cannot be looked up again."""

    def act(services: Services, made_by: str) -> Result:
        _check(services, scope, label)
        until = stamp(datetime.now(UTC) + duration(expires)) if expires else None
        token_id, secret = services.tokens.create(scope, label.strip(), made_by, until)
        sentence = (
            f"The token {token_id} for {scope} is made. It is shown this once: keep it where only CI can read it."
        )
        facts = {"Token": secret, "Expires": moment(until) if until else "never"}
        return Result("token", "done", sentence, facts, private=True)

    words = ("token", "create", "--scope", scope, "--label", label, *(("--expires", expires) if expires else ()))
    _show(_recorded("create", scope, words, act), as_json=as_json)


@app.command("list")
def list_tokens(as_json: _JSON = False) -> None:
    """Show all tokens, without their secrets."""

    def act(services: Services, _: str) -> Result:
        at = now()
        rows = tuple(
            (
                one.id,
                one.label,
                one.scope,
                one.state(at),
                one.made_by,
                moment(one.made_at),
                moment(one.expires_at) if one.expires_at else "never",
                moment(one.used_at) if one.used_at else "never",
            )
            for one in services.tokens.list()
        )
        columns = ("id", "label", "scope", "state", "made by", "made", "expires", "last used")
        sentence = f"{len(rows)} tokens." if rows else "There are no tokens. Make one with: dbs token create"
        return Result("token", "done", sentence, tables=(Table("Tokens", columns, rows),) if rows else ())

    _show(_recorded("list", "", ("token", "list"), act), as_json=as_json)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="its id, as shown by: dbs token list")],
    as_json: _JSON = False,
) -> None:
    """End a token at once."""

    def act(services: Services, _: str) -> Result:
        ended = services.tokens.revoke(token_id)
        return Result("token", "done", f"The token {ended.id} ({ended.label}) is revoked; it opens nothing any more.")

    _show(_recorded("revoke", token_id, ("token", "revoke", token_id), act), as_json=as_json)


def _recorded(verb: str, target: str, words: tuple[str, ...], act: _Act) -> Result:
    """Do it with its two rows in the audit table; the secret is a fact of the result, which is not recorded."""
    services, request = context.open_services(), context.request(words)
    return recorded(services, request, f"token {verb}", target, lambda: act(services, request.actor.id))


def _check(services: Services, scope: str, label: str) -> None:
    """Raise `UsageError` for what no token can be for."""
    if not label.strip():
        raise UsageError('A token needs a label that says who uses it: --label "ci of the shop"')
    if scope == "metrics":
        return
    kind, _, name = scope.partition(":")
    find = {"restore": find_instance, "dump": find_source}.get(kind)
    if find is None or not name:
        raise UsageError(
            f"{scope!r} is no scope.{nearest(kind, _KINDS)} Write restore:INSTANCE, dump:SOURCE or metrics."
        )
    find(services, name)
    if kind == "restore" and name not in services.settings.instance:
        raise UsageError(f"{name} is somebody's own instance, which ends; a token is for one of the configuration.")


def _show(result: Result, *, as_json: bool) -> None:
    output.show(result, as_json=as_json)
    if result.outcome != "done":
        raise typer.Exit(1)
