"""The masking processes of one run: blocks are dealt out to them in turn, and come back masked and in order."""

from __future__ import annotations

import json
import queue
import secrets
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dbs import process
from dbs.masking import frames
from dbs.masking.interface import MaskingError
from dbs.masking.leaks import Found
from dbs.masking.observing import Watch
from dbs.masking.originals import Originals, bits_for
from dbs.masking.plan import TablePlan

_ROOT = Path(__file__).resolve().parents[2]
_AHEAD = 2
"""Blocks that wait at one process, so that it never waits for us."""
_LARGE_BYTES = 2**20
_ANSWERS = 4
"""Answers that wait for us; each has at most some 2 MB."""
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_ARENA_MAX": "1"}
"""Large values go back to the system at once: https://man7.org/linux/man-pages/man3/mallopt.3.html"""
_ABANDON_SECONDS = 10


@dataclass(frozen=True)
class Masked:
    """A piece of a table as SQL. `wide`: statements that put one long row together, and not an INSERT of many rows."""

    text: bytes | bytearray
    wide: bool


@dataclass
class Figures:
    """What all processes saw of one table, by column: its figures, and its rule's paths that no document had."""

    rows: int = 0
    unmatched: dict[str, set[str]] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    canaries: set[str] = field(default_factory=set)

    def add(
        self, plan: TablePlan, rows: int, watches: Mapping[int, Watch], unmatched: Mapping[int, Iterable[str]]
    ) -> None:
        """Take in what one masker of the table saw, by the place of the column in its plan."""
        self.rows += rows
        for at, watch in watches.items():
            self.watches.setdefault(plan.columns[at].name, Watch()).merge(watch)
        for at, paths in unmatched.items():
            name = plan.columns[at].name
            self.unmatched[name] = set(paths) & self.unmatched.get(name, set(paths))


class MaskingPool:
    """Masking processes. A context manager: they are gone when the block ends, whatever happened in it."""

    def __init__(
        self,
        plans: Sequence[TablePlan],
        key: bytes,
        canaries: Iterable[str],
        originals_estimate: int,
        processes: int = 2,
    ) -> None:
        """`originals_estimate` is about how many values will be masked that must not be anywhere in the dump."""
        self._plans = list(plans)
        self._numbers = {plan.name: number for number, plan in enumerate(plans)}
        self._filter_bits = bits_for(originals_estimate)
        setup = {
            "plans": [plan.to_json() for plan in plans],
            "key": key.hex(),
            "canaries": list(canaries),
            "filter_bits": self._filter_bits,
        }
        self._setup = json.dumps(setup).encode()
        self._count = processes
        self._rows = dict.fromkeys(self._numbers, 0)
        self._workers: list[_Worker] = []

    def __enter__(self) -> MaskingPool:
        # One seed for all: they compare values by Python's hash of them.
        seed = str(secrets.randbelow(2**32 - 1) + 1)
        try:
            for _ in range(self._count):
                self._workers.append(_Worker(seed))
            self._tell_all(frames.SETUP, self._setup)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()
        self._workers = []

    def mask(self, table: str, blocks: Iterable[bytes]) -> Iterator[Masked]:
        """The rows of a table, masked, in the order in which they come. Raises `MaskingError`."""
        number, waiting = self._numbers[table], deque[_Worker]()
        for at, block in enumerate(blocks):
            # A row of megabytes goes alone, and always to the same process: only one has to be that large.
            large = len(block) > _LARGE_BYTES
            worker = self._workers[0 if large else at % len(self._workers)]
            while waiting and (large or len(waiting) >= _AHEAD * len(self._workers)):
                yield from self._next(table, waiting)
            worker.ask(frames.BLOCK, number, block)
            waiting.append(worker)
            while large and waiting:
                yield from self._next(table, waiting)
        while waiting:
            yield from self._next(table, waiting)

    def _next(self, table: str, waiting: deque[_Worker]) -> Iterator[Masked]:
        for operation, number, payload in waiting.popleft().stream(f"a value of {table}"):
            if operation == frames.COUNT:
                self._rows[table] += number
            else:
                yield Masked(payload, operation == frames.WIDE)

    def rows(self, table: str) -> int:
        """How many rows of a table were masked."""
        return self._rows[table]

    def finish(self) -> dict[str, Figures]:
        """What was seen, by table; and every process learns what the others remembered. Once, after all `mask`."""
        found = {plan.name: Figures() for plan in self._plans}
        originals, wanted = Originals(self._filter_bits), set[str]()
        for worker in self._workers:
            worker.ask(frames.FINISH)
        for worker in self._workers:
            facts, remembered = (payload for _, _, payload in worker.answers())
            originals.merge(remembered)
            seen = json.loads(facts)
            wanted.update(seen["wanted"])
            for plan, of_table in zip(self._plans, seen["tables"], strict=True):
                _add(found[plan.name], plan, of_table)
        self._tell_all(frames.WANTED, json.dumps(sorted(wanted)).encode())
        self._tell_all(frames.SEARCH_FOR, originals.data)
        return found

    def _tell_all(self, operation: bytes, payload: bytes | bytearray) -> None:
        for worker in self._workers:
            worker.ask(operation, 0, payload)
        for worker in self._workers:
            worker.answers()

    def search(self, path: Path, places: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, Found]]:
        """Look through frames of a dump, given as (table, offset, bytes), for originals. After `finish`."""
        waiting = deque[tuple[str, _Worker]]()
        for at, (table, offset, size) in enumerate(places):
            worker = self._workers[at % len(self._workers)]
            where = {"path": str(path), "offset": offset, "bytes": size}
            worker.ask(frames.SEARCH, self._numbers[table], json.dumps(where).encode())
            waiting.append((table, worker))
            if len(waiting) >= _AHEAD * len(self._workers):
                yield _found(*waiting.popleft())
        while waiting:
            yield _found(*waiting.popleft())


