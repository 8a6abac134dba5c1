"""A masking process: `python -m dbs.masking.worker`. Blocks of rows in, SQL out; the key comes by the pipe only.

Whatever goes wrong here is told without its text, which could hold a value of production.
"""

from __future__ import annotations

import json
import sys
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
        self._canaries = frozenset(fold(canary.encode()) for canary in setup["canaries"])
        self._originals = Originals()
        self._search = Search(self._originals, self._canaries)
        plans = [TablePlan.from_json(plan) for plan in setup["plans"]]
        key = bytes.fromhex(setup["key"])
        self._tables = [TableMasker(plan, key, self._originals, self._canaries) for plan in plans]

    def block(self, number: int, packets: bytes) -> None:
        """Mask a block of rows of a table."""
        table = self._tables[number]
        rows = parse(packets, len(table.plan.columns))
        del packets
        for wide, text in table.masked(rows):
            frames.send(self._answers, frames.WIDE if wide else frames.TEXT, number, text)
        frames.send(self._answers, frames.END, len(rows))

    def finish(self, number: int, payload: bytes) -> None:
        """Give the figures of all tables, then what was remembered of their originals."""
        facts = [
            {
                "rows": table.rows,
                "canaries": sorted(one.decode() for one in table.canaries_seen),
                "watches": {at: watch.to_json() for at, watch in table.watches.items()},
            }
            for table in self._tables
        ]
        frames.send(self._answers, frames.FACTS, self._originals.values, json.dumps(facts).encode())
        frames.send(self._answers, frames.ORIGINALS, 0, self._originals.dump())
        frames.send(self._answers, frames.END)

    def search_for(self, number: int, originals: bytes) -> None:
        """Take over what all processes remembered."""
        self._search = Search(Originals(data=originals), self._canaries)
        frames.send(self._answers, frames.END)

    def search(self, number: int, payload: bytes) -> None:
        """Look through one frame of the dump."""
        where = json.loads(payload)
        plan = self._tables[number].plan
        found = self._search.frame(Path(where["path"]), where["offset"], where["bytes"], plan)
        facts = {
            "values": [value.hex() for value in found.values],
            "canaries": sorted(canary.decode() for canary in found.canaries),
            "looked_at": found.looked_at,
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
            operations = {
                frames.BLOCK: worker.block,
                frames.FINISH: worker.finish,
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
