"""What became of tables and columns: which are still there, under which name, and which statement did it.

The dictionary says what has changed; the statements' texts only tell a renamed column from one that was dropped beside
a new one, and give the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbs.migrations.checks.clauses import Act, What
from dbs.migrations.checks.interface import Case
from dbs.migrations.interface import Observed, Ran, SchemaObject, TableState

Place = tuple[str, str]
"""Of a column: its table, and its name in lower case, since the server does not tell names of columns by case."""

_BOOKS = frozenset({
    "__diesel_schema_migrations", "_prisma_migrations", "_sqlx_migrations", "alembic_version", "ar_internal_metadata",
    "databasechangelog", "databasechangeloglock", "db_migrations", "django_migrations", "doctrine_migration_versions",
    "flyway_schema_history", "goose_db_version", "gorp_migrations", "knex_migrations", "knex_migrations_lock",
    "migrations", "phinxlog", "schema_migration", "schema_migrations", "sequelizemeta",
})  # fmt: skip
"""Where tools write down what they ran, some of them anew each time, without a WHERE."""


def done(case: Case) -> Iterator[tuple[Ran, Act]]:
    """What the statements that succeeded did, by their texts, in order."""
    for ran, of_statement in case.done:
        for act in of_statement:
            yield ran, act


def tables(observed: Observed) -> dict[str, TableState]:
    """The tables by name."""
    return {table.name: table for table in observed.tables}


def columns(observed: Observed) -> dict[Place, SchemaObject]:
    """The columns by their places."""
    return {(one.table, one.name.casefold()): one for one in observed.objects if one.kind == "column"}


def renamed_tables(case: Case) -> dict[str, str]:
    """Tables that have another name now: by the server's number of the table, or else by the statements."""
    after = tables(case.after)
    by_id = {table.table_id: table.name for table in case.after.tables if table.table_id is not None}
    told = _told_renames(case)
    found = {}
    for table in case.before.tables:
        name = by_id.get(table.table_id) if table.table_id is not None else None
        if name is None and table.name not in after and told.get(table.name) in after:
            name = told[table.name]
        if name not in (None, table.name):
            found[table.name] = str(name)
    return found


def _told_renames(case: Case) -> dict[str, str]:
    """Where each table went, by the statements that renamed tables; of those only that certainly ran."""
    origin: dict[str, str] = {}
    for _, act in done(case):
        if act.what == "rename table":
            origin[act.to] = origin.pop(act.table, act.table)
    return {old: new for new, old in origin.items() if old != new}


def surviving_tables(case: Case) -> dict[str, str]:
    """What code calls these tables, and what to look at now: the same name if it is there, whoever bears it."""
    after, renamed = tables(case.after), renamed_tables(case)
    names = {name: name if name in after else renamed.get(name) for name in tables(case.before)}
    return {old: new for old, new in names.items() if new is not None}


def surviving_columns(case: Case) -> dict[Place, Place]:
    """Where each column of a surviving table is now. Missing ones are gone, with what was in them."""
    after, where = columns(case.after), surviving_tables(case)
    moved = _told_columns(case)
    found = {}
    for place in columns(case.before):
        table = where.get(place[0])
        if table is None:
            continue
        there = (table, moved.get(place, place)[1])
        if there not in after:
            there = (table, place[1])
        if there in after:
            found[place] = there
    return found


def _told_columns(case: Case) -> dict[Place, Place]:
    """Where statements that succeeded say that columns went: their places before → the last ones."""
    origin = {place: place for place in columns(case.before)}
    for _, of_statement in case.done:
        _follow(origin, of_statement)
    return {old: new for new, old in origin.items()}


def _follow(origin: dict[Place, Place], of_statement: tuple[Act, ...]) -> None:
    """One statement: what it renames, it renames at once, so that two columns may change places."""
    for act in (act for act in of_statement if act.what == "drop column" and act.certain):
        origin.pop((act.table, act.name.casefold()), None)
    renames = [act for act in of_statement if act.what == "rename column"]
    taken = [(act, origin.pop((act.table, act.name.casefold()), None)) for act in renames]
    for act, old in taken:
        if old is not None:
            origin[act.table, act.to.casefold()] = old
    for act in (act for act in of_statement if act.what == "rename table"):
        for place in [place for place in origin if place[0] == act.table]:
            origin[act.to, place[1]] = origin.pop(place)


def ran_by(case: Case, what: What | tuple[What, ...], table: str, name: str = "") -> Ran | None:
    """The statement that did it, the last if several fit: by its text, or else the last that mentions both names.

    `name` is an old name, or one that something was given.
    """
    wanted = (what,) if isinstance(what, str) else what
    names = {table, surviving_tables(case).get(table, table)}
    best: tuple[int, Ran] | None = None
    for ran, act in done(case):
        if act.what in wanted and name.casefold() in ("", act.name.casefold(), act.to.casefold()):
            fit = 2 * (act.table in names or act.to in names) + (name.casefold() == act.name.casefold())
            if (name or fit > 1) and (best is None or fit >= best[0]):
                best = (fit, ran)
    return best[1] if best else _mentioning(case, table, name)


def _mentioning(case: Case, *names: str) -> Ran | None:
    needed = [re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])", re.IGNORECASE) for name in names if name]
    fitting = [
        ran
        for ran in case.run.statements
        if ran.error_code is None and all(pattern.search(ran.text) for pattern in needed)
    ]
    return fitting[-1] if fitting else None


def belongs_to_run(case: Case, ran: Ran, table: str) -> bool:
    """Whether what a statement called by that name holds no rows of production's own.

    The run itself made it, or it is the book that a tool keeps of its migrations.
    """
    if table not in tables(case.before) or table.casefold() in _BOOKS:
        return True
    made = False
    for earlier, act in done(case):
        if earlier is ran:
            break
        if act.certain and act.what == "create table" and act.table == table:
            made = True
        elif act.certain and act.what == "rename table" and table in (act.table, act.to):
            made = act.to == table
    return made
