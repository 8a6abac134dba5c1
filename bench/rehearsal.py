"""How long a rehearsal takes from the webhook to the verdict at GitHub, phase by phase, on the demo's database.

Run it with `script/bench rehearsal`. Beside it, what a team would do otherwise on the same machine in the same run:
import last night's dump into an empty database and run the migration with the stock client.

GitHub is the stand-in of the tests, on a real port; everything else is real. The migrations' own time is taken off.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from bench.machine import Spread, describe, markdown, mounted, replace_block
from dbs.rehearsals import Rehearsal
from playground.shop import write_dump
from tests.support.rehearsed import REPOSITORY, Place, in_folder, rehearsing

_MIGRATION = "ALTER TABLE orders ADD INDEX idx_bench_{number} (status, customer_id);\n"
_PHASES = ("wait", "restore", "migrate", "check", "clean")
_LOOK_SECONDS = 0.01
_LONGEST_SECONDS = 120.0
_SPARE_GIGABYTES = 6.0


def main() -> None:
    """Run everything and write the table to standard output, the numbers to `--json`."""
    options = _options()
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(mounted(options.method, _SPARE_GIGABYTES))
        running = stack.enter_context(rehearsing(place / "bench"))
        dump = place / "shop.sql.zst"
        write_dump(dump, orders=options.orders)
        made = running.dbs.cli("refresh", "shop", "--from-dump", str(dump), "--already-masked", "made up")
        assert made.state == "done", made.sentence
        rounds = [(_rehearsed(running, number), _by_hand(running, dump, number)) for number in range(options.runs)]
    text = _told(rounds, options)
    sys.stdout.write(text + "\n")
    if options.json:
        numbers = [{**ours, "by hand": theirs} for ours, theirs in rounds]
        options.json.write_text(json.dumps({"machine": describe(), "rounds": numbers}, indent=1))
    if options.readme:
        replace_block(options.readme, "rehearsal", text)


def _rehearsed(running: Place, number: int) -> dict[str, float]:
    """Seconds from a pull request's webhook to the completed check, and of each phase."""
    began = time.time()
    pull = running.github.open_pull(REPOSITORY, in_folder({f"{number:04}_bench.sql": _MIGRATION.format(number=number)}))
    row = _verdict(running, pull.number)
    told = time.time() - began
    assert row.verdict in ("passes", "passes with warnings") and row.report is not None, row.report
    seconds = {phase: float(row.report["seconds"][phase]) for phase in _PHASES}
    looked = datetime.fromisoformat(row.begun_at).timestamp() - began
    own = sum(float(one["seconds"]) for one in row.report["statements"])
    return {"look": looked, **seconds, "total": told, "own": own}


def _verdict(running: Place, number: int) -> Rehearsal:
    """The rehearsal, as soon as GitHub knows its verdict."""
    end = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < end:
        row = running.dbs.services.rehearsals.newest("shop", number)
        if row is not None and row.told == "ended":
            return row
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"no verdict on pull request {number}")


def _by_hand(running: Place, dump: Path, number: int) -> float:
    """Seconds for importing the dump into an empty database of a running server, and the migration, by the client."""
    socket = f"--socket={running.server.unix_socket}"
    client = ["mariadb", "--no-defaults", socket, "--user=root"]
    subprocess.run([*client, "-e", "DROP DATABASE IF EXISTS by_hand; CREATE DATABASE by_hand"], check=True)
    began = time.monotonic()
    with subprocess.Popen(["zstd", "-dcq", str(dump)], stdout=subprocess.PIPE) as text:
        subprocess.run([*client, "by_hand"], stdin=text.stdout, check=True)
    migration = _MIGRATION.format(number=number)
    ran = time.monotonic()
    subprocess.run([*client, "by_hand"], input=migration.encode(), check=True)
    took = time.monotonic()
    return (took - began) - (took - ran)


def _told(rounds: list[tuple[dict[str, float], float]], options: argparse.Namespace) -> str:
    ours = [one for one, _ in rounds]
    whole = Spread(tuple(one["total"] - one["own"] for one in ours))
    hand = Spread(tuple(theirs for _, theirs in rounds))
    rows = [[phase, str(Spread(tuple(one[phase] for one in ours)))] for phase in ("look", *_PHASES)]
    rows += [["webhook to verdict, without the migration's own time", str(whole)], ["by hand", str(hand)]]
    ratio = hand.median / whole.median
    return (
        f"{describe()}; {options.orders:,} orders on {options.method}; min/median/max in seconds.\n\n"
        f"{markdown(['phase', 'seconds'], rows)}\n\n"
        f"By hand takes {ratio:.1f} times as long, and tells neither rows, locks nor differences. "
        f"Limit: 10 s; {'met' if max(whole.runs) < 10 else 'missed'}."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench rehearsal", description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000, help="orders in the made-up shop")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--method", choices=("btrfs", "xfs", "plain"), default="btrfs")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--readme", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
