"""How old the data of each instance is, and whether it runs."""

from __future__ import annotations

from datetime import datetime

from commands.reporting.interface import Line, Period
from commands.services import Services
from commands.targets import Target, find_instance
from commands.texts import age, hours, moment
from dbs.snapshots.interface import SnapshotError


def lines(services: Services, period: Period) -> list[Line]:
    """One line for each instance of the configuration."""
    return [_line(services, find_instance(services, name), period) for name in services.settings.instance]


def _line(services: Services, target: Target, period: Period) -> Line:
    name, source = target.name, target.settings.source
    try:
        status = target.provider.inspect(name)
        services.catalog.sync(target.settings.provider, target.provider)
    except SnapshotError as error:
        return Line(f"{name}: could not be looked up. {error}", "trouble")
    if status.state == "empty":
        return Line(f"{name}: no snapshot yet. Make one: /dbs refresh {source}", "trouble")
    if status.state != "running":
        return Line(f"{name}: {status.state}. Put it back: /dbs restore {name}", "trouble")
    manifest = services.catalog.get(status.snapshot_id or "")
    if manifest is None:
        return Line(f"{name}: runs, but its snapshot is not known. Put it back: /dbs restore {name}", "trouble")
    now = datetime.fromisoformat(period.until)
    text = f"{name}: {age(manifest.data_state_at, now)} ({moment(manifest.data_state_at)})"
    limit = services.settings.source[source].max_age
    if limit is not None and now - datetime.fromisoformat(manifest.data_state_at) > limit:
        return Line(f"{text}, older than {hours(limit)}. Renew it: /dbs refresh {source}", "trouble")
    return Line(text)
