"""A disk that is full while a dump is written: one sentence, also when what is left in a buffer fails once more."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbs.dumps.interface import DumpError
from dbs.dumps.writing import DumpWriter, open_for_writing

_FULL = Path("/dev/full")


@pytest.mark.skipif(not _FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("rows", [1, 5000])
def test_a_full_disk_is_told_of_once(rows: int) -> None:
    with pytest.raises(DumpError, match="cannot be written: No space left on device"), open_for_writing(_FULL) as file:
        writer = DumpWriter(file, "shop.sql.zst")
        writer.head("shop", "10.11", "2026-11-20T01:00:00", "masked")
        for number in range(rows):
            writer.statements([f"-- {number}"])
        writer.tail()


@pytest.mark.skipif(not _FULL.exists(), reason="there is no /dev/full")
def test_a_rest_that_does_not_fit_is_told_of_too() -> None:
    with pytest.raises(DumpError, match="No space left"), open_for_writing(_FULL) as file:
        file.write(b"x")


@pytest.mark.skipif(not _FULL.exists(), reason="there is no /dev/full")
def test_what_went_wrong_first_is_what_is_raised() -> None:
    with pytest.raises(KeyError), open_for_writing(_FULL) as file:
        file.write(b"x")
        raise KeyError
