"""`index`: what is known of one index of production before somebody drops it: who uses it, what depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from commands.command import Command
from commands.interface import Request, Result, Table
from commands.nodes import counters
from commands.parsing import option, word
from commands.policies import open_for
from commands.services import Services
from commands.targets import find_source
from commands.texts import moment, size
from dbs.errors import UsageError
from dbs.evidence.asking import gently
from dbs.evidence.dictionary import table_names
from dbs.evidence.indexes import Asked, IndexEvidence, about_index
from dbs.evidence.interface import IndexUse
from dbs.evidence.sizes import Size
from dbs.mysql.interface import Connection
from dbs.sources.interface import source_errors

_FORM = "Write it as table.index, such as orders.idx_email."
_UNSEEN, _BLIND = "not seen", "no counter sees"


@dataclass(frozen=True)
class IndexArguments:
    """Which index of which source."""

    index: str = word("the index, as table.index")
    source: str | None = option("--source", "the source that it is in, when there are several")


def run(services: Services, request: Request, arguments: IndexArguments) -> Result:
    """Look it up now, with the account that can only read; nothing of a row is read."""
    name = arguments.source or _only_source(services)
    source = find_source(services, name)
    nodes, not_reached = counters(services, source)
    with open_for(services, source) as opened, source_errors():
        connection = opened.connection
        gently(connection, opened.version)
        table, index = _parts(connection, opened.database, arguments.index)
        asked = Asked(name, nodes, not_reached, services.index_usage)
        found = about_index(connection, opened.version, opened.database, table, index, asked)
    facts = {"Index": f"{found.touched.table}.{found.shape}", "Source": f"{name}, {opened.where}", **_facts(found)}
    return Result("index", "done", found.sentence, facts, tuple(_tables(found)))


def _only_source(services: Services) -> str:
    known = list(services.settings.source)
    if len(known) != 1:
        raise UsageError(f"Which source? Add --source and one of: {', '.join(known) or 'none'}.")
    return known[0]


def _parts(connection: Connection, database: str, given: str) -> tuple[str, str]:
    """Table and index. A table's name may hold dots, and the database may stand before it."""
    text = given.replace("`", "").strip()
    tables = table_names(connection, database)
    splits = [(text[:at], text[at + 1 :]) for at, letter in enumerate(text) if letter == "."]
    known = [(table, index) for table, index in splits if table in tables and index]
    if known:
        return known[-1]
    own = text.removeprefix(f"{database}.") if text.count(".") > 1 else text
    table, dot, index = own.rpartition(".")
    if not (table and dot and index):
        raise UsageError(f"{given!r} is no index. {_FORM}")
    return table, index


def _facts(found: IndexEvidence) -> dict[str, str]:
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


def _tables(found: IndexEvidence) -> Iterator[Table]:
    """All sentences in one table, because Slack shows only the first one of a message with whole cells."""
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


COMMAND = Command(
    name="index",
    summary="see who uses an index of production, and what depends on it",
    arguments=IndexArguments,
    role="operator",
    run=run,
    example="/dbs index orders.idx_email",
    target="index",
    slow=True,
)
