"""What all kinds of reference share: where they are looked for, and one value out of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dbs.errors import SettingsError
from dbs.settings.network import Network


class SecretError(SettingsError):
    """A secret cannot be had; the sentence names its reference and what to do, never a value."""


@dataclass(frozen=True)
class Place:
    """Where references are looked for: `base` is the directory that paths are relative to."""

    environ: Mapping[str, str] = field(repr=False)
    base: Path
    network: Network = field(default_factory=Network)


Reader = Callable[[str, Place], str]
"""The secret behind what follows the colon of a reference. Raises `SecretError`."""


def chosen(document: object, key: str, reference: str) -> str:
    """The value of a key in what a store keeps under one name. Raises `SecretError` naming the keys that are there."""
    if not isinstance(document, Mapping):
        raise SecretError(f'The secret "{reference}" has no keys: what is kept there is no JSON object.')
    if key not in document:
        there = ", ".join(sorted(map(str, document))) or "none"
        raise SecretError(f'The secret "{reference}" has no key "{key}". The keys there are: {there}.')
    value = document[key]
    # A bool is an int to Python, and no password to anybody.
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SecretError(f'The secret "{reference}" is no text.')
    return str(value)
