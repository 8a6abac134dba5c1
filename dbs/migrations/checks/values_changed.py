"""Values that do not fit: the statement failed over them or, worse, stored others in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dbs.migrations.checks.failing import changes_schema, explained, told, where
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found, many
from dbs.migrations.interface import Kind, Ran, Warned

_FAILED: Mapping[Kind, str] = {
    "truncation": "too long",
    "out of range": "out of range",
    "wrong values": "of the wrong kind",
}
# https://mariadb.com/kb/en/mariadb-error-code-reference/; all others leave the values as they are.
_ALTERED: Mapping[int, str] = {
    1048: "NULL replaced",
    1264: "out of range",
    1265: "truncated",
    1366: "of the wrong kind",
}


def find(case: Case) -> Iterator[Finding]:
    """The statement that failed over values, and those that succeeded with warnings about them."""
    failure = explained(case, CHECK)
    if failure is not None:
        ran, why = failure
        rows = why.counts.get("rows")
        how = _FAILED[why.kind]
        counted = f"values are {how}" if rows is None else f"{many(rows, 'value is', 'values are')} {how}"
        does = "Cannot change" if changes_schema(ran) else "Cannot write"
        yield told(CHECK, ran, why, f"{does} {where(ran, why)}: {counted}.", _FIT)
    for ran in case.run.statements:
        altered = [warned for warned in ran.warnings if warned.code in _ALTERED]
        if ran.error_code is None and altered:
            yield _silently(ran, altered)


def _silently(ran: Ran, altered: list[Warned]) -> Finding:
    if len(ran.warnings) == 1:
        counts = many(ran.warning_count, "value")
    else:
        # The server keeps only the first warnings, so that the counts of several kinds may be too small.
        more = ran.warning_count > sum(warned.count for warned in ran.warnings)
        counts = ("at least " if more else "") + many(sum(warned.count for warned in altered), "value")
    hows = sorted({_ALTERED[warned.code] for warned in altered})
    first = altered[0]
    said = f"The server warned: {first.message.rstrip('.')} (warning {first.code})."
    sentence = f"Stores {counts} otherwise than given: {' and '.join(hows)}."
    return found(CHECK, ran, sentence, evidence=said, advice=_FIT)


_FIT = "Choose a type that holds every value, or correct the values in a migration before this one."

CHECK = Check("values-changed", "error", "docs/checks/values-changed.md", find)
