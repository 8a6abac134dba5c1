"""An index that is dropped by one statement and made again by a later one: queries run without it in between."""

from __future__ import annotations

from collections.abc import Iterator

from dbs.migrations.checks.clauses import Act
from dbs.migrations.checks.interface import Case, Check, Finding
from dbs.migrations.checks.saying import found, lasting
from dbs.migrations.checks.tracing import belongs_to_run, done
from dbs.migrations.interface import Ran


def find(case: Case) -> Iterator[Finding]:
    """Indexes of production that were away while other statements ran."""
    for dropping, act in done(case):
        parts = case.indexes_before.get((act.table, act.name))
        if act.what != "drop index" or not act.certain or parts is None or belongs_to_run(case, dropping, act.table):
            continue
        making = _made_later(case, dropping, act, parts.columns)
        if making is not None:
            away = lasting(max((making.started_at - dropping.started_at).total_seconds() + making.seconds, 0.0))
            sentence = (
                f"Drops the index {act.table}.{act.name}, which a later statement makes again; it is away for {away}."
            )
            where = f" ({making.file}, line {making.line})" if making.file else ""
            yield found(CHECK, dropping, sentence, evidence=f"It is made again later{where}.", advice=_ADVICE)


def _made_later(case: Case, dropping: Ran, act: Act, columns: tuple[str, ...]) -> Ran | None:
    """The statement after it that adds an index which can do the same, if none could until then."""
    if any(
        _begins(parts.columns, columns)
        for (table, name), parts in case.indexes_before.items()
        if table == act.table and name != act.name
    ):
        return None
    behind = False
    for ran, other in done(case):
        behind = behind or ran is dropping
        if other.what == "add index" and other.table == act.table and _serves(other, act, columns):
            return ran if behind and ran is not dropping else None
    return None


def _begins(longer: tuple[str, ...], columns: tuple[str, ...]) -> bool:
    return [name.casefold() for name in longer[: len(columns)]] == [name.casefold() for name in columns]


def _serves(made: Act, act: Act, columns: tuple[str, ...]) -> bool:
    return made.name.casefold() == act.name.casefold() or _begins(made.columns, columns)


_ADVICE = (
    "Do both in one ALTER TABLE, which never leaves the table without an index, or make the new one under another name "
    "first."
)

CHECK = Check("index-gap", "warning", "docs/checks/index-gap.md", find)
