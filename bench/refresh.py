"""How long a refresh takes, from source to serving snapshot, beside `mariadb-dump | mariadb`, which masks nothing.

Run it with `script/bench refresh`. Measured on one machine in one run, in turn, so that noise meets both alike; per
size of SQL text and per phase. Each refresh reads the source, masks, writes the dump, looks it through for originals,
imports it into a new server, freezes that and restores an instance from it. The phases overlap: the new server is
filled while the source is read, so `import` is only what is left of it then.

What one of the two leaves to be written or deleted is done before the other begins. The servers of the stock clients
run all along, while each refresh starts one of its own and ends it with everything on the disk: that is what it is for.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from bench.machine import Spread, describe, markdown, mounted, replace_block
from bench.production import Production, stock_server
from bench.rig import Rig, rig
from commands.dispatch import dispatch
from commands.interface import Actor, Request

_METHODS = {"btrfs": "subvolume", "xfs": "reflink", "plain": "plain"}
_LARGE_MEGABYTES = 10 * 1024
"""For which the time is estimated from the sizes that were measured."""
_SETTLE_SECONDS = 60


@dataclass
class Found:
    """What was measured for one size: seconds of each run, and by phase."""

    megabytes: float
    rows: int
    refreshes: list[float] = field(default_factory=list)
    phases: dict[str, list[float]] = field(default_factory=dict)
    otherwise: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median of ours over median of the other way."""
        return Spread(tuple(self.refreshes)).median / Spread(tuple(self.otherwise)).median


def main() -> None:
    """Run everything and write the table to standard output, the numbers to `--json`."""
    options = _options()
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dbs-bench-refresh-", dir="/var/tmp")))
        work.chmod(0o711)
        production = stack.enter_context(stock_server(work / "production"))
        place = stack.enter_context(mounted(options.method, 4 + max(options.megabytes) * 12 / 1024))
        other = stack.enter_context(stock_server(place / "other"))  # both write to the same file system
        roots = {options.method: (place, _METHODS[options.method])}
        running = stack.enter_context(rig(roots, production.source(work)))
        bench = _Bench(running, production, other, place)
        found = [bench.size(size, options.runs) for size in options.megabytes]
    text = f"{describe()}; min/median/max in seconds.\n\n{_table(found)}\n\n{_verdicts(found)}"
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(json.dumps({"machine": describe(), "sizes": found}, indent=1, default=vars))
    if options.readme:
        replace_block(options.readme, "refresh", text)


@dataclass(frozen=True)
class _Bench:
    """What is measured on: a dbs, a production, the server that the stock client loads into, and their disk."""

    running: Rig
    production: Production
    other: Production
    place: Path

    def size(self, megabytes: int, runs: int) -> Found:
        """Some runs of both, in turn."""
        found = Found(megabytes, self.production.fill(megabytes))
        for _ in range(runs):
            self._settle()
            found.otherwise.append(self.production.dump_and_import_seconds(self.other.socket))
            self._settle()
            _refresh(self.running, found)
        return found

    def _settle(self) -> None:
        """Neither pays for what the other left: deleted copies, pages that are not on the disk."""
        for _ in range(_SETTLE_SECONDS * 10):
            if not any((self.place / "dbs" / "trash").iterdir()):
                break
            time.sleep(0.1)
        os.sync()


def _refresh(running: Rig, found: Found) -> None:
    """One refresh, to its end: the instance stands on the new snapshot then."""
    services = running.services
    asked = time.time()
    result = dispatch(services, Request(uuid.uuid4().hex, Actor("os:bench", "bench", "cli"), ("refresh", "shop")))
    if result.job_id is None:
        raise RuntimeError(result.sentence)
    job = running.finished(result.job_id)
    ended = datetime.fromisoformat(str(job.finished_at)).timestamp()
    found.refreshes.append(ended - asked)
    newest = services.dumps.latest("shop")
    if newest is None or sum(newest.rows.values()) != found.rows:
        raise RuntimeError("the dump does not hold the rows of the source")
    found.megabytes = newest.text_bytes / 2**20
    begin = asked
    for phase in services.job_rows.phases(job.id):  # each is marked done when the next one begins
        end = datetime.fromisoformat(phase.at).timestamp()
        found.phases.setdefault(phase.step, []).append(end - begin)
        begin = end


def _table(found: list[Found]) -> str:
    phases = list(found[0].phases)
    header = ["SQL text", "rows", "`mariadb-dump \\| mariadb`", "`/dbs refresh`", "ratio", *phases]
    lines = [
        [
            f"{one.megabytes:,.0f} MB",
            f"{one.rows:,}",
            str(Spread(tuple(one.otherwise))),
            str(Spread(tuple(one.refreshes))),
            f"{one.ratio:.2f}",
            *(f"{Spread(tuple(one.phases[phase])).median:.2f}" for phase in phases),
        ]
        for one in found
    ]
    return markdown(header, lines)


def _verdicts(found: list[Found]) -> str:
    """The limit, and what the slopes between the sizes say of a large source."""
    worst = max(one.ratio for one in found)
    text = f"Slowest against `mariadb-dump | mariadb`: {worst:.2f} times (limit 1.0), masking and verifying included."
    slopes = [_slope(*pair) for pair in pairwise(found)]
    if slopes:
        text += f" From size to size the text goes through at {_range([1 / one for one in slopes], '.1f')} MB/s"
        last, left = found[-1], _LARGE_MEGABYTES - found[-1].megabytes
        minutes = [(Spread(tuple(last.refreshes)).median + one * left) / 60 for one in slopes]
        text += f", so 10 GB take about {_range(minutes, '.0f')} minutes."
    return text


def _slope(small: Found, large: Found) -> float:
    """Seconds for each further megabyte."""
    medians = [Spread(tuple(one.refreshes)).median for one in (small, large)]
    return (medians[1] - medians[0]) / (large.megabytes - small.megabytes)


def _range(numbers: list[float], form: str) -> str:
    shown = [format(one, form) for one in (min(numbers), max(numbers))]
    return " to ".join(dict.fromkeys(shown))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench refresh", description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[30, 120, 480], help="of SQL text")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--method", choices=_METHODS, default="btrfs", help="the file system of the instance")
    parser.add_argument("--json", type=Path, help="a file for the numbers")
    parser.add_argument("--readme", type=Path, help="a document whose table to replace")
    return parser.parse_args()


if __name__ == "__main__":
    main()
