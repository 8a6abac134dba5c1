"""`index`: what is known of one index of production before somebody drops it: who uses it, what depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from commands.cards import facts_of, tables_of
from commands.command import Command
from commands.interface import Request, Result
from commands.nodes import counters
from commands.parsing import option, word
from commands.policies import open_for
from commands.services import Services
from commands.targets import find_source
from dbs.errors import UsageError
from dbs.evidence.asking import gently
from dbs.evidence.dictionary import table_names
from dbs.evidence.indexes import Asked, about_index
from dbs.mysql.interface import Connection
from dbs.sources.interface import source_errors

_FORM = "Write it as table.index, such as orders.idx_email."


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
    facts = {"Index": f"{found.touched.table}.{found.shape}", "Source": f"{name}, {opened.where}", **facts_of(found)}
    return Result("index", "done", found.sentence, facts, tables_of(found))


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
