"""How long a restore takes, beside what a team would do otherwise. Run it with `script/bench`.

Measured on one machine in one run, alternating, so that noise meets all alike: per copy method and size, seconds from
the job's start to the first right answer at the public address, and from the request to the job's start; next to the
start of an empty server (the floor), `cp -a` and start, and the dump imported again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bench import others
from bench.machine import Spread, describe, markdown, mounted, replace_block
from bench.rig import Measured, Rig, rig
from dbs.snapshots.local.server import Place

METHODS = {"btrfs": "subvolume", "xfs": "reflink", "plain": "plain"}
_SPARE_GIGABYTES = 6.0


def main() -> None:
    """Run everything and write the table to standard output, the numbers to `--json`."""
    options = _options()
    with contextlib.ExitStack() as stack:
        space = sum(options.sizes) + max(options.sizes) + _SPARE_GIGABYTES
        places = {kind: stack.enter_context(mounted(kind, space)) for kind in options.methods}
        roots = {kind: (places[kind], METHODS[kind]) for kind in options.methods}
        found = []
        for kind in options.methods:
            with rig({kind: roots[kind]}) as running:
                found.append(_method(running, kind, places[kind], options))
    text = f"{describe()}; min/median/max in seconds.\n\n{_table(found)}\n\n{_verdicts(found)}"
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(json.dumps({"machine": describe(), "methods": found}, indent=1, default=_plain))
    if options.readme:
        replace_block(options.readme, "restore", text)


@dataclass(frozen=True)
class Found:
    """What was measured with one copy method; sizes are GB of data directory."""

    method: str
    floor: Spread
    queued: Spread
    restored: dict[float, Spread]
    otherwise: dict[float, dict[str, Spread]]


def _method(rig: Rig, kind: str, place: Path, options: argparse.Namespace) -> Found:
    """All sizes of one copy method, one run of each in turn, with the empty server between them."""
    snapshots = {size: rig.snapshot(kind, size).id for size in options.sizes}
    empty = others.empty_data(place)
    restores: dict[float, list[Measured]] = {size: [] for size in options.sizes}
    floor = []
    for snapshot in snapshots.values():
        rig.restore(kind, snapshot)
    for _ in range(options.runs):
        floor.append(others.start_seconds(empty))
        for size, snapshot in snapshots.items():
            restores[size].append(rig.restore(kind, snapshot))
    slow = {size: _otherwise(rig, kind, place, size, snapshots[size], empty, options) for size in options.sizes}
    return Found(
        method=kind,
        floor=Spread(tuple(floor)),
        queued=Spread(tuple(one.queued for runs in restores.values() for one in runs)),
        restored={size: Spread(tuple(one.restored for one in runs)) for size, runs in restores.items()},
        otherwise=slow,
    )


def _otherwise(
    rig: Rig, kind: str, place: Path, size: float, snapshot: str, empty: Place, options: argparse.Namespace
) -> dict[str, Spread]:
    golden = place / "dbs" / "snapshots" / snapshot / "data"
    copies = Spread(tuple(others.copy_and_start_seconds(golden, place) for _ in range(3)))
    found = {"cp -a and start": copies}
    if size <= options.largest_import:
        rig.restore(kind, snapshot)
        found["import the dump"] = Spread((others.import_seconds(rig, kind, empty, place),))
    return found


def _table(found: list[Found]) -> str:
    header = ["copies by", "data", "restore", "ratio to empty start", "empty start"]
    header += ["`cp -a` and start", "import", "request to job"]
    lines = []
    for one in found:
        for size, spread in one.restored.items():
            copied, imported = one.otherwise[size]["cp -a and start"], one.otherwise[size].get("import the dump")
            ratio = f"{spread.median / one.floor.median:.2f}"
            cells = [one.method, f"{size:g} GB", f"**{spread}**", ratio, str(one.floor), str(copied)]
            lines.append([*cells, str(imported) if imported else "not run", str(one.queued)])
    return markdown(header, lines)


def _verdicts(found: list[Found]) -> str:
    lines = []
    for one in found:
        small, large = min(one.restored), max(one.restored)
        ratio = one.restored[large].median / one.restored[small].median
        runs = len(one.restored[large].runs)
        lines.append(f"- {one.method}: {large:g} GB over {small:g} GB = {ratio:.2f} (medians of {runs} runs)")
    return "\n".join(lines)


def _plain(value: object) -> object:
    if isinstance(value, Spread):
        return value.to_json()
    return value.__dict__ if isinstance(value, Found) else str(value)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--sizes", type=float, nargs="+", default=[0.2, 1.0, 4.0], help="data directories, in GB")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--runs", type=int, default=20, help="restores per size")
    parser.add_argument("--largest-import", type=float, default=1.0, help="import dumps of data up to so many GB")
    parser.add_argument("--json", type=Path, help="write all numbers there")
    parser.add_argument("--readme", type=Path, help="put the table into this document")
    return parser.parse_args()


if __name__ == "__main__":
    main()
