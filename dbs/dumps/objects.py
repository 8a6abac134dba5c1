"""What goes behind the rows of a dump: routines, views, triggers and events, as the stock client reads them.

Each was made under settings of its own (sql_mode, collations, time zone), which decide what its text means; they are
set again where they differ from those before. Definers are left out: it all belongs to whoever loads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from dbs.dumps.interface import DumpError
from dbs.dumps.rewriting import without_definer
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.names import quote_name
from dbs.mysql.query import Row, rows
from dbs.mysql.version import MARIADB, ServerVersion, parse

_BROKEN_VIEW = 1356
_DENIED = (1044, 1142, 1143, 1227, 1370)
_DELIMITERS = (";;", "$$", "//", "%%%", "@@@@")
# Without effect on what is stored, and unknown to MySQL 8 and later, where SET would fail.
_MODES_LEFT_OUT = {"NO_AUTO_CREATE_USER", "NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS"}
_CREATE = re.compile(r"\s*CREATE\b", re.IGNORECASE)
_ENABLED = re.compile(
    r"(?P<head>.*?\bON\s+COMPLETION\s+(?:NOT\s+)?PRESERVE\s+)(?:ENABLE|DISABLE(?:\s+ON\s+\w+)?)\b", re.DOTALL
)
_SHOW_CREATE_ROUTINE = (11, 3)
"""The first series of MariaDB with that right: https://mariadb.com/kb/en/grant/#database-privileges"""


@dataclass(frozen=True)
class Kind:
    """How one kind of object is found.

    `listing` gives name, type, collation_connection, database_collation and time zone; `text` is the column behind
    the sql_mode in SHOW CREATE with the statement; `drops`: one of that name is dropped before.
    """

    listing: str
    text: int
    drops: bool


KINDS: Mapping[str, Kind] = {
    "routines": Kind(
        "SELECT routine_name, routine_type, collation_connection, database_collation, NULL "
        "FROM information_schema.routines WHERE routine_schema = %s ORDER BY routine_type, routine_name",
        text=0,
        drops=True,
    ),
    # Triggers of the same moment run in the order in which they are made; the server keeps no FOLLOWS in their text.
    "triggers": Kind(
        "SELECT trigger_name, 'TRIGGER', collation_connection, database_collation, NULL "
        "FROM information_schema.triggers WHERE trigger_schema = %s "
        "ORDER BY event_object_table, action_timing, event_manipulation, action_order",
        text=0,
        drops=False,
    ),
    "events": Kind(
        "SELECT event_name, 'EVENT', collation_connection, database_collation, time_zone "
        "FROM information_schema.events WHERE event_schema = %s ORDER BY event_name",
        text=1,
        drops=True,
    ),
}


class Session:
    """Reads on a connection, and remembers what settings the text so far leaves behind."""

    def __init__(self, connection: Connection, database: str) -> None:
        self.connection = connection
        self.database = database
        self.version = parse(str(rows(connection, "SELECT VERSION()")[0][0])) or ServerVersion(MARIADB, 0, 0)
        query = "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = %s"
        found = rows(connection, query, (database,))
        if not found:
            raise DumpError(f"There is no database {database} on the source, or its account may not see it.")
        self._collation = str(found[0][0])
        self._left: dict[str, str] = {"database": self._collation}

    def defaults(self) -> str:
        """The statement that gives a database what this one has, for tables and routines that name nothing."""
        return self._alter(self._collation)

    def opening(self) -> str:
        """The first lines before objects."""
        return "SET @dbs_mode = @@sql_mode, @dbs_collation = @@collation_connection, @dbs_zone = @@time_zone;\n"

    def closing(self) -> str:
        """The last lines: everything as it was before the first."""
        text = "SET sql_mode = @dbs_mode, collation_connection = @dbs_collation, time_zone = @dbs_zone;\n"
        return self._change("database", self._collation) + text

    def settings(self, mode: object, collation: object, database: object, zone: object) -> str:
        """The statements that set what an object was made under, as far as it is another than before; None is any."""
        wanted = {"collation_connection": collation, "database": database, "time_zone": zone}
        text = "".join(self._change(name, str(value)) for name, value in wanted.items() if value)
        if mode is None:
            return text
        kept = [one for one in str(mode).split(",") if one not in _MODES_LEFT_OUT]
        return text + self._change("sql_mode", ",".join(kept))

    def _change(self, name: str, value: str) -> str:
        if self._left.get(name) == value:
            return ""
        self._left[name] = value
        return self._alter(value) if name == "database" else f"SET {name} = '{value}';\n"

    def _alter(self, collation: str) -> str:
        charset = collation.partition("_")[0]
        return f"ALTER DATABASE CHARACTER SET {charset} COLLATE {collation};\n"

    def show(self, statement: str, right: str) -> Row:
        """The one row of a SHOW CREATE. Raises `DumpError` that names the GRANT when it is denied."""
        return self.show_all(statement, right)[0]

    def show_all(self, statement: str, right: str) -> list[Row]:
        """All rows of a SHOW. Raises `DumpError` that names the GRANT when it is denied."""
        try:
            return rows(self.connection, statement)
        except DatabaseError as error:
            if error.code not in _DENIED:
                raise
            raise self.denied(right) from error

    def denied(self, right: str) -> DumpError:
        """That the reader's account lacks a right, and how it gets it."""
        user, _, host = str(rows(self.connection, "SELECT CURRENT_USER()")[0][0]).rpartition("@")
        account = f"'{user}'@'{host}'"
        return DumpError(
            f"The account {account} may not read all definitions of {self.database}; as an administrator of the source "
            f"run: GRANT {right} TO {account};"
        )

    def here(self, right: str) -> str:
        """A right on this database."""
        return f"{right} ON {quote_name(self.database)}.*"


