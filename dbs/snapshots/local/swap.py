"""The swap of one server for another behind the same socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dbs.snapshots.interface import Manifest, Progress
from dbs.snapshots.local.front import Front
from dbs.snapshots.local.server import Place, Server


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


def swap(
    front: Front, old: Server | None, new: Swap, clock: Clock, progress: Progress, commit: Callable[[], None]
) -> Server:
    """Pause the old server, start the new one, verify it, `commit`, end the old one.

    Whatever fails before `commit` has returned: the new server is ended, the old one goes on, the error is raised.
    """
    progress("start")
    if old is not None:
        old.pause()
    started: Server | None = None
    try:
        started = front.launch(new.place, new.manifest, fresh=new.fresh)
        started.wait()
        clock.lap("start")
        progress("verify")
        front.confirm(started, new.manifest)
        clock.lap("verify")
        commit()
    except BaseException:
        if started is not None:
            started.kill()
        if old is not None:
            old.resume()
        raise
    if old is not None:
        old.kill()
    return started
