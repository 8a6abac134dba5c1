"""Views, triggers, routines and events that use what is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbs.evidence import mentions
from dbs.evidence.asking import Denied, account, ask, grant
from dbs.evidence.interface import Dependency, Kind, Touched
from dbs.mysql.interface import Connection
from dbs.mysql.names import quote_name
from dbs.mysql.query import rows
from dbs.mysql.version import MARIADB, ServerVersion

_VIEWS = (
    "SELECT table_schema, table_name, view_definition FROM information_schema.views "
    "WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')"
)
_TRIGGERS = (
    "SELECT trigger_schema, trigger_name, event_object_table, action_timing, event_manipulation, action_statement "
    "FROM information_schema.triggers "
    "WHERE trigger_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')"
)
_ROUTINES = (
    "SELECT routine_schema, routine_name, routine_type, routine_definition FROM information_schema.routines "
    "WHERE routine_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')"
)
_EVENTS = "SELECT event_schema, event_name, 'EVENT', event_definition FROM information_schema.events"


@dataclass(frozen=True)
class _View:
    schema: str
    name: str
    text: str


def of_views(connection: Connection, database: str, touched: Touched) -> tuple[list[Dependency], list[str]]:
    """The views that read what is touched, and those that read such a view; with the server's word on each of them."""
    views = [_View(str(schema), str(name), str(text or "")) for schema, name, text in rows(connection, _VIEWS)]
    hidden = sorted({f"{one.schema}.{one.name}" for one in views if not one.text})
    unseen = [f"What is in the view {name}: the account lacks SHOW VIEW there." for name in hidden]
    first = [one for one in views if _reads(one, database, touched)]
    how = f"reads {touched}" if touched.index is None else "names it in a hint, and fails without it (error 1176)"
    found = [_view(connection, one, database, how) for one in first]
    if touched.index is None:
        found += [
            _view(connection, one, database, f"reads the view {below.name}, which reads {touched}")
            for one, below in _above(views, first)
        ]
    return found, unseen


def _reads(view: _View, database: str, touched: Touched) -> bool:
    if touched.index is not None:
        return mentions.hints(view.text, database, touched.table, touched.index)
    if touched.column is not None:
        return mentions.reads_column(view.text, database, touched.table, touched.column)
    return mentions.reads_table(view.text, database, touched.table)


def _above(views: list[_View], first: list[_View]) -> Iterator[tuple[_View, _View]]:
    """Views that read one of the first ones, views that read those, and so on; each with one that it reads."""
    known, below = set(first), first
    while below:
        found = {}
        for one in views:
            under = next((low for low in below if mentions.reads_table(one.text, low.schema, low.name)), None)
            if one not in known and under is not None:
                found[one] = under
        yield from found.items()
        known |= set(found)
        below = list(found)


def _view(connection: Connection, view: _View, database: str, how: str) -> Dependency:
    name = view.name if view.schema == database else f"{view.schema}.{view.name}"
    said = _trouble(connection, view)
    broken = f" It is broken already, says CHECK TABLE: {said}" if said else ""
    return Dependency("view", name, f"The view {name} {how}.{broken}")


def _trouble(connection: Connection, view: _View) -> str:
    """What the server finds wrong with a view when it resolves all names in it; empty when nothing is."""
    place = f"{quote_name(view.schema)}.{quote_name(view.name)}"
    said = rows(connection, f"CHECK TABLE {place}")
    wrong = [str(text) for _, _, kind, text in said if str(kind).lower() in ("error", "warning")]
    return wrong[0].rstrip(".") + "." if wrong else ""


def of_triggers(connection: Connection, database: str, touched: Touched) -> Iterator[Dependency]:
    """A table's own triggers go with it; those of others, and mentions of a column or an index, are candidates."""
    for schema, name, table, timing, event, text in rows(connection, _TRIGGERS):
        own = schema == database and table == touched.table
        shown = str(name) if schema == database else f"{schema}.{name}"
        what = f"The trigger {shown} ({str(timing).lower()} {str(event).lower()} on {table})"
        if own and touched.column is None and touched.index is None:
            yield Dependency("trigger", shown, f"{what} is dropped with it.")
        elif _names(str(text or ""), touched, own=own):
            yield Dependency("trigger", shown, f"{what} may use it: it names {_named(touched)}.", certain=False)


def of_routines(connection: Connection, database: str, touched: Touched) -> Iterator[Dependency]:
    """Procedures and functions that name it."""
    yield from _candidates("routine", rows(connection, _ROUTINES), database, touched)


def of_events(connection: Connection, database: str, touched: Touched) -> Iterator[Dependency]:
    """Events that name it."""
    yield from _candidates("event", rows(connection, _EVENTS), database, touched)


def unseen_routines(connection: Connection, version: ServerVersion, database: str) -> list[str]:
    """Why routines may be missing, with the GRANT: a server leaves those out that an account may not see."""
    granted = " ".join(str(line) for (line,) in rows(connection, "SHOW GRANTS"))
    if version.flavour != MARIADB:
        wide = ("SHOW_ROUTINE" in granted, "GRANT SELECT" in granted.partition(" ON *.*")[0])
        return [] if any(wide) else [_routines(grant(connection, "SHOW_ROUTINE ON *.*"))]
    answer = ask(connection, "SELECT 1 FROM mysql.proc LIMIT 0", (), "SELECT ON mysql.proc")
    if not isinstance(answer, Denied) or "SHOW CREATE ROUTINE" in granted:
        return []
    if version.series >= (11, 3):
        place = f"{quote_name(database)}.*"
        return [_routines(f"GRANT SHOW CREATE ROUTINE ON {place} TO {account(connection)};")]
    return [_routines(answer.grant)]


def _routines(statement: str) -> str:
    return f"Procedures and functions that the account may not see. As an administrator: {statement}"


def _candidates(kind: Kind, found: list[tuple[object, ...]], database: str, touched: Touched) -> Iterator[Dependency]:
    for schema, name, type_, text in found:
        shown = str(name) if schema == database else f"{schema}.{name}"
        what = f"The {str(type_).lower()} {shown}"
        if text is None:
            yield Dependency(kind, shown, f"{what} may use it: the account cannot read its text.", certain=False)
        elif _names(str(text), touched, own=False):
            yield Dependency(kind, shown, f"{what} may use it: it names {_named(touched)}.", certain=False)


def _names(text: str, touched: Touched, *, own: bool) -> bool:
    """Whether a program names what is touched, and its table too unless it stands on that table."""
    if not own and not mentions.names(text, touched.table):
        return False
    part = touched.index or touched.column
    return part is None or mentions.names(text, part)


def _named(touched: Touched) -> str:
    part = touched.index or touched.column
    return touched.table if part is None else f"{part} and {touched.table}"
