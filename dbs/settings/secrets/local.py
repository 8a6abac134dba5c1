"""`env:NAME` and `file:PATH`: secrets of this machine."""

from __future__ import annotations

import os
import stat

from dbs.settings.secrets.interface import Place, SecretError


def from_environment(name: str, place: Place) -> str:
    """The value of a variable. Raises `SecretError` when it is not set or empty."""
    if not place.environ.get(name):
        raise SecretError(f"The environment variable {name} is not set; the configuration needs a secret from it.")
    return place.environ[name]


def from_file(name: str, place: Place) -> str:
    """The text of a file without the end of its last line. Raises `SecretError`, also when everybody may read it."""
    path = place.base / name
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read()
        text = content.decode()
    except OSError as error:
        raise SecretError(f"The secret in the file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        # Without the cause: its text would hold the bytes of the secret.
        raise SecretError(f"The secret in the file {path} is not UTF-8 text.") from None
    if mode & stat.S_IROTH:
        raise SecretError(f"Everybody may read the secret in the file {path}; run: chmod 600 {path}")
    return text.removesuffix("\n").removesuffix("\r")
