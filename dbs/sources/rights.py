"""What the account of a source may do: enough to read everything, and nothing else.

dbs never writes to production, and so that this does not depend on dbs being right, no code path holds an account that
could. Two rights look like exceptions: without TRIGGER and EVENT a server does not show triggers and events, and has no
smaller right for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dbs.mysql.interface import Connection
from dbs.mysql.names import grant_pattern, quote_name
from dbs.mysql.query import execute, rows
from dbs.mysql.version import MARIADB, ServerVersion
from dbs.sources.grants import ALL, Grant, parse_grants
from dbs.sources.interface import SourceError

NEEDED = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT")
"""On the database: its rows and the definitions of its views, triggers and events."""
FOR_LOCK = "RELOAD"
"""On the server, for `lock = true` alone."""
_READING = frozenset(
    {
        *NEEDED,
        "LOCK TABLES",
        "PROCESS",
        "SHOW DATABASES",
        "REPLICATION CLIENT",
        "BINLOG MONITOR",  # MariaDB's name of the one before
        "SLAVE MONITOR",
        "REPLICA MONITOR",
        "SHOW_ROUTINE",
        "SHOW CREATE ROUTINE",
    }
)
_REFUSED_ACCOUNT = re.compile(r"for user ('(?:[^']|'')*'@'[^']*') to database")
_MANY = 6  # more rights than that are taken away all at once


@dataclass(frozen=True)
class Rights:
    """What was found. `missing` and `wanted` are (right, object as SQL, what it is for); `excess` are grants.

    Without a `wanted` right less is known or copied, which is said. `roles` are those through which it may do more
    than read. `account` is as SQL.
    """

    account: str
    database: str
    missing: tuple[tuple[str, str, str], ...]
    wanted: tuple[tuple[str, str, str], ...]
    excess: tuple[Grant, ...]
    roles: tuple[str, ...]
    needed: tuple[tuple[str, str, str], ...]

    @property
    def writes(self) -> bool:
        """Whether the account may do more than read."""
        return bool(self.excess or self.roles)

    @property
    def grants(self) -> tuple[str, ...]:
        """The statements that give what is missing."""
        return _grant(self.missing, self.account)

    @property
    def wishes(self) -> dict[str, str]:
        """What each wanted right is for → the statement that gives it."""
        return {purpose: _grant([(right, on, purpose)], self.account)[0] for right, on, purpose in self.wanted}

    @property
    def revokes(self) -> tuple[str, ...]:
        """The statements that take away what is too much; when that is nearly all, the last ones give back reading."""
        taken = [f"REVOKE {role} FROM {self.account};" for role in self.roles]
        taken += [_revoke(grant, "PUBLIC") for grant in self.excess if grant.public]
        own = [grant for grant in self.excess if not grant.public]
        rights = [right for grant in own for right in grant.rights]
        if ALL in rights or len(rights) > _MANY:
            everything = f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {self.account};"
            return (*taken, everything, *_grant(self.needed, self.account))
        # Without an object: PROXY, or what this version does not know; somebody has to look.
        return (*taken, *(_revoke(grant, self.account) for grant in own if grant.on))


def read_rights(connection: Connection, version: ServerVersion, database: str, *, lock: bool = False) -> Rights:
    """What the account of the connection may do. Raises `DatabaseError`.

    For reading only its active roles count; for writing, all roles that it could take on.
    """
    execute(connection, "SET SESSION sql_mode = ''")  # with ANSI_QUOTES names would look otherwise
    account = _account(str(rows(connection, "SELECT CURRENT_USER()")[0][0]))
    active, roles = _grants(connection)
    excess, bad = _beyond_reading(connection, roles, lock) if roles else (_too_much(active, lock), ())
    needed = tuple(_needed(database, lock))
    return Rights(
        account,
        database,
        missing=tuple(one for one in needed if not _has(active, one[0], one[1], database)),
        wanted=tuple(one for one in _wanted(version, database) if not _has(active, one[0], one[1], database)),
        excess=excess,
        roles=bad,
        needed=needed,
    )


def _beyond_reading(
    connection: Connection, roles: Iterable[str], lock: bool
) -> tuple[tuple[Grant, ...], tuple[str, ...]]:
    """What is too much for a reader among the account's own rights, and the roles that add to that."""
    # MariaDB knows one current role and shows its bare name; MySQL knows several, and quotes them.
    before = str(rows(connection, "SELECT IFNULL(CURRENT_ROLE(), 'NONE')")[0][0])
    execute(connection, "SET ROLE NONE")
    own = _too_much(_grants(connection)[0], lock)
    bad = []
    for role in roles:
        execute(connection, f"SET ROLE {role}")
        if _pairs(_too_much(_grants(connection)[0], lock)) - _pairs(own):
            bad.append(role)
    execute(connection, f"SET ROLE {before if before == 'NONE' or '`' in before else quote_name(before)}")
    return own, tuple(bad)


