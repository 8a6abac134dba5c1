"""`dbs mask`: a dump in, the same dump masked out, for whoever wants that and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

import typer

from cli import context
from commands.policies import LEAST_KEY_BYTES, mask_key, read_policy
from commands.targets import find_source
from dbs.errors import FailedError, SettingsError, UsageError
from dbs.masking.filter import Filter, schema_of
from dbs.masking.interface import Policy
from dbs.masking.policy import load
from dbs.mysql.schema import Schema
from dbs.settings.secrets import Place, is_reference, resolve

_READ_BYTES = 256 * 1024
_KEY = "where the masking key is: env:NAME or file:PATH, never the key itself"
_SCHEMA = "a dump without rows (--no-data), for tables whose masking depends on later ones"
_USAGE = "Write: mariadb-dump … | dbs mask --policy FILE --key file:PATH > masked.sql, or with --source NAME."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mask")(mask)


def mask(
    policy: Annotated[Path | None, typer.Option("--policy", help="the masking policy, a file")] = None,
    key: Annotated[str | None, typer.Option("--key", help=_KEY)] = None,
    source: Annotated[str | None, typer.Option("--source", help="take policy and key of a source of dbs.toml")] = None,
    schema: Annotated[Path | None, typer.Option("--schema", help=_SCHEMA)] = None,
) -> None:
    """Mask a dump that goes through a pipe.

    mariadb-dump … | dbs mask --policy policy/shop.toml --key file:mask.key > masked.sql

    Exit 1 when anything is not covered, not understood or cut off; what was written then ends in a line that no server
    takes. Use it with `set -o pipefail`.
    """
    if (source is None) == (policy is None) or (source is None) != (key is not None):
        raise UsageError(_USAGE)
    if sys.stdin.isatty():
        raise UsageError(f"A dump is read from standard input. {_USAGE}")
    rules, secret, patterns = _of_source(source) if source else (load(Path(policy or "")), _key(key or ""), ())
    work = Filter(rules, secret, patterns, _schema(schema))
    output = sys.stdout.buffer
    try:
        work.run(_chunks(sys.stdin.buffer), output.write)
        output.flush()
    except BrokenPipeError:
        # What is still in the buffer goes nowhere; else Python complains once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
        raise FailedError("Whoever reads the masked dump has gone; it is not whole.") from None


def _of_source(name: str) -> tuple[Policy, bytes, tuple[str, ...]]:
    services = context.open_services()
    source = find_source(services, name)
    return read_policy(services, name, source), mask_key(services, name, source), source.skip_data


def _key(reference: str) -> bytes:
    if not is_reference(reference):
        raise UsageError(
            "--key says where the key is, env:NAME or file:PATH; on a command line everybody could see it."
        )
    found = resolve(reference, Place(os.environ, Path.cwd())).get_secret_value().strip().encode()
    if len(found) < LEAST_KEY_BYTES:
        raise SettingsError(f"The masking key has fewer than {LEAST_KEY_BYTES} characters; take a random one.")
    return found


def _schema(path: Path | None) -> Schema | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return schema_of(_chunks(file))
    except OSError as error:
        raise UsageError(f"The structure in {path} cannot be read: {error.strerror}.") from None


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_READ_BYTES):
        yield chunk
