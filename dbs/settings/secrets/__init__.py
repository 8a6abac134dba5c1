"""Secrets by reference: the configuration says where a secret is, this reads it when it is needed.

A new kind is a file with one `Reader`, and a line in `READERS`. Start with `interface.py`.
"""

from __future__ import annotations

from pydantic import SecretStr

from dbs.settings.secrets import aws, local, vault
from dbs.settings.secrets.interface import Place, Reader, SecretError

READERS: dict[str, Reader] = {
    "env": local.from_environment,
    "file": local.from_file,
    "aws-sm": aws.read,
    "vault": vault.read,
}
"""What stands before the first colon of a reference → who reads it."""

__all__ = ["READERS", "Place", "SecretError", "is_reference", "resolve"]


def resolve(reference: str | SecretStr, place: Place) -> SecretStr:
    """The secret that a reference names: `env:NAME`, `file:PATH` (relative to `place.base`), `aws-sm:NAME#key`,
    `vault:PATH#key`, else the text itself.

    Raises `SecretError` when there is no such secret, when it may not be read, and when others may read its file. No
    sentence holds the secret.
    """
    text = _text(reference)
    kind, _, name = text.partition(":")
    return SecretStr(READERS[kind](name, place)) if is_reference(text) else SecretStr(text)


def is_reference(text: str | SecretStr) -> bool:
    """Whether this names a secret, and is not one itself."""
    kind, colon, _ = _text(text).partition(":")
    return bool(colon) and kind in READERS


def _text(reference: str | SecretStr) -> str:
    return reference.get_secret_value() if isinstance(reference, SecretStr) else reference