def compound_objects(session: Session, name: str) -> list[str]:
    """All routines, triggers or events, each with its settings and in delimiters of its own."""
    kind = KINDS[name]
    if name == "events":
        # information_schema is silent where the right is missing; this is refused.
        session.show_all(f"SHOW EVENTS FROM {quote_name(session.database)}", session.here("EVENT"))
    found = []
    for one, what, *settings in rows(session.connection, kind.listing, (session.database,)):
        place = quote_name(str(one))
        # Not the data dictionary's sql_mode: MariaDB says INVALID_DATES there for ALLOW_INVALID_DATES.
        _, mode, *parts = session.show(f"SHOW CREATE {what} {place}", _right(session, name))
        created = parts[kind.text]
        if created is None:
            raise session.denied(_right(session, name))
        text = without_definer(str(created).encode()).decode()
        drop = f"DROP {what} IF EXISTS {place};\n" if kind.drops else ""
        head = session.settings(mode, *settings)
        found.append(head + drop + _delimited(_disabled(text) if name == "events" else text))
    return found


def _right(session: Session, name: str) -> str:
    """What it takes to read the definition of such an object."""
    if name != "routines":
        return session.here("TRIGGER" if name == "triggers" else "EVENT")
    if session.version.flavour != MARIADB:
        return "SHOW_ROUTINE ON *.*"
    newer = session.version.series >= _SHOW_CREATE_ROUTINE
    return session.here("SHOW CREATE ROUTINE") if newer else "SELECT ON mysql.proc"


def _disabled(text: str) -> str:
    """The event, turned off: a copy must not send what production sends at night."""
    found = _ENABLED.match(text)
    if found is None:
        raise DumpError("The source shows an event in a form that dbs does not know; please report it.")
    return (
        f"-- Turned off by dbs: events of the source do not run in copies.\n{found['head']}DISABLE{text[found.end() :]}"
    )


def _delimited(text: str) -> str:
    delimiter = next((one for one in _DELIMITERS if one not in text), _DELIMITERS[0])
    # On a line of its own: the text may end in a comment.
    return f"DELIMITER {delimiter}\n{text}\n{delimiter}\nDELIMITER ;\n"


def view_objects(session: Session) -> tuple[list[str], list[str]]:
    """All views, each behind those that it reads; and sentences about those that do not work on the source either."""
    query = "SELECT table_name, view_definition, collation_connection FROM information_schema.views "
    found = rows(session.connection, query + "WHERE table_schema = %s ORDER BY table_name", (session.database,))
    collations = {str(name): collation for name, _, collation in found}
    texts, left_out = [], []
    for name in _in_order(session.database, {str(name): str(text or "") for name, text, _ in found}):
        created = str(session.show(f"SHOW CREATE VIEW {quote_name(name)}", session.here("SHOW VIEW"))[1])
        if any(int(code) == _BROKEN_VIEW for _, code, *_ in rows(session.connection, "SHOW WARNINGS")):
            sentence = f"The view {name} is not in the dump: on the source it fails, because what it reads is gone"
            left_out.append(f"{sentence} or its definer may not read it.")
            continue
        text = _own_functions(session.database, without_definer(created.encode()).decode())
        head = session.settings(None, collations[name], None, None)
        texts.append(f"{head}{_CREATE.sub('CREATE OR REPLACE', text, count=1)};\n")
    return texts, left_out


def _own_functions(database: str, text: str) -> str:
    """The server names the database of tables only where it must, that of functions always."""
    return re.sub(re.escape(quote_name(database)) + r"\.(?=`(?:[^`]|``)+`\()", "", text)


def _in_order(database: str, definitions: Mapping[str, str]) -> list[str]:
    """Names of views, each behind those that its definition names. There all names are whole (`shop`.`users`)."""
    place = quote_name(database)
    needs = {
        name: {other for other in definitions if other != name and f"{place}.{quote_name(other)}" in text}
        for name, text in definitions.items()
    }
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError:  # only a name inside a text can look like one; the server refuses such views
        return list(definitions)
