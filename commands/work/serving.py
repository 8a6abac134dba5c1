"""What people still have when a refresh failed, to be said before anything else."""

from __future__ import annotations

from datetime import UTC, datetime

from commands.services import Services
from commands.targets import Target, instances_of
from commands.texts import age, moment


def still_serving(services: Services, source: str, now: datetime | None = None) -> str:
    """`shared and builds still serve the data of 2026-11-19 01:00 UTC (14 h old).`; empty when nothing is there yet.

    Never fails: what cannot be looked at is told of by the snapshot that is there for it.
    """
    at = now or datetime.now(UTC)
    by_state: dict[str, list[str]] = {}
    for target in instances_of(services, source):
        data_state_at = _data_state(services, target)
        if data_state_at is not None:
            by_state.setdefault(data_state_at, []).append(target.name)
    parts = [f"{_listed(names)} the data of {moment(state)} ({age(state, at)})" for state, names in by_state.items()]
    return f"{'; '.join(parts)}." if parts else ""


def _data_state(services: Services, target: Target) -> str | None:
    if target.status.state == "unknown":
        newest = services.catalog.list(target.settings.source, target.settings.provider)[:1]
        return newest[0].data_state_at if newest else None
    held = services.catalog.get(target.status.snapshot_id) if target.status.snapshot_id else None
    return held.data_state_at if held else None


def _listed(names: list[str]) -> str:
    """`shared still serves`, `shared, builds and experimental still serve`."""
    if len(names) == 1:
        return f"{names[0]} still serves"
    return f"{', '.join(names[:-1])} and {names[-1]} still serve"
