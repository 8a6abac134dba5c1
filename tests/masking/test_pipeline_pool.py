"""The masking processes: order, figures, and what happens when one dies."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbs import process
from dbs.masking.interface import MaskingError
from dbs.masking.plan import ColumnPlan, TablePlan
from dbs.masking.pool import MaskingPool
from dbs.zstd import compress
from tests.support.maskers import INTEGER, KEY
from tests.support.plans import kept, users
from tests.support.waiting import until
from tests.support.wire import packets

PLAN = users(kept("note"))
OTHER = TablePlan("other", (kept("email"),))
PROGRAM = "dbs.masking.worker"


def blocks(count: int = 20, size: int = 50) -> Iterator[bytes]:
    for at in range(count):
        yield packets(
            [b"%d" % number, b"person%d@mail.example" % number, None] for number in range(at * size, (at + 1) * size)
        )


def children() -> set[int]:
    found = process.running(PROGRAM, {os.geteuid()})
    return {pid for pid in found if Path(f"/proc/{pid}/stat").read_text().split()[3] == str(os.getpid())}


def test_rows_come_back_in_order_and_counted() -> None:
    with MaskingPool([PLAN, OTHER], KEY, (), 1000, processes=3) as pool:
        text = b"".join(piece.text for piece in pool.mask("users", blocks()))
        ids = [int(line[1 : line.index(b",")]) for line in text.splitlines() if line.startswith(b"(")]
        assert ids == list(range(1000))
        assert b"person" not in text
        assert (pool.rows("users"), pool.rows("other")) == (1000, 0)
        figures = pool.finish()
        assert figures["users"].rows == 1000
        assert figures["users"].watches["email"].rows == 1000
        assert figures["users"].watches["email"].after.distinct == 1000
    assert children() == set()


def test_what_one_process_saw_every_one_looks_for(tmp_path: Path) -> None:
    with MaskingPool([PLAN, OTHER], KEY, ("canary@mail.example",), 1000, processes=2) as pool:
        for _ in pool.mask("users", blocks()):
            pass
        pool.finish()
        frames, places = b"", []
        for number in (3, 60, 999):  # of blocks that different processes had
            text = OTHER.target + b"\n('person%d@mail.example'),\n('canary@mail.example');\n" % number
            places.append(("other", len(frames), len(compress(text))))
            frames += compress(text)
        path = tmp_path / "dump"
        path.write_bytes(frames)
        found = list(pool.search(path, places))
    assert [(table, set(one.values)) for table, one in found] == [
        ("other", {b"person%d@mail.example" % number}) for number in (3, 60, 999)
    ]
    assert all(one.canaries == {b"canary@mail.example"} for _, one in found)


@pytest.mark.parametrize("moment", ["before", "between", "while a block is on its way"])
def test_a_process_that_is_killed_ends_the_work_with_a_sentence(moment: str) -> None:
    def deadly() -> Iterator[bytes]:
        for at, block in enumerate(blocks(200)):
            if at == 50 and moment != "before":
                _kill(children())
            yield block * (40 if moment == "while a block is on its way" else 1)

    with (
        pytest.raises(MaskingError, match="ended before its time"),
        MaskingPool([PLAN], KEY, (), 1000, processes=2) as pool,
    ):
        if moment == "before":
            _kill(children())
        for _ in pool.mask("users", deadly()):
            pass
    until(lambda: children() == set(), "no process is left")


def _kill(pids: set[int]) -> None:
    assert pids
    os.kill(min(pids), signal.SIGKILL)


def test_work_that_is_given_up_leaves_no_process() -> None:
    with pytest.raises(ZeroDivisionError), MaskingPool([PLAN], KEY, (), 1000) as pool:
        for _ in pool.mask("users", blocks(500, 500)):
            raise ZeroDivisionError
    assert children() == set()


def test_a_value_that_cannot_be_masked_is_named_by_its_table_and_not_shown() -> None:
    number = ColumnPlan("salary", "number", "number", place=INTEGER)
    plan = TablePlan("pay", (number,))
    with MaskingPool([plan], KEY, (), 10) as pool, pytest.raises(MaskingError) as caught:
        list(pool.mask("pay", [packets([[b"zoe@mail.example"]])]))
    assert "pay" in str(caught.value)
    assert "zoe" not in str(caught.value)
    assert KEY.hex() not in repr(caught.value)


def test_the_key_is_in_no_argument_and_no_environment() -> None:
    with MaskingPool([PLAN], KEY, (), 10):
        for pid in children():
            shown = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
            assert KEY not in shown
            assert KEY.hex().encode() not in shown


@pytest.mark.timeout(120)
def test_rows_of_many_megabytes_go_through_one_process_and_keep_their_place() -> None:
    wide = TablePlan("wide", (kept("id", kind="number"), *(kept(name) for name in "abc")))
    texts = [letter * (9 * 2**20) for letter in (b"x", b"y", b"z")]

    def mixed() -> Iterator[bytes]:
        for number in range(12):
            yield packets([[b"%d" % number, *(texts if number % 4 == 1 else [b"-"] * 3)]])

    with MaskingPool([wide], KEY, (), 1000, processes=2) as pool:
        pieces = [(piece.wide, len(piece.text), bytes(piece.text[:200])) for piece in pool.mask("wide", mixed())]
        assert pool.rows("wide") == 12
    rows = [found for _, _, text in pieces if (found := re.search(rb"VALUES\n\((\d+),", text))]
    assert [int(found[1]) for found in rows] == list(range(12))
    assert sum(size for wide, size, _ in pieces if wide) > 3 * 27 * 2**20
    assert max(size for _, size, _ in pieces) < 5 * 2**20  # no statement that a stock server refuses
