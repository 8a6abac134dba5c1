"""Who holds what."""

from __future__ import annotations

from commands.reporting.interface import Line, Period
from commands.services import Services
from commands.texts import moment


def lines(services: Services, period: Period) -> list[Line]:
    """One line for each lease that is in force."""
    held = [services.leases.holder(name, period.until) for name in services.settings.instance]
    return [
        Line(
            f"{lease.instance}: {lease.holder_name} until {moment(lease.until)}"
            f"{f' ({lease.reason})' if lease.reason else ''}",
            "news",
        )
        for lease in held
        if lease is not None
    ]
