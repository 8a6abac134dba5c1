"""What a swap of one server for another is told, and what it tells."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from dbs.snapshots.interface import Manifest, SnapshotError
from dbs.snapshots.local.server import Place


@dataclass
class Clock:
    """Seconds of each phase of one restore; `lap` ends one, `total` counts from the beginning."""

    began: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def lap(self, phase: str) -> None:
        """The phase ends now; it began when the one before it ended."""
        self.seconds[phase] = time.perf_counter() - self.began - sum(self.seconds.values())

    def finished(self) -> dict[str, float]:
        """All phases and their `total`."""
        return {**self.seconds, "total": sum(self.seconds.values())}


@dataclass(frozen=True)
class Swap:
    """What to put in: a data directory, what must be in it, and whether anybody has written to it since."""

    place: Place
    manifest: Manifest
    fresh: bool


class OldEndedError(SnapshotError):
    """The new server could not take the old one's place, and the old one had to be ended for it to try."""
