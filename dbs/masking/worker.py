"""A masking process: `python -m dbs.masking.worker`. Blocks of rows in, SQL out; the key comes by the pipe only.

Whatever goes wrong here is told without its text, which could hold a value of production.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from dbs.errors import DbsError
from dbs.masking import frames
from dbs.masking.leaks import Search
from dbs.masking.originals import Originals, fold
from dbs.masking.plan import TablePlan
from dbs.masking.table import TableMasker
from dbs.mysql.packets import parse


class Worker:
    """What one process knows: its tables, the originals it saw, and later what to search for."""

    def __init__(self, setup: dict[str, Any], answers: IO[bytes]) -> None:
        self._answers = answers
        self._wanted: list[str] = []
        self._canaries = frozenset(fold(canary.encode()) for canary in setup["canaries"])
        self._originals = Originals(setup["filter_bits"])
        self._search = Search(self._originals, self._canaries, ())
        plans = [TablePlan.from_json(plan) for plan in setup["plans"]]
        key = bytes.fromhex(setup["key"])
        self._tables = [TableMasker(plan, key, self._originals, self._canaries) for plan in plans]

    def block(self, number: int, packets: bytearray) -> None:
        """Mask a block of rows of a table."""
        table = self._tables[number]
        before, block = table.rows, bytes(packets)
        packets.clear()  # a row of 16 MB need not be there twice
        fields = parse(block, len(table.plan.columns))
        del block
        for wide, text in table.masked(fields):
            frames.send(self._answers, frames.WIDE if wide else frames.TEXT, number, text)
        frames.send(self._answers, frames.COUNT, table.rows - before)
        frames.send(self._answers, frames.END)

    def finish(self, number: int, payload: bytearray) -> None:
        """Give the figures of all tables, then what was remembered of their originals."""
        tables = [
            {
                "rows": table.rows,
                "canaries": sorted(one.decode() for one in table.canaries_seen),
                "unmatched": table.unmatched,
                "watches": {at: watch.to_json() for at, watch in table.watches.items()},
            }
            for table in self._tables
        ]
        wanted = sorted({one for table in self._tables if table.rows for one in table.wanted})
        facts = json.dumps({"tables": tables, "wanted": wanted}).encode()
        frames.send(self._answers, frames.FACTS, 0, facts)
        frames.send(self._answers, frames.ORIGINALS, 0, self._originals.data)
        frames.send(self._answers, frames.END)

    def wanted(self, number: int, payload: bytearray) -> None:
        """Which shapes the originals of all processes have."""
        self._wanted = json.loads(payload)
        frames.send(self._answers, frames.END)

    def search_for(self, number: int, originals: bytearray) -> None:
        """Take over what all processes remembered."""
        self._originals = Originals.of(originals)
        self._search = Search(self._originals, self._canaries, self._wanted)
        frames.send(self._answers, frames.END)

    def search(self, number: int, payload: bytearray) -> None:
        """Look through one frame of the dump."""
        where = json.loads(payload)
        plan = self._tables[number].plan
        found = self._search.frame(Path(where["path"]), where["offset"], where["bytes"], plan)
        facts = {
            "values": [[value.hex(), sorted(columns)] for value, columns in found.values.items()],
            "canaries": sorted(canary.decode() for canary in found.canaries),
        }
        frames.send(self._answers, frames.FACTS, number, json.dumps(facts).encode())
        frames.send(self._answers, frames.END)


def main() -> None:
    """Serve frames until the other side closes the pipe."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    worker: Worker | None = None
    while (frame := frames.receive(asked)) is not None:
        operation, number, payload = frame
        try:
            if worker is None:
                worker = Worker(json.loads(payload), answers)
                frames.send(answers, frames.END)
                continue
            operations: dict[bytes, Callable[[int, bytearray], None]] = {
                frames.BLOCK: worker.block,
                frames.FINISH: worker.finish,
                frames.WANTED: worker.wanted,
                frames.SEARCH_FOR: worker.search_for,
                frames.SEARCH: worker.search,
            }
            operations[operation](number, payload)
        except BrokenPipeError:
            return
        except DbsError as error:
            frames.send(answers, frames.TROUBLE, number, str(error).encode())
        except Exception as error:  # noqa: BLE001 - the edge of this process; its text may hold a value
            frames.send(answers, frames.TROUBLE, number, f"({type(error).__name__})".encode())


if __name__ == "__main__":
    main()
