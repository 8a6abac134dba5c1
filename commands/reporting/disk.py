"""How much room is left for snapshots."""

from __future__ import annotations

import re

from commands.reporting.interface import Line, Period
from commands.services import Services
from dbs.errors import DbsError

_GB = 2**30
_NEEDED = 1.2
"""A refresh needs room for a whole new snapshot and some more while it builds it."""


def lines(services: Services, period: Period) -> list[Line]:
    """One line for each provider; trouble when its largest snapshot would not fit once more."""
    return [_line(services, name) for name in services.providers]


def _line(services: Services, name: str) -> Line:
    try:
        free = services.providers[name].describe().get("free space", "not told")
        largest = max((one.data_bytes for one in services.providers[name].snapshots()), default=0)
    except DbsError as error:
        return Line(f"{name}: could not be looked up. {error}", "trouble")
    needed = largest * _NEEDED / _GB
    found = re.match(r"[0-9.]+(?= GB)", free)
    if found and float(found[0]) < needed:
        text = f"{name}: {free} left, but the next refresh needs about {needed:.1f} GB. Make room, or it will fail."
        return Line(text, "trouble")
    return Line(f"{name}: {free} left")
