"""Opening a source: the way there, the replica that keeps up, an account that can only read."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import rows
from dbs.mysql.version import MYSQL, ServerVersion, parse
from dbs.mysql.way import Way
from dbs.settings import Source
from dbs.settings.network import Network
from dbs.sources import proxy, rights, tls
from dbs.sources.interface import Lag, Opened, SourceError, sentence_case, source_errors
from dbs.sources.lag import replica_lag
from dbs.sources.places import Place, place

LOG_IN_SECONDS = 10.0
_NO_DATABASE_RIGHT = 1044


def open_source(
    source: Source, password: str | None, network: Network, base: Path = Path(), *, any_account: bool = False
) -> Opened:
    """Connect to the first replica that keeps up, or else to the server at `url`.

    A replica that is down, lags or has stopped is passed over and named in `passed_over`; one that refuses us for good
    (access, certificate) is an error, because otherwise the primary would be read every night unnoticed. `base` is what
    a relative `ca_file` starts from. Raises `SourceError`, also when the account may do more than read or cannot read
    everything (unless `any_account`: for `dbs doctor`, which says so), and `SettingsError` for a bad `ca_file`.
    """
    passed_over: list[str] = []
    for url in source.replicas:
        try:
            opened = _open(url, source, password, network, base)
        except SourceError as error:
            if not error.transient:
                raise
            passed_over.append(str(error))
        else:
            opened = replace(opened, is_replica=True, passed_over=tuple(passed_over))
            return opened if any_account else _read_only(opened, source)
    opened = replace(_open(source.url, source, password, network, base), passed_over=tuple(passed_over))
    return opened if any_account else _read_only(opened, source)


def _open(url: str, source: Source, password: str | None, network: Network, base: Path) -> Opened:
    """Raises `SourceError` for a server that is not there, is not trusted, or is too far behind."""
    where = place(url)
    way = _way(where, source, network, base)
    again = partial(_connect, where, password, way)
    connection = again()
    try:
        with source_errors():
            version = server_version(connection)
            lag = replica_lag(connection, version)
        problem = too_far_behind(lag, source.max_lag.total_seconds())
        if problem:
            raise SourceError(f"{sentence_case(str(where))}: {problem}.", transient=True)
    except BaseException:
        connection.close()
        raise
    return Opened(
        connection, str(where), where.database, bool(lag.replica), lag.seconds, version, tls.describe(connection), again
    )


def server_version(connection: Connection) -> ServerVersion:
    """What the server says it is. Raises `DatabaseError`."""
    text = str(rows(connection, "SELECT CONCAT(VERSION(), ' ', @@version_comment)")[0][0])
    return parse(text) or ServerVersion(MYSQL, 0, 0)


def too_far_behind(lag: Lag, limit_seconds: float) -> str:
    """What is wrong with the lag, as the end of a sentence; empty when nothing is, or nothing is known."""
    if lag.stopped:
        return "its replication is stopped"
    if lag.seconds is not None and lag.seconds > limit_seconds:
        return f"the replica lags {lag.seconds:g} s (limit {limit_seconds:g} s)"
    return ""


def _way(where: Place, source: Source, network: Network, base: Path) -> Way:
    context = tls.context(source, network, base) if tls.wants_tls(source, where) else None
    if source.proxy is None or where.host is None or where.port is None:
        return Way(context)
    return Way(context, partial(proxy.dial, source.proxy, where.host, where.port))


def _connect(where: Place, password: str | None, way: Way) -> Connection:
    try:
        with source_errors(), tls.certificates_refused(where):
            return connect(where, where.database, LOG_IN_SECONDS, password=password, way=way)
    except SourceError as error:
        cause = error.__cause__
        if isinstance(cause, DatabaseError) and cause.code == _NO_DATABASE_RIGHT:
            raise SourceError(rights.without_any(str(cause), where.database), transient=False) from error
        raise


def _read_only(opened: Opened, source: Source) -> Opened:
    try:
        with source_errors():
            found = rights.read_rights(opened.connection, opened.version, opened.database, lock=source.lock)
        rights.require(found)
    except BaseException:
        opened.connection.close()
        raise
    return opened
