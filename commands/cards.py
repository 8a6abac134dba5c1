"""What is known of a table, a column or an index of production, as facts and tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from commands.interface import Table
from commands.texts import moment, size
from dbs.evidence.indexes import IndexEvidence
from dbs.evidence.interface import Evidence, IndexUse
from dbs.evidence.sizes import Size

_UNSEEN, _BLIND = "not seen", "no counter sees"


def facts_of(found: IndexEvidence) -> dict[str, str]:
    """What it is, who uses it, how large it is, what covers it."""
    shape = found.shape
    if shape is None or found.use is None or found.size is None:
        return {}
    kind = [*(["unique"] if shape.unique else []), shape.kind, *(["ignored by the optimizer"] if shape.ignored else [])]
    facts = {
        "Kind": ", ".join(kind),
        "Use": _use(found.use),
        "Different values": "unknown" if shape.cardinality is None else f"about {shape.cardinality:,}",
        "Size": _size(found.size),
        "Covered by": ", ".join(found.spare) or "no other index",
    }
    return {**facts, "Comment": shape.comment} if shape.comment else facts


def _use(use: IndexUse) -> str:
    words: list[str] = [use.verdict]
    if use.since is not None and use.verdict != "unknown":
        words.append(f"counted since {moment(use.since.isoformat())}")
    if use.last_used is not None:
        words.append(f"last seen used {moment(use.last_used.isoformat())}")
    return ", ".join(words)


def _size(one: Size) -> str:
    table = f"the table has about {one.rows:,} rows in {size(one.table_bytes)}"
    if one.index_bytes is None:
        return f"unknown ({one.why} All indexes together: {size(one.all_bytes)}; {table})"
    return f"{size(one.index_bytes)} ({table})"


def tables_of(found: Evidence) -> tuple[Table, ...]:
    """What depends on it and what is not known, and of an index what each counter says.

    All sentences in one table, because Slack shows only the first one of a message with whole cells.
    """
    return tuple(_tables(found))


def _tables(found: Evidence) -> Iterator[Table]:
    rows: list[tuple[str, str]] = []
    rows += [
        (one.kind, one.sentence if one.certain else f"Perhaps: {one.sentence}") for one in found.dependencies.found
    ]
    use = found.use
    unseen = [*(use.reasons if use is not None else ()), *found.dependencies.unseen]
    rows += [(_UNSEEN, sentence) for sentence in dict.fromkeys(unseen)]
    if use is not None:
        rows += [(_BLIND, sentence) for sentence in use.blind_spots]
    if rows:
        yield Table("What depends on it, and what is not known", ("what", "how"), tuple(rows))
    if use is not None and use.counters:
        counted = [
            (one.where, one.counter, "unknown" if one.reads is None else f"{one.reads:,}", _trouble(one.problem))
            for one in use.counters
        ]
        yield Table("What the counters say", ("server", "counter", "reads", "trouble"), tuple(counted))


def _trouble(problem: str) -> str:
    """Without the statement that helps: it stands among what could not be seen, where there is room for it."""
    return problem.partition(" As an administrator")[0] or "-"
