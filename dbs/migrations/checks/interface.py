"""A rehearsal's case, what a check finds in it, and the verdict.

A finding's severity says what becomes of the run: an "error" makes it fail, a "warning" waits for a person's approval,
a "notice" is for information. Values of rows never stand in a finding: `query` lists them for whoever may see them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from dbs.migrations.checks.acts import acts
from dbs.migrations.checks.clauses import Act
from dbs.migrations.interface import Difference, Explanation, Observed, Ran, Run

Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")
"""From the worst down."""
OFF = "off"
"""In a project's `.dbs.toml`, instead of a severity: the check is not made."""

Verdict = Literal["passes", "passes with warnings", "fails", "could not be tested"]


@dataclass(frozen=True)
class Finding:
    """What a check found. `line` is from 1; empty file and 0 where no statement is to blame.

    `sentence` is for the reviewer, `evidence` tells how it is known, `advice` what to do. `query` lists the rows in the
    way, for a person with access to production to run there.
    """

    check: str
    severity: Severity
    sentence: str
    file: str = ""
    line: int = 0
    evidence: str = ""
    advice: str = ""
    query: str = ""


@dataclass(frozen=True)
class IndexParts:
    """The columns of an index in their order, and whether it is unique (the primary key is)."""

    columns: tuple[str, ...]
    unique: bool


Indexes = Mapping[tuple[str, str], IndexParts]
"""By table and name."""


@dataclass(frozen=True)
class Case:
    """Everything that is known of a run that has ended. `explanation` is of the statement that failed."""

    run: Run
    before: Observed
    after: Observed
    difference: Difference
    explanation: Explanation | None = None
    indexes_before: Indexes = field(default_factory=dict)
    indexes_after: Indexes = field(default_factory=dict)

    @cached_property
    def done(self) -> tuple[tuple[Ran, tuple[Act, ...]], ...]:
        """The statements that succeeded, in order, with what each did by its text; those that did nothing left out."""
        read = ((ran, acts(ran.text)) for ran in self.run.statements if ran.error_code is None)
        return tuple((ran, found) for ran, found in read if found)


@dataclass(frozen=True)
class Check:
    """One thing that is looked for. `name` is the key in `.dbs.toml`, `page` its page of the documentation.

    `severity` is what it has where the project says nothing. `find` yields findings of that severity; it may raise a
    `DbsError` when it cannot look, and then there is no verdict.
    """

    name: str
    severity: Severity
    page: str
    find: Callable[[Case], Iterable[Finding]]


@dataclass(frozen=True)
class Judged:
    """The verdict, what it rests on (the worst first, then in the order of the run), and the answer in a sentence."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    sentence: str
