"""The figures of a job: how long each phase took, and what a refresh made against the one before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from commands.services import Services
from commands.texts import size, took
from dbs.jobs import Job, Phase
from dbs.snapshots.interface import Manifest


def seconds_of(job: Job, phases: Sequence[Phase], now: datetime | None = None) -> dict[str, float]:
    """Phase → seconds, of those that have begun; the one that is running counts until `now`.

    A phase's time is that of its last change, so it began when the one before it ended. After a crash it is counted
    from the new start.
    """
    found: dict[str, float] = {}
    last = job.started_at
    for phase in phases:
        if phase.state != "pending" and last is not None:
            until = (now or datetime.now(UTC)) if phase.state == "running" else datetime.fromisoformat(phase.at)
            found[phase.step] = max(0.0, (until - datetime.fromisoformat(last)).total_seconds())
            last = until.isoformat()
    return found


def lasted(job: Job, now: datetime | None = None) -> str:
    """How long a job that is about to end has taken; empty when it never began."""
    if job.started_at is None:
        return ""
    return took(max(0.0, ((now or datetime.now(UTC)) - datetime.fromisoformat(job.started_at)).total_seconds()))


def growth(now: int, before: int | None) -> str:
    """` (+3.2 %)` against the last one; empty where there is nothing to compare it with."""
    return f" ({(now - before) / before * 100:+.1f} %)" if before else ""


def of_refresh(services: Services, made: Mapping[str, Manifest]) -> dict[str, str]:
    """Rows, dump and snapshot of what a refresh made (provider → snapshot), each against the one before it.

    Where there are several providers, as the first one has it; nothing for a refresh that made nothing.
    """
    for provider, manifest in made.items():
        last = services.catalog.before(provider, manifest)
        rows, rows_before = sum(manifest.rows.values()), sum(last.rows.values()) if last else None
        dump = growth(manifest.dump_bytes, last.dump_bytes if last else None)
        data = growth(manifest.data_bytes, last.data_bytes if last else None)
        return {
            "Rows": f"{rows:,}{growth(rows, rows_before)} in {len(manifest.rows)} tables",
            "Dump": f"{size(manifest.dump_bytes)}{dump}, {size(manifest.text_bytes)} of SQL",
            "Snapshot": f"{size(manifest.data_bytes)}{data}",
        }
    return {}
