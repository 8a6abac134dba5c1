"""Findings in words. A sentence begins with a verb, so that "0003_email.sql line 4" can stand before it."""

from __future__ import annotations

from dbs.migrations.checks.interface import Check, Finding
from dbs.migrations.interface import Ran, SchemaObject, TableState

_SHOWN = 100


def found(
    check: Check, ran: Ran | None, sentence: str, *, evidence: str = "", advice: str = "", query: str = ""
) -> Finding:
    """A finding at a statement; at none where it is not known which one it was."""
    file, line = (ran.file, ran.line) if ran else ("", 0)
    return Finding(check.name, check.severity, sentence, file, line, evidence, advice, query)


def many(count: int, one: str, more: str = "") -> str:
    """`1 row`, `1,204 rows`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def rows_of(table: TableState) -> str:
    """`1,204 rows`, with "about" where the server only guesses."""
    return ("" if table.rows_exact else "about ") + many(table.rows, "row")


def place(table: str, columns: tuple[str, ...]) -> str:
    """`users.email`, or `users (email, tenant_id)` of several; the table alone where the columns are not known."""
    if len(columns) == 1:
        return f"{table}.{columns[0]}" if table else columns[0]
    return f"{table} ({', '.join(columns)})".strip() if columns else table


def became(before: SchemaObject | None, after: SchemaObject | None) -> str:
    """What the dictionary said of a column before and after the run."""
    was = f"Before the run: {before.name} {shown(before.definition)}." if before else ""
    now = f"After the run: {after.name} {shown(after.definition)}." if after else ""
    return f"{was} {now}".strip()


def lasting(seconds: float) -> str:
    """`0.42 s`, `14 s`, `3 min 20 s`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def shown(text: str) -> str:
    """A foreign word on one line, without what cannot be seen, and not without end."""
    visible = "".join(letter for letter in text if letter.isprintable())
    return visible if len(visible) <= _SHOWN else f"{visible[: _SHOWN - 1]}…"
