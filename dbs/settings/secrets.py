"""Secrets by reference: the configuration says where a secret is, this reads it when it is needed."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from dbs.errors import SettingsError


def resolve(reference: str | SecretStr, environ: Mapping[str, str], base: Path) -> SecretStr:
    """The secret that a reference names: `env:NAME`, `file:PATH` (relative to `base`), else the text itself.

    Raises `SettingsError` when there is no such secret, when others may read its file, and for the kinds
    that this version does not know. No sentence holds the secret.
    """
    text = reference.get_secret_value() if isinstance(reference, SecretStr) else reference
    kind, colon, name = text.partition(":")
    if colon and kind == "env":
        return _from_environment(name, environ)
    if colon and kind == "file":
        return _from_file(base / name)
    if colon and kind in ("aws-sm", "vault"):
        raise SettingsError(f'Secrets of the kind "{kind}:" are not in this version; use "env:" or "file:".')
    return SecretStr(text)


def _from_environment(name: str, environ: Mapping[str, str]) -> SecretStr:
    if not environ.get(name):
        raise SettingsError(f"The environment variable {name} is not set; the configuration needs a secret from it.")
    return SecretStr(environ[name])


def _from_file(path: Path) -> SecretStr:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read()
        text = content.decode()
    except OSError as error:
        raise SettingsError(f"The secret in the file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        # Without the cause: its text would hold the bytes of the secret.
        raise SettingsError(f"The secret in the file {path} is not UTF-8 text.") from None
    if mode & stat.S_IROTH:
        raise SettingsError(f"Everybody may read the secret in the file {path}; run: chmod 600 {path}")
    return SecretStr(text.removesuffix("\n").removesuffix("\r"))
