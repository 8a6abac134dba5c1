"""What the counters of one server say: which are on, since when at the earliest, and how often each index was used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from dbs.evidence.asking import Denied, ask
from dbs.evidence.dictionary import index_names
from dbs.evidence.interface import CounterName
from dbs.evidence.topology import Topology, read_topology
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import rows
from dbs.mysql.version import ServerVersion

State = Literal["on", "off", "absent", "denied"]
_USAGE = "performance_schema.table_io_waits_summary_by_index_usage"
_VARIABLES = (
    "SHOW GLOBAL VARIABLES WHERE variable_name IN ('hostname', 'port', 'server_id', 'log_bin', 'performance_schema', "
    "'userstat', 'wsrep_on', 'group_replication_group_name')"
)
_STATUS = (
    "SHOW GLOBAL STATUS WHERE variable_name IN ('Uptime', 'wsrep_cluster_size', 'Performance_schema_index_stat_lost', "
    "'Performance_schema_table_instances_lost', 'Performance_schema_table_handles_lost')"
)
_PERFORMANCE = (
    "SELECT object_name, index_name, count_star FROM performance_schema.table_io_waits_summary_by_index_usage "
    "WHERE object_schema = %s"
)
_INSTRUMENT = "SELECT enabled FROM performance_schema.setup_instruments WHERE name = 'wait/io/table/sql/handler'"
_OBJECTS = (
    "SELECT object_schema, object_name, enabled FROM performance_schema.setup_objects "
    "WHERE object_type = 'TABLE' AND object_schema IN (%s, '%%')"
)
_USERSTAT = "SELECT table_name, index_name, rows_read FROM information_schema.index_statistics WHERE table_schema = %s"
# MariaDB alone says whether a variable was set by the configuration, or while the server ran.
_ORIGIN = "SELECT global_value_origin FROM information_schema.system_variables WHERE variable_name = 'USERSTAT'"
_UNKNOWN_COLUMN, _UNKNOWN_TABLE = 1054, 1109


@dataclass(frozen=True)
class Counter:
    """One counter. `reads` holds every index of the database, as (table, index), where the state is `on`.

    `since` is when it began at the earliest; None when nobody can know. `trusted` are the tables of which it is known
    that it counts them, None stands for all. `problem` says why it does not count (the others), and what helps.
    """

    name: CounterName
    state: State
    reads: Mapping[tuple[str, str], int]
    since: datetime | None = None
    problem: str = ""
    trusted: frozenset[str] | None = None


@dataclass(frozen=True)
class NodeCounters:
    """The counters of one server at one time (UTC). `where` names it for people, `node` for the ledger."""

    node: str
    where: str
    started_at: datetime
    read_at: datetime
    counters: tuple[Counter, ...]
    topology: Topology = field(default_factory=Topology)


def read_counters(
    connection: Connection, version: ServerVersion, database: str, where: str, now: datetime | None = None
) -> NodeCounters:
    """Read both counters of a server. Raises `DatabaseError`."""
    settings = {str(name).lower(): str(value) for name, value in rows(connection, _VARIABLES)}
    status = {str(name): str(value) for name, value in rows(connection, _STATUS)}
    at = now or datetime.now(UTC)
    started = at - timedelta(seconds=int(status["Uptime"]))
    indexes = index_names(connection, database)
    return NodeCounters(
        node=f"{settings['hostname']}:{settings['port']}/{settings['server_id']}",
        where=where,
        started_at=started,
        read_at=at,
        counters=(
            _performance_schema(connection, database, settings, status, indexes, started),
            _userstat(connection, version, database, settings, indexes, started),
        ),
        topology=read_topology(connection, version, settings, status),
    )


def _performance_schema(
    connection: Connection,
    database: str,
    settings: Mapping[str, str],
    status: Mapping[str, str],
    indexes: set[tuple[str, str]],
    started: datetime,
) -> Counter:
    name: CounterName = "performance_schema"
    if settings.get(name) != "ON":
        return Counter(name, "off", {}, problem="It is off; it can only be switched on in the server's configuration.")
    answer = ask(connection, _PERFORMANCE, (database,), f"SELECT ON {_USAGE}")
    if isinstance(answer, Denied):
        return Counter(name, "denied", {}, problem=f"The account may not read it. As an administrator: {answer.grant}")
    lost = [key for key, value in status.items() if key.startswith("Performance_schema") and int(value)]
    if lost:
        problem = f"It has run out of memory and lost counts ({', '.join(lost)}): give it more."
        return Counter(name, "off", {}, problem=problem)
    tables = {table for table, _ in indexes}
    watched = _watched(connection, database, tables)
    problem = "It does not watch this table (setup_instruments, setup_objects)."
    if isinstance(watched, Denied):
        problem = (
            "It has counted nothing at all on this table, and the account may not see whether it is watched. "
            f"As an administrator: {watched.grant}"
        )
        watched = {str(table) for table, _, count in answer if int(count)}
    counted = {(str(table), str(index)): int(count) for table, index, count in answer if index is not None}
    reads = {one: counted.get(one, 0) for one in indexes}
    return Counter(name, "on", reads, started, problem, frozenset(watched))


def _watched(connection: Connection, database: str, tables: set[str]) -> set[str] | Denied:
    """The tables that are watched; the most particular row of setup_objects decides."""
    rights = "SELECT ON performance_schema.setup_instruments", "SELECT ON performance_schema.setup_objects"
    instrument = ask(connection, _INSTRUMENT, (), rights[0])
    objects = ask(connection, _OBJECTS, (database,), rights[1])
    denied = [answer.grant for answer in (instrument, objects) if isinstance(answer, Denied)]
    if isinstance(instrument, Denied) or isinstance(objects, Denied):
        return Denied(" ".join(denied))
    if [str(enabled) for (enabled,) in instrument] != ["YES"]:
        return set()
    rules = {(str(schema), str(name)): str(enabled) == "YES" for schema, name, enabled in objects}

    def counts(table: str) -> bool:
        places = ((database, table), (database, "%"), ("%", "%"))
        return next((rules[place] for place in places if place in rules), False)

    return {table for table in tables if counts(table)}


def _userstat(
    connection: Connection,
    version: ServerVersion,
    database: str,
    settings: Mapping[str, str],
    indexes: set[tuple[str, str]],
    started: datetime,
) -> Counter:
    name: CounterName = "userstat"
    if name not in settings:
        return Counter(name, "absent", {}, problem=f"{version.flavour} has no such counter.")
    if settings[name] != "ON":
        return Counter(name, "off", {}, problem="It is off. As an administrator: SET GLOBAL userstat = 1;")
    counted = {(str(t), str(i)): int(count) for t, i, count in rows(connection, _USERSTAT, (database,))}
    reads = {one: counted.get(one, 0) for one in indexes}
    since = started if _since_the_start(connection) else None
    problem = "" if since else "It was switched on while the server ran, and nobody can see when."
    return Counter(name, "on", reads, since, problem)


def _since_the_start(connection: Connection) -> bool:
    """Whether userstat is on because of the configuration: then it has been since the server started."""
    try:
        found = rows(connection, _ORIGIN)
    except DatabaseError as error:
        if error.code in (_UNKNOWN_COLUMN, _UNKNOWN_TABLE):  # Percona Server has userstat, and not this
            return False
        raise
    return bool(found) and str(found[0][0]) in ("CONFIG", "COMMAND-LINE", "ENV", "COMPILE-TIME")
