"""What everybody who keeps state shares: how a time is written, and the base error."""

from __future__ import annotations

from datetime import UTC, datetime

from dbs.errors import FailedError


class StateError(FailedError):
    """The state database cannot be used; the sentence says why and what to do."""


def stamp(moment: datetime) -> str:
    """A moment as the state database writes it: ISO 8601, UTC, microseconds, `+00:00`.

    Always 32 characters, so that the order of the texts is the order of the times. Raises `ValueError` for
    a time without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def now() -> str:
    """This moment, as `stamp` writes it."""
    return stamp(datetime.now(UTC))
