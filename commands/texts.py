"""Times and durations as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dbs.errors import UsageError

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_SIZES = ((2**30, "GB"), (2**20, "MB"), (2**10, "kB"))
_DURATION = re.compile(r"(\d{1,4})\s*([mhd])")


def moment(iso: str) -> str:
    """`2026-11-19 01:02 UTC`."""
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def age(iso: str, now: datetime | None = None) -> str:
    """How long ago, in one unit: `14 h old`. A time in the future is `new`."""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(iso)).total_seconds()
    if seconds < 60:
        return "new"
    for unit, size in (("d", 2 * 86400), ("h", 2 * 3600)):
        if seconds >= size:
            return f"{int(seconds // _UNITS[unit])} {unit} old"
    return f"{int(seconds // 60)} min old"


def left(iso: str, now: str | None = None) -> str:
    """How long until then: `2 d 3 h left`, `2 h 10 min left`, `9 min left`; `ends now` under a minute."""
    until = datetime.fromisoformat(iso) - (datetime.fromisoformat(now) if now else datetime.now(UTC))
    minutes = max(0, int(until.total_seconds() // 60))
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        return f"{days} d {hours} h left" if hours else f"{days} d left"
    if hours:
        return f"{hours} h {minutes % 60} min left" if minutes % 60 else f"{hours} h left"
    return f"{minutes} min left" if minutes > 0 else "ends now"


def took(seconds: float) -> str:
    """`0.21 s`, `14 s`, `3 min 20 s`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def size(count: int) -> str:
    """`512 bytes`, `3.4 MB`, in powers of 1024."""
    return next((f"{count / unit:,.1f} {name}" for unit, name in _SIZES if count >= unit), f"{count} bytes")


def hours(span: timedelta) -> str:
    """`26 h`, `1.5 h`."""
    return f"{span.total_seconds() / 3600:g} h"


def duration(text: str) -> timedelta:
    """`30m`, `8h` or `2d` as a time span. Raises `UsageError`."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise UsageError(f"{text!r} is not a duration; write 30m, 8h or 2d.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
