"""Making a masked dump of a source: read it in one state, mask, write, look the result through, publish.

Nothing of a row reaches the disk before it is masked, and nobody gets the dump before it was verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from commands.policies import Checked
from dbs.dumps.following import Growing
from dbs.dumps.interface import DumpManifest
from dbs.dumps.store import DumpStore
from dbs.dumps.structure import read_structure
from dbs.dumps.writing import DumpWriter, open_for_writing
from dbs.masking import report
from dbs.masking.confirming import confirmed
from dbs.masking.interface import MaskingError
from dbs.masking.leaks import MOST_CANDIDATES
from dbs.masking.pool import Figures, Masked, MaskingPool
from dbs.masking.selecting import Reading, readings
from dbs.mysql.rows import stream
from dbs.settings import Source
from dbs.sources.guard import Limits, guarding
from dbs.sources.interface import Opened, source_errors
from dbs.sources.reading import consistent
from dbs.sources.tables import releases, table
from dbs.sources.throttle import Throttle

PSEUDONYMISED = "Pseudonymised by dbs: whoever has the masking key can find people again, nobody else can."
"""With a kept key the result is no anonymous data (GDPR, Article 4(5) and recital 26)."""

_PROCESSES = 2
_LARGE_BYTES = 1024 * 1024
"""With data and indexes of so many bytes at the source it is worth to make the indexes of a table after its rows."""


@dataclass(frozen=True)
class Wanted:
    """Which dump to make: its id, of which source, and the key to mask with."""

    id: str
    source_name: str
    source: Source
    mask_key: bytes


Tell = Callable[[str], None]
"""Called with the phase that begins, `read and mask` or `verify`; raises to end the work."""
Follow = Callable[[Path, Growing], None]
"""Called with the file before anything is in it; whoever follows hears of its frames, and of its end."""


def nobody_follows(_: Path, __: Growing) -> None:
    """The dump is only used when it is finished."""


def take(
    wanted: Wanted, opened: Opened, checked: Checked, store: DumpStore, tell: Tell, alive: Tell, follow: Follow
) -> DumpManifest:
    """Make the dump and publish it; a failure leaves nothing of it, and `latest` as it was.

    `alive` is called with the table in work every second or so; what it raises ends the work. Raises `SourceError`,
    `MaskingError` when the result is not what masking promises, `DumpError` when the disk does not take it.
    """
    plan = readings(checked.policy, checked.schema, checked.skipped)
    growing = _growing(plan, checked)
    partial = store.begin(wanted.source_name, wanted.id)
    try:
        follow(partial, growing)
        manifest = _make(_Task(wanted, opened, checked, plan, partial, growing), tell, alive)
        store.publish(manifest, partial)
    except BaseException:
        growing.set()
        store.discard(partial)
        raise
    published = replace(manifest, file=store.path(manifest).name)
    growing.publish(published)
    return published


@dataclass(frozen=True)
class _Task:
    """One dump to make: of what, into which file, and who else waits for its frames."""

    wanted: Wanted
    opened: Opened
    checked: Checked
    plan: list[Reading]
    partial: Path
    growing: Growing


def _growing(plan: list[Reading], checked: Checked) -> Growing:
    columns = {one.plan.name: [column.name for column in one.plan.columns] for one in plan}
    read = [checked.schema.tables[one.plan.name] for one in plan if one.select is not None]
    return Growing(columns, [table.name for table in read if table.bytes_estimate >= _LARGE_BYTES])


def _make(task: _Task, tell: Tell, alive: Tell) -> DumpManifest:
    tell("read and mask")
    wanted, opened, checked, plan = task.wanted, task.opened, task.checked, task.plan
    with ExitStack() as stack:
        snapshot = stack.enter_context(consistent(opened, lock=wanted.source.lock))
        guard = stack.enter_context(guarding(opened, Limits.of(wanted.source)))
        plans = [one.plan for one in plan]
        pool = stack.enter_context(
            MaskingPool(plans, wanted.mask_key, checked.policy.canaries, _originals(plan, checked), _PROCESSES)
        )
        file = stack.enter_context(open_for_writing(task.partial))
        writer = DumpWriter(file, task.partial.name, task.growing.add)
        data_state_at = snapshot.data_state_at.astimezone(UTC).isoformat(timespec="microseconds")
        throttle = Throttle(wanted.source.rate_limit, guard.check)
        work = _Work(opened, pool, writer, throttle, alive)
        rows = work.write(plan, checked, data_state_at)
        task.growing.whole()
        tell("verify")
        figures = pool.finish()
        facts = work.verify(plan, figures, task.partial, checked)
        guard.check()
    return DumpManifest(
        id=wanted.id,
        source=wanted.source_name,
        database=opened.database,
        data_state_at=data_state_at,
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        file=task.partial.name,
        sha256=writer.sha256,
        bytes_on_disk=writer.bytes_on_disk,
        text_bytes=writer.text_bytes,
        rows=rows,
        server_version=str(opened.version),
        policy_digest=checked.policy.digest,
        masked=PSEUDONYMISED,
        frames=tuple(writer.frames),
        columns=dict(task.growing.columns),
        report=facts,
    )


class _Work:
    """Writing and verifying one dump, with everything that is open for it."""

    def __init__(self, opened: Opened, pool: MaskingPool, writer: DumpWriter, throttle: Throttle, alive: Tell) -> None:
        self._opened = opened
        self._pool = pool
        self._writer = writer
        self._throttle = throttle
        self._alive = alive

    def write(self, plan: list[Reading], checked: Checked, data_state_at: str) -> dict[str, int]:
        """All of the file; the rows per table as they were counted while they went by."""
        connection = self._opened.connection
        with source_errors():
            structure = read_structure(connection, self._opened.database, checked.schema)
        self._writer.head(self._opened.database, str(self._opened.version), data_state_at, PSEUDONYMISED)
        self._writer.statements(structure.tables)
        for reading in self._in_order(plan):
            with table(connection, reading.plan.name) as one:
                select = one.statement(str(reading.select))
                for _ in self._writer.rows(reading.plan.name, self._masked(reading.plan.name, select)):
                    self._alive(reading.plan.name)
        self._writer.statements(structure.objects)
        self._writer.tail()
        return {reading.plan.name: self._pool.rows(reading.plan.name) for reading in plan}

    def _in_order(self, plan: list[Reading]) -> list[Reading]:
        """What is read; last the tables that nobody can alter from then on until the end."""
        read = [reading for reading in plan if reading.select is not None]
        return sorted(read, key=lambda one: not releases(self._opened.connection, one.plan.name, str(one.select)))

    def _masked(self, name: str, select: str) -> Iterator[tuple[bool, bytes | bytearray]]:
        pieces: Iterator[Masked] = self._pool.mask(name, self._blocks(select))
        return ((piece.wide, piece.text) for piece in pieces)

    def _blocks(self, select: str) -> Iterator[bytes]:
        for block in stream(self._opened.connection, select):
            self._throttle.take(len(block.packets))
            yield block.packets

    def verify(
        self, plan: list[Reading], figures: dict[str, Figures], partial: Path, checked: Checked
    ) -> dict[str, object]:
        """The figures of the run. Raises `MaskingError` with what is wrong; the file is not to be published then."""
        plans = [reading.plan for reading in plan]
        wrong = report.problems(plans, figures)
        wrong += self._leaks(plan, partial)
        if wrong:
            raise MaskingError(_refusal(wrong))
        seen = {canary for one in figures.values() for canary in one.canaries}
        missing = [canary for canary in checked.policy.canaries if canary.strip().lower() not in seen]
        return {
            "columns": report.facts(plans, figures),
            "canaries": {"planted": len(checked.policy.canaries), "not found in the source": len(missing)},
            "left out": list(checked.notes),
        }

    def _leaks(self, plan: list[Reading], partial: Path) -> Iterator[str]:
        by_name = {reading.plan.name: reading.plan for reading in plan}
        places = [(frame.table, frame.offset, frame.bytes) for frame in self._writer.frames if frame.table]
        doubtful: dict[str, dict[bytes, set[int]]] = {}
        for name, found in self._pool.search(partial, places):
            self._alive(name)
            if found.canaries:
                yield f"{name}: {len(found.canaries)} of the planted canaries came through"
            if len(found.values) > MOST_CANDIDATES:
                yield f"{name}: too much in it looks like originals of other columns to ask the source about each"
                continue
            for value, columns in found.values.items():
                doubtful.setdefault(name, {}).setdefault(value, set()).update(columns)
        for name, values in doubtful.items():
            with source_errors():
                yield from confirmed(self._opened.connection, self._opened.database, by_name, name, values)


def _originals(plan: list[Reading], checked: Checked) -> int:
    """About how many values there are that must not be anywhere in the dump."""
    return sum(
        checked.schema.tables[reading.plan.name].rows_estimate
        for reading in plan
        for column in reading.plan.columns
        if reading.select is not None and column.hides
    )


def _refusal(wrong: list[str]) -> str:
    shown = "; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    return f"The masked dump is not published, because masking did not hold: {shown}."
