"""How long a refresh takes, from source to serving snapshot, beside `mariadb-dump | mariadb`, which masks nothing.

Run it with `script/bench refresh`. Measured on one machine in one run, in turn, so that noise meets both alike; per
size of SQL text and per phase. Each refresh reads the source, masks, writes the dump, looks it through for originals,
imports it into a new server, freezes that and restores an instance from it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bench.machine import Spread, describe, markdown, mounted, replace_block
from bench.production import Production, stock_server
from bench.rig import Rig, rig
from commands.dispatch import dispatch
from commands.interface import Actor, Request

_METHODS = {"btrfs": "subvolume", "xfs": "reflink", "plain": "plain"}
_LARGE_MEGABYTES = 10 * 1024
"""For which the time is estimated from the sizes that were measured."""


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
        found = [_size(running, production, other, size, options.runs) for size in options.megabytes]
    text = f"{describe()}; min/median/max in seconds.\n\n{_table(found)}\n\n{_verdicts(found)}"
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(json.dumps({"machine": describe(), "sizes": found}, indent=1, default=vars))
    if options.readme:
        replace_block(options.readme, "refresh", text)


def _size(running: Rig, production: Production, other: Production, megabytes: int, runs: int) -> Found:
    found = Found(megabytes, production.fill(megabytes))
    for _ in range(runs):
        found.otherwise.append(production.dump_and_import_seconds(other.socket))
        _refresh(running, found)
    return found


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
    """The limit, and what the slope between the smallest and the largest size says of a large source."""
    worst = max(one.ratio for one in found)
    text = f"Slowest against `mariadb-dump | mariadb`: {worst:.2f} times (limit 1.0), masking and verifying included."
    small, large = found[0], found[-1]
    if large.megabytes > small.megabytes:
        medians = [Spread(tuple(one.refreshes)).median for one in (small, large)]
        slope = (medians[1] - medians[0]) / (large.megabytes - small.megabytes)
        minutes = (medians[1] + slope * (_LARGE_MEGABYTES - large.megabytes)) / 60
        text += f" From the slope between sizes ({1 / slope:.1f} MB/s), 10 GB take about {minutes:.0f} minutes."
    return text


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
