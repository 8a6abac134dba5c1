"""From a run that has ended to a verdict: every check in turn, then the answer in one sentence with numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from dbs.errors import DbsError
from dbs.migrations.checks import statement_fails
from dbs.migrations.checks.failing import TELLERS
from dbs.migrations.checks.interface import OFF, SEVERITIES, Case, Check, Finding, Judged, Severity, Verdict
from dbs.migrations.checks.saying import lasting, many, rows_of
from dbs.migrations.checks.severities import sorted_out
from dbs.migrations.checks.table import CHECKS
from dbs.migrations.interface import Ran

_CANNOT: Verdict = "could not be tested"


def judge(case: Case, severities: Mapping[str, Any], more: Sequence[Finding] = ()) -> Judged:
    """The verdict on a run. `severities` is what the project says of checks by name, see `read_severities`.

    `more` are findings from elsewhere, such as those of the runner. A statement that failed is an error whatever the
    project says. A check that cannot look is an error too, and without another error there is no verdict then.
    """
    why_not = _why_not(case)
    if why_not:
        findings = _sorted(case, more)
        return Judged(_CANNOT, findings, f"Could not be tested: {_because(findings) or why_not}")
    valid, problems = sorted_out(severities)
    found, blind = _look(case, valid)
    findings = _sorted(case, [*_certain(case, found), *problems, *more])
    blindness = [_could_not(check, error) for check, error in blind]
    worst: Severity | None = findings[0].severity if findings else None
    everything = (*findings[: _count(findings, "error")], *blindness, *findings[_count(findings, "error") :])
    if blind and worst != "error":
        return Judged(_CANNOT, everything, f"Could not be tested: {_lowered(blindness[0].sentence)}")
    if worst == "error":
        return Judged("fails", everything, f"Fails: {_first(findings, 'error')}")
    if worst == "warning":
        return Judged("passes with warnings", everything, f"Passes with warnings: {_first(findings, 'warning')}")
    return Judged("passes", everything, f"Passes: {_measured(case)}")


def _why_not(case: Case) -> str:
    """Why nothing can be said of the migration, though it is nobody's fault."""
    if case.run.stopped_by == "cancelled":
        return "the run was cancelled."
    if case.run.stopped_by == "connection lost":
        return "the connection to the server was lost while it ran."
    if not case.run.statements and case.run.stopped_by is None:
        return " ".join(["no statement ran.", *case.run.notes])
    return ""


def _because(findings: Sequence[Finding]) -> str:
    return _first(findings, "error") if _count(findings, "error") else ""


def _look(case: Case, severities: Mapping[str, str]) -> tuple[list[Finding], list[tuple[Check, DbsError]]]:
    """What all checks that are not off find, and those that could not look."""
    found: list[Finding] = []
    blind = []
    for check in CHECKS:
        severity = severities.get(check.name, check.severity)
        if severity == OFF:
            continue
        try:
            found.extend(_as_set(check.find(case), check, severity))
        except DbsError as error:
            blind.append((check, error))
    return found, blind


def _as_set(findings: Any, check: Check, severity: str) -> Iterator[Finding]:
    wanted = next(one for one in SEVERITIES if one == severity)
    for finding in findings:
        yield finding if severity == check.severity else replace(finding, severity=wanted)


def _certain(case: Case, found: list[Finding]) -> list[Finding]:
    """With an error about the statement that failed, also where the project turns its check off or down."""
    failed = case.run.failed
    if failed is None and case.run.stopped_by is None:
        return found
    if any(one.severity == "error" and _is_failure(case, one) for one in found):
        return found
    if case.run.stopped_by == "time limit" or failed is None:
        return [statement_fails.out_of_time(case), *found]
    return [statement_fails.failure(case, failed), *(one for one in found if not _is_failure(case, one))]


def _is_failure(case: Case, finding: Finding) -> bool:
    """Whether a finding tells of the statement that failed, or of the time limit."""
    failed = case.run.failed
    there = (failed.file, failed.line) if failed else ("", 0)
    return finding.check in TELLERS and (finding.file, finding.line) == there


def _sorted(case: Case, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The worst first; of these the failure, then in the order of the run."""
    places = {(ran.file, ran.line): number for number, ran in reversed(list(enumerate(case.run.statements)))}

    def key(finding: Finding) -> tuple[int, bool, int]:
        place = places.get((finding.file, finding.line), len(places))
        return SEVERITIES.index(finding.severity), not _is_failure(case, finding), place

    return tuple(sorted(findings, key=key))


def _could_not(check: Check, error: DbsError) -> Finding:
    return Finding(check.name, "error", f"The check {check.name} could not be made: {str(error).rstrip('.')}.")


def _count(findings: Sequence[Finding], severity: Severity) -> int:
    return sum(one.severity == severity for one in findings)


def _first(findings: Sequence[Finding], severity: Severity) -> str:
    """The first finding of a severity with its place, and how many more there are."""
    first, more = findings[0], _count(findings, severity) - 1
    sentence, name = _lowered(first.sentence), PurePosixPath(first.file).name
    if name and name not in sentence:
        sentence = f"{name}{f' line {first.line}' if first.line else ''} {sentence}"
    return f"{sentence.removesuffix('.')}; {many(more, f'more {severity}')}." if more else sentence


def _lowered(sentence: str) -> str:
    """As it goes on behind a colon; names, paths and SQL stay as they are."""
    word = sentence.partition(" ")[0]
    return sentence[:1].lower() + sentence[1:] if word.isalpha() and word[1:].islower() else sentence


def _measured(case: Case) -> str:
    """`3 files, 7 statements in 0.42 s; the longest took 0.31 s on 120,000 rows.`"""
    statements = case.run.statements
    files = len({ran.file for ran in statements if ran.file})
    counted = [many(files, "file")] if files else []
    took = f"{', '.join([*counted, many(len(statements), 'statement')])} in {lasting(case.run.seconds)}"
    longest = max(statements, key=lambda ran: ran.seconds)
    on = _rows(case, longest)
    if len(statements) == 1:
        return f"{took}{on}."
    return f"{took}; the longest took {lasting(longest.seconds)}{on}."


def _rows(case: Case, ran: Ran) -> str:
    """How many rows the tables have that a statement names: the largest of them counts."""
    words = set(re.findall(r"[\w$]+", ran.text))
    there = {table.name: table for table in (*case.before.tables, *case.after.tables)}
    named = [table for name, table in there.items() if table.rows and (name in words or f"`{name}`" in ran.text)]
    return f" on {rows_of(max(named, key=lambda table: table.rows))}" if named else ""
