"""Which other servers hold the same data. Counters are each server's own, so that every one has to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dbs.evidence.asking import Denied, ask
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import rows
from dbs.mysql.version import MARIADB, ServerVersion

_DUMPS = "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"
_NEEDS_PROCESS = "SELECT 1 FROM information_schema.innodb_trx LIMIT 0"
_STATUS = {MARIADB: ("SHOW ALL SLAVES STATUS",), "MySQL": ("SHOW REPLICA STATUS", "SHOW SLAVE STATUS")}
_UNKNOWN_WORD = 1064


@dataclass(frozen=True)
class Topology:
    """How a server stands to others: how many copy its changes, how many it copies, how many it is equal with.

    `unseen` says what could not be known, with the GRANT.
    """

    copied_by: int = 0
    copies: int = 0
    cluster: int = 1
    unseen: tuple[str, ...] = ()


def read_topology(
    connection: Connection, version: ServerVersion, settings: Mapping[str, str], status: Mapping[str, str]
) -> Topology:
    """What one server says of it; `settings` and `status` are its global ones. Raises `DatabaseError`."""
    unseen = []
    copied_by = _copied_by(connection) if settings.get("log_bin") == "ON" else 0
    if isinstance(copied_by, Denied):
        unseen.append(f"Whether other servers copy it. As an administrator: {copied_by.grant}")
    copies = _copies(connection, version)
    if isinstance(copies, Denied):
        unseen.append(f"Whether it is a copy itself. As an administrator: {copies.grant}")
    if settings.get("group_replication_group_name"):
        unseen.append("How many servers are in its replication group.")
    return Topology(
        copied_by=0 if isinstance(copied_by, Denied) else copied_by,
        copies=0 if isinstance(copies, Denied) else copies,
        cluster=int(status.get("wsrep_cluster_size", 0)) or 1 if settings.get("wsrep_on") == "ON" else 1,
        unseen=tuple(unseen),
    )


def not_asked(asked: Sequence[Topology]) -> list[str]:
    """Which servers there must be beside those that were asked, by what these know."""
    found = [sentence for one in asked for sentence in one.unseen]
    copied_by = sum(one.copied_by for one in asked)
    if copied_by > sum(1 for one in asked if one.copies):
        found.append("More servers copy its changes than were asked: add them to `replicas` of the source.")
    if asked and all(one.copies for one in asked):
        found.append("All servers that were asked are replicas; what their primary reads is counted there only.")
    if any(one.cluster > len(asked) for one in asked):
        found.append("The cluster has more servers than were asked: add them to `replicas` of the source.")
    return list(dict.fromkeys(found))


def _copied_by(connection: Connection) -> int | Denied:
    answer = ask(connection, _NEEDS_PROCESS, (), "PROCESS ON *.*")
    if isinstance(answer, Denied):  # the list of threads is cut short without an error
        return answer
    return int(rows(connection, _DUMPS)[0][0])


def _copies(connection: Connection, version: ServerVersion) -> int | Denied:
    monitor = version.flavour == MARIADB and version.series >= (10, 5)
    right = f"{'SLAVE MONITOR' if monitor else 'REPLICATION CLIENT'} ON *.*"
    for statement in _STATUS[version.flavour]:
        try:
            answer = ask(connection, statement, (), right)
        except DatabaseError as error:
            if error.code != _UNKNOWN_WORD:
                raise
        else:
            return answer if isinstance(answer, Denied) else len(answer)
    return 0
