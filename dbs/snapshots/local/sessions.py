"""Who is connected to a server."""

from __future__ import annotations

from dbs.mysql.query import rows
from dbs.snapshots.interface import Session, SnapshotError
from dbs.snapshots.local.server import Server

# An open transaction without a lock or a change has no row in innodb_trx: it loses nothing.
_QUERY = (
    "SELECT p.user, p.host, p.command, CAST(p.time AS SIGNED), t.trx_id IS NOT NULL "
    "FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id "
    "WHERE p.id <> CONNECTION_ID() AND p.user NOT IN ('system user', 'event_scheduler')"
)


def sessions_of(server: Server) -> tuple[tuple[Session, ...], str]:
    """All sessions but our own, and an empty text; or none, and why they could not be looked up."""
    try:
        with server.admin() as connection:
            found = rows(connection, _QUERY)
    except SnapshotError as error:
        return (), str(error)
    return tuple(Session(str(u), str(h), str(c), int(s or 0), bool(t)) for u, h, c, s, t in found), ""