def _pairs(grants: Iterable[Grant]) -> set[tuple[str, str]]:
    return {(right, grant.on) for grant in grants for right in grant.rights}


def without_any(said: str, database: str) -> str:
    """What to do when a server does not let an account into the database at all; `said` are the server's words."""
    named = _REFUSED_ACCOUNT.search(said)
    account = named[1] if named else "the account"
    statements = _grant(_needed(database, lock=False), account) if named else ()
    told = f" As an administrator there: {' '.join(statements)}" if statements else ""
    return f"{account} has no right on the database {database}, or there is none of that name.{told}"


def require(rights: Rights) -> None:
    """Raise `SourceError` unless the account can read everything and do nothing else."""
    if rights.writes:
        statements = " ".join(rights.revokes) or "make a new account for dbs."
        raise SourceError(
            f"The account {rights.account} may do more than read ({too_much(rights)}), and dbs never holds an account "
            f"that could write to production. As an administrator there: {statements}",
            transient=False,
        )
    if rights.missing:
        names = ", ".join(right for right, _, _ in rights.missing)
        raise SourceError(
            f"The account {rights.account} cannot read everything of {rights.database}: {names} is missing. "
            f"As an administrator there: {' '.join(rights.grants)}",
            transient=False,
        )


def too_much(rights: Rights) -> str:
    """What the account may do beyond reading, for people; the first few."""
    names = sorted({right for grant in rights.excess for right in grant.rights} | set(rights.roles))
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _needed(database: str, lock: bool) -> Iterable[tuple[str, str, str]]:
    place = f"{quote_name(grant_pattern(database))}.*"
    yield from ((right, place, "to read everything") for right in NEEDED)
    if lock:
        yield FOR_LOCK, "*.*", "for lock = true"


def _wanted(version: ServerVersion, database: str) -> Iterable[tuple[str, str, str]]:
    mariadb = version.flavour == MARIADB
    if not mariadb or version.series < (10, 5):  # later ones tell everybody
        yield "PROCESS", "*.*", "to watch the undo history"
    yield "SLAVE MONITOR" if mariadb and version.series >= (10, 5) else "REPLICATION CLIENT", "*.*", "to watch the lag"
    if mariadb and version.series >= (11, 3):
        yield "SHOW CREATE ROUTINE", f"{quote_name(grant_pattern(database))}.*", "to read routines"
    elif mariadb or version.series < (8, 0):
        yield "SELECT", "`mysql`.`proc`", "to read routines"
    else:
        yield "SHOW_ROUTINE", "*.*", "to read routines"


def _has(grants: Iterable[Grant], right: str, on: str, database: str) -> bool:
    """Whether the right is there on that object, as a whole, and no partial REVOKE takes it away again."""
    held = False
    for grant in grants:
        whole_database = on.endswith(".*") and on != "*.*" and grant.covers(database)
        if (grant.on in ("*.*", on) or whole_database) and (right in grant.rights or ALL in grant.rights):
            if grant.revoked:
                return False
            held = True
    return held


_FOR_TRYING = frozenset({"test", "test\\_%"})
"""MariaDB's installation lets everybody write to these databases, which are nobody's production."""


def _too_much(grants: Iterable[Grant], lock: bool) -> tuple[Grant, ...]:
    """The part of the grants that is no reading."""
    allowed = _READING | ({FOR_LOCK, "FLUSH_TABLES"} if lock else set())
    found = []
    for grant in grants:
        more = frozenset(right for right in grant.rights if right.partition(" (")[0] not in allowed)
        by_default = grant.public and grant.database in _FOR_TRYING
        if more and not grant.revoked and not by_default:
            found.append(replace(grant, rights=more))
    return tuple(found)


def _grants(connection: Connection) -> tuple[list[Grant], list[str]]:
    return parse_grants(str(line) for (line,) in rows(connection, "SHOW GRANTS"))


def _revoke(grant: Grant, account: str) -> str:
    return f"REVOKE {', '.join(sorted(grant.rights))} ON {grant.on} FROM {account};"


def _account(current: str) -> str:
    user, _, host = current.rpartition("@")
    return "@".join("'" + part.replace("\\", "\\\\").replace("'", "''") + "'" for part in (user, host))


def _grant(parts: Iterable[tuple[str, str, str]], account: str) -> tuple[str, ...]:
    """One GRANT for each object."""
    objects: dict[str, list[str]] = {}
    for right, on, _ in parts:
        objects.setdefault(on, []).append(right)
    return tuple(f"GRANT {', '.join(names)} ON {on} TO {account};" for on, names in objects.items())
