"""How much memory each process of a refresh takes at most, with values of 16 MB: the worker and the masking ones.

Each is below 300 MB; their sum is shown, about 300 MB of which 110 are a worker that does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.support import hard_source
from tests.support.installed import Installed
from tests.support.production import children, production, settings, write_policy
from tests.support.waiting import until

pytestmark = pytest.mark.server
MOST_MB = 300
_PEAK = re.compile(r"VmHWM:\s*(\d+) kB")


@pytest.fixture
def dbs(workplace: Path, mariadb: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """An installation whose worker is a process of its own, and a production with values of 16 MB."""
    place = workplace / "memory"
    place.mkdir(mode=0o711)
    with production(["--skip-log-bin"], create=partial(hard_source.create, large=True)) as server:
        dbs = Installed(place / "home", place / "root", settings(server, place))
        try:
            for name, value in dbs.environment.items():
                monkeypatch.setenv(name, value)
            write_policy(dbs.home / "shop.toml")
            for program in ("supervise", "worker"):
                dbs.start(program)
                dbs.until_ready(program)
            yield dbs
        finally:
            dbs.close()


def _peak_mb(pid: int) -> float:
    """The most that a process has had in memory so far; 0 when it is gone."""
    with suppress(OSError):
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def test_a_refresh_stays_small(dbs: Installed, record_property: Callable[[str, object], None]) -> None:
    asked = dbs.dispatch("refresh", "shop")
    worker, peaks = dbs.pid("worker"), dict[int, float]()

    def ended() -> bool:
        for pid in (worker, *children(worker, "dbs.masking.worker")):
            peaks[pid] = max(_peak_mb(pid), peaks.get(pid, 0.0))
        return not dbs.services.job_rows.open()

    until(ended, "the refresh has ended", 180)
    job = dbs.ended(asked)
    assert job.state == "done", job.sentence
    masking = [peak for pid, peak in peaks.items() if pid != worker]
    each = ", ".join(f"{peak:.0f}" for peak in masking)
    said = f"{sum(peaks.values()):.0f} MB in all: worker {peaks[worker]:.0f}, masking {each}"
    record_property("said", said)
    assert len(masking) == 2, said
    assert max(peaks.values()) < MOST_MB, said
    assert "could not be filled early" not in dbs.log("worker"), "loading counts too"
