"""What a program that failed said last."""

from __future__ import annotations

import sys

import pytest

from dbs.process import ProgramError, run


def failing(says: str) -> str:
    """The sentence about a program that wrote this to its error output."""
    with pytest.raises(ProgramError) as caught:
        run([sys.executable, "-c", f"import sys; sys.exit({says!r})"])
    return str(caught.value).removeprefix(f"{sys.executable.rsplit('/', 1)[-1]} failed with exit code 1: ")


def test_the_cause_above_the_last_line_is_told() -> None:
    said = failing("[ERROR] Can't create directory '/x' (Errcode: 13)\n\n  [ERROR] Aborting\n")
    assert said == "[ERROR] Can't create directory '/x' (Errcode: 13) / [ERROR] Aborting"


def test_of_many_lines_the_last_five() -> None:
    assert (
        failing("\n".join(f"line {number}" for number in range(1, 9))) == "line 4 / line 5 / line 6 / line 7 / line 8"
    )


def test_long_ones_are_cut_in_front() -> None:
    said = failing("\n".join(["x" * 400, "y" * 400]))
    assert len(said) == 500 and said.startswith("…xxx") and said.endswith("x / " + "y" * 400)


def test_one_that_said_nothing() -> None:
    assert failing("") == "it said nothing"