class _Worker:
    """One process, with a thread that sends what is asked and one that takes the answers.

    Whoever asks never waits for the pipe: the process may be waiting for its answers to be taken.
    """

    def __init__(self, seed: str) -> None:
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(_ROOT), **_MALLOC}
        self._talk = process.talk([sys.executable, "-m", "dbs.masking.worker"], environment)
        self._asked: queue.Queue[tuple[bytes, int, bytes | bytearray] | None] = queue.Queue()
        self._answers: queue.Queue[tuple[bytes, int, bytearray] | None] = queue.Queue(maxsize=_ANSWERS)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=act, name=name, daemon=True)
            for act, name in ((self._send, "rows to mask"), (self._take, "masked rows"))
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, operation: bytes, number: int = 0, payload: bytes | bytearray = b"") -> None:
        """Send one frame; should the process be gone, its missing answer says so."""
        self._asked.put((operation, number, payload))

    def answers(self, what: str = "the rules") -> list[tuple[bytes, int, bytearray]]:
        """All answers to one frame. Raises `MaskingError`."""
        return list(self.stream(what))

    def stream(self, what: str) -> Iterator[tuple[bytes, int, bytearray]]:
        """The answers to one frame as they come."""
        while True:
            answer = self._answers.get()
            if answer is None:
                raise MaskingError("A masking process ended before its time; try again.")
            operation, _, payload = answer
            if operation == frames.END:
                return
            if operation == frames.TROUBLE:
                raise MaskingError(f"Masking {what} failed: {payload.decode()}")
            yield answer

    def stop(self) -> None:
        """End it, at once if it does not end by itself."""
        self._stopped.set()
        self._asked.put(None)
        self._talk.end(_ABANDON_SECONDS)
        for thread in self._threads:
            thread.join(_ABANDON_SECONDS)
        self._talk.answers.close()

    def _send(self) -> None:
        while (frame := self._asked.get()) is not None:
            try:
                frames.send(self._talk.asked, *frame)
            except (BrokenPipeError, ValueError):  # it is gone, or we are done with it
                return
            del frame

    def _take(self) -> None:
        while True:
            answer = frames.receive(self._talk.answers)
            while not self._stopped.is_set():
                try:
                    self._answers.put(answer, timeout=0.5)
                    break
                except queue.Full:
                    continue
            if answer is None or self._stopped.is_set():
                return


def _add(figures: Figures, plan: TablePlan, seen: dict[str, Any]) -> None:
    watches = {int(at): Watch.from_json(facts) for at, facts in seen["watches"].items()}
    figures.add(plan, seen["rows"], watches, {int(at): paths for at, paths in seen["unmatched"].items()})
    figures.canaries.update(seen["canaries"])


def _found(table: str, worker: _Worker) -> tuple[str, Found]:
    ((_, _, payload),) = worker.answers(f"the search through {table}")
    facts = json.loads(payload)
    values = {bytes.fromhex(value): set(columns) for value, columns in facts["values"]}
    return table, Found(values, {one.encode() for one in facts["canaries"]})
