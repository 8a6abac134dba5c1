"""A statement that failed for a reason that no other check explains, or that was stopped at the time limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dbs.migrations.checks.failing import OTHERS, evidence, teller
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found, lasting
from dbs.migrations.interface import Ran

_LONGEST = 300
"""Characters of the server's message in the sentence; the evidence holds all of it."""


def find(case: Case) -> Iterator[Finding]:
    """The failure, if it is nobody else's. One that somebody ended, or whose server went away, is no fault of it."""
    if case.run.stopped_by == "time limit":
        yield out_of_time(case)
        return
    if case.run.stopped_by is None and case.run.failed is not None and teller(case) == OTHERS:
        yield failure(case, case.run.failed)


def failure(case: Case, ran: Ran) -> Finding:
    """The statement, its error and the server's words."""
    why = case.explanation
    counted = why is not None and any(why.counts.values())
    message = (why.sentence if why and counted else ran.error).rstrip(". ")
    cut = message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"
    said = f": {cut}" if cut else ""
    return found(
        CHECK,
        ran,
        f"Fails with error {ran.error_code}{said}.",
        evidence=evidence(ran, why.sentence if why else ""),
        advice=(why.advice if why else "") or _ADVICE.get(ran.error_code or 0, _LOOK),
        query=why.query if why else "",
    )


def out_of_time(case: Case) -> Finding:
    """What was running when the time was over."""
    took = lasting(case.run.seconds)
    if case.run.failed is None:
        return found(CHECK, None, f"The run was stopped after {took}, its time limit.", advice=_FASTER)
    return found(CHECK, case.run.failed, f"Was stopped after {took}, the time limit of the run.", advice=_FASTER)


_LOOK = "Correct the statement, and try it on a restored copy before you push."
_FASTER = (
    "Find out with EXPLAIN what takes the time, do it in smaller parts, or raise `time_limit` of the project if it may "
    "take that long on production."
)
_THERE = "It is on production already, or an earlier file makes it: see which, and keep one of them."
_GONE = (
    "Production does not have it, or an earlier file removes it: see whether a migration is missing before this one."
)
_ADVICE: Mapping[int, str] = {
    1050: _THERE,
    1060: _THERE,
    1061: _THERE,
    1051: _GONE,
    1054: _GONE,
    1091: _GONE,
    1146: _GONE,
    1064: "Correct the statement where the server stopped reading; mind which versions know what it uses.",
    1142: "Migrations run with an account that may do everything in their one database and nothing else.",
    1553: "Give the foreign key another index first, or remove the foreign key with the index.",
}

CHECK = Check("statement-fails", "error", "docs/checks/statement-fails.md", find)
