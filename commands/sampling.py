"""Once a day the counters of each source are looked at, so that more is known than since a server's last start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from commands.nodes import counters
from commands.services import Services
from dbs.errors import DbsError

log = structlog.get_logger()

EVERY = timedelta(hours=23)
"""A little less than a day, so that looking once an hour comes to once a day and does not slip by an hour each time."""


def sample_due(services: Services, now: datetime | None = None) -> None:
    """Look at every source that was not looked at for a day; what cannot be reached is tried again the next time."""
    if services.switches.is_paused():
        return
    at = now or datetime.now(UTC)
    for name, source in services.settings.source.items():
        last = services.index_usage.sampled_at(name)
        if last is not None and at - last < EVERY:
            continue
        try:
            nodes, not_reached = counters(services, source)
        except DbsError as error:  # a password that cannot be had: the other sources are none the worse for it
            nodes, not_reached = [], [str(error)]
        for node in nodes:
            services.index_usage.record(name, node)
        for sentence in not_reached:
            log.warning("the index counters of a server were not read", source=name, reason=sentence)
