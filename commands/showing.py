"""A rehearsal's report for people: as a check at GitHub, and as messages for its thread in Slack. Pure.

The report is plain JSON, as `commands/work/rehearse.py` writes it. Everything in it that came from a pull request is
foreign text: it is escaped here for GitHub, and by `chatbot` for Slack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from commands.interface import Outcome, Result, Table
from commands.texts import moment, size, took
from dbs.github import RERUN_ACTION, Annotation, CheckResult
from dbs.github.interface import Conclusion, Level
from dbs.github.markdown import block, code, plain
from dbs.rehearsals import Rehearsal

_CONCLUSIONS: dict[str, Conclusion] = {
    "passes": "success",
    "passes with warnings": "success",
    "fails": "failure",
    # Never `neutral`: a required check would be met by it.
    "could not be tested": "failure",
    "superseded": "cancelled",
}
_LEVELS: dict[str, Level] = {"error": "failure", "warning": "warning", "notice": "notice"}
_MARKS = {"error": "❌", "warning": "⚠️", "notice": "💬"}
_MOST_ROWS = 60
_LONGEST_CELL = 160
_SLOWEST = 10
Report = Mapping[str, Any]


def check_of(one: Rehearsal, name: str, details_url: str | None, url: str = "") -> CheckResult:
    """What GitHub shows of a rehearsal that has ended. `url` is where the commit's files are shown."""
    report = one.report or {}
    waits = bool(report.get("operator"))
    title = str(report.get("sentence") or one.verdict or "")
    return CheckResult(
        name=name,
        head_sha=one.head,
        conclusion="action_required" if waits else _CONCLUSIONS[one.verdict or "could not be tested"],
        title=title,
        summary="\n\n".join(_summary(report, url)) or plain(title),
        text="\n\n".join(_text(report)),
        annotations=tuple(_annotations(report)),
        actions=(RERUN_ACTION,),
        details_url=details_url,
    )


def thread_of(report: Report) -> list[Result]:
    """What stands in the thread below the result: the findings each with its advice, then the figures."""
    outcome: Outcome = "failed" if report.get("verdict") in ("fails", "could not be tested") else "done"
    findings = report.get("findings", ())
    results = []
    if findings:
        results.append(Result("findings", outcome, _counted(findings), _numbered(findings)))
    figures = tuple(_figures(report))
    if figures:
        results.append(Result("figures", "done", _measured(report), _facts(report), figures))
    return results


def in_full(report: Report) -> tuple[dict[str, str], tuple[Table, ...]]:
    """Everything in one: for the terminal."""
    schema = {"Schema": str(report["diff"])} if report.get("diff") else {}
    return {**_numbered(report.get("findings", ())), **_facts(report), **schema}, tuple(_figures(report))


def _numbered(findings: Sequence[Report]) -> dict[str, str]:
    return {f"{number}. {_titled(one)}": _told(one) for number, one in enumerate(findings[:_MOST_ROWS], 1)}


def _titled(one: Report) -> str:
    where = _where(one)
    return f"{one['severity']}: {one['check']}{f' at {where}' if where else ''}"


def _told(one: Report) -> str:
    query = one.get("query")
    parts = [
        one["sentence"],
        one.get("evidence"),
        one.get("advice"),
        f"To find them on production: {query}" if query else "",
    ]
    return "\n".join(str(part) for part in parts if part)


def _counted(findings: Sequence[Report]) -> str:
    counts = {level: sum(one["severity"] == level for one in findings) for level in _LEVELS}
    said = [f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts.items() if count]
    return f"Found: {', '.join(said)}."


def _summary(report: Report, url: str) -> Iterator[str]:
    if report.get("sentence"):
        yield plain(str(report["sentence"]), 2_000)
    findings = report.get("findings", ())
    if findings:
        rows = [
            f"| {_MARKS[one['severity']]} {plain(one['check'])} | {_linked(one, url)} | {plain(one['sentence'], 500)} |"
            for one in findings[:_MOST_ROWS]
        ]
        yield "\n".join(["| check | where | what |", "| --- | --- | --- |", *rows])
        for finding in findings[:_MOST_ROWS]:
            yield from _advised(finding)
    yield from _markdown_tables(report)


