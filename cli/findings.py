"""What `dbs doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` is empty when all is well."""

    about: str
    state: str
    advice: str = ""
