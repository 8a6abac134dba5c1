"""How old the newest snapshot of each source is, and whether that is older than it may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from commands.interface import Result
from commands.services import Services
from commands.targets import instances_of
from commands.texts import age, hours

PART = "age"


@dataclass(frozen=True)
class SourceAge:
    """`data_state_at` of the newest snapshot that people can be put on; `limit` is the source's `max_age`."""

    source: str
    data_state_at: str
    limit: timedelta | None
    now: datetime

    @property
    def seconds(self) -> float:
        """How old it is; never negative."""
        return max(0.0, (self.now - datetime.fromisoformat(self.data_state_at)).total_seconds())

    @property
    def too_old(self) -> bool:
        """Whether it is older than it may be."""
        return self.limit is not None and self.seconds > self.limit.total_seconds()

    @property
    def sentence(self) -> str:
        """`shop is 31 h old, older than its 26 h`; without the limit when it keeps to it."""
        text = f"{self.source} is {age(self.data_state_at, self.now)}"
        return f"{text}, older than its {hours(self.limit)}" if self.limit and self.too_old else text


def ages(services: Services, now: datetime | None = None) -> list[SourceAge]:
    """The age of each source that has a snapshot; where several providers have some, of the one that is behind."""
    at = now or datetime.now(UTC)
    found = []
    for name, source in services.settings.source.items():
        used = sorted({target.settings.provider for target in instances_of(services, name)})
        newest = [services.catalog.list(name, provider)[:1] for provider in used]
        if newest and all(newest):
            oldest = min(one.data_state_at for (one,) in newest)
            found.append(SourceAge(name, oldest, source.max_age, at))
    return found


def alert(services: Services, now: datetime | None = None) -> int:
    """Tell the channel when a source has become too old, and when it is good again; returns how many messages.

    The message before it, whose number is part of the key, says what the channel knows: each crossing is told of once,
    also by two schedulers, and whatever the clock does.
    """
    told = 0
    for one in ages(services, now):
        part = f"{PART}:{one.source}"
        last = services.outbox.latest(part)
        known = last is not None and last.destination.get("state") == "too old"
        if one.too_old == known:
            continue
        key = f"{part}:{last.id if last else 0}"
        state = "too old" if one.too_old else "good"
        destination = {"channel": services.settings.slack.channel, "state": state}
        told += services.outbox.put(key, part, destination, _message(one).to_json())
    return told


def _message(one: SourceAge) -> Result:
    if one.too_old:
        return Result("status", "failed", f"{one.sentence}. Renew it: /dbs refresh {one.source}")
    return Result("status", "done", f"{one.sentence}: no longer too old.")