def _advised(finding: Report) -> Iterator[str]:
    evidence = finding.get("evidence", "")
    parts = [f"**{plain(finding['check'])}**{': ' if evidence else ''}{plain(evidence, 2_000) if evidence else ''}"]
    if finding.get("advice"):
        parts.append(f"What to do: {plain(finding['advice'], 2_000)}")
    if finding.get("query"):
        parts.append(f"To find them on production:\n\n{block(finding['query'], 'sql')}")
    if finding.get("evidence") or finding.get("advice") or finding.get("query"):
        yield "\n\n".join(parts)


def _markdown_tables(report: Report) -> Iterator[str]:
    for table in _figures(report):
        rows = [f"| {' | '.join(code(cell, _LONGEST_CELL) for cell in row)} |" for row in table.rows[:_MOST_ROWS]]
        more = [f"\n… and {len(table.rows) - _MOST_ROWS} more."] if len(table.rows) > _MOST_ROWS else []
        head = [f"| {' | '.join(table.columns)} |", f"|{' --- |' * len(table.columns)}"]
        yield "\n".join([f"**{table.title}**\n", *head, *rows, *more])
    facts = [f"{plain(label)}: {plain(value)}" for label, value in _facts(report).items()]
    if facts:
        yield " · ".join(facts)


def _text(report: Report) -> Iterator[str]:
    if report.get("diff"):
        yield f"What it does to the schema, by execution:\n\n{block(report['diff'], 'diff')}"
    if report.get("console"):
        yield f"What its program wrote:\n\n{block(report['console'])}"


def _annotations(report: Report) -> Iterator[Annotation]:
    for one in report.get("findings", ()):
        if one.get("file") and one.get("line"):
            parts = [one["sentence"], one.get("evidence", ""), one.get("advice", "")]
            message = "\n".join(part for part in parts if part)
            yield Annotation(one["file"], int(one["line"]), _LEVELS[one["severity"]], message, one["check"])


def _figures(report: Report) -> Iterator[Table]:
    """Files, the slowest statements, the tables that changed."""
    files = report.get("files", ())
    if files:
        rows = tuple((one["path"], f"{one['statements']:,}", took(one["seconds"]), one["ended"]) for one in files)
        yield Table("Files", ("file", "statements", "took", ""), rows)
    slowest = sorted(report.get("statements", ()), key=lambda one: -float(one["seconds"]))[:_SLOWEST]
    if slowest:
        run = tuple(
            (_line(one["text"]), took(one["seconds"]), _count(one.get("rows_affected")), _where(one)) for one in slowest
        )
        yield Table("Slowest statements", ("statement", "took", "rows", "where"), run)
    tables = report.get("tables", ())
    if tables:
        sizes = tuple(
            (
                one["table"],
                _count(one.get("rows_changed")),
                f"{_bytes(one.get('bytes_before'))} → {_bytes(one.get('bytes_after'))}",
            )
            for one in tables
        )
        yield Table("Tables", ("table", "rows changed", "size"), sizes)


def _measured(report: Report) -> str:
    ran = int(report.get("statement_count", 0))
    return f"{ran:,} statement{'' if ran == 1 else 's'} in {took(float(report.get('ran_seconds', 0)))}."


def _facts(report: Report) -> dict[str, str]:
    facts = {}
    snapshot = report.get("snapshot")
    if snapshot:
        facts["Data from"] = f"{moment(snapshot['data_state_at'])}, masked"
    if report.get("data_bytes_before") is not None and report.get("data_bytes_after") is not None:
        facts["Data directory"] = f"{size(report['data_bytes_before'])} → {size(report['data_bytes_after'])}"
    for phase, seconds in report.get("seconds", {}).items():
        facts[f"{phase.capitalize()} took"] = took(float(seconds))
    return facts


def _where(one: Report) -> str:
    if not one.get("file"):
        return ""
    return f"{one['file']}:{one['line']}" if one.get("line") else str(one["file"])


def _linked(one: Report, url: str) -> str:
    where = _where(one)
    if not (where and url):
        return code(where) if where else ""
    anchor = f"#L{one['line']}" if one.get("line") else ""
    return f"[{code(where)}]({url}/{quote(str(one['file']))}{anchor})"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_CELL else f"{line[: _LONGEST_CELL - 1]}…"


def _count(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _bytes(value: int | None) -> str:
    return "none" if value is None else size(value)


def worst(findings: Sequence[Report]) -> str:
    """The severity of the worst finding, or nothing."""
    return next((one for one in _LEVELS if any(finding["severity"] == one for finding in findings)), "")
