"""What `SHOW GRANTS` says, taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

ALL, GRANT_OPTION, PROXY, UNKNOWN = "ALL PRIVILEGES", "GRANT OPTION", "PROXY", "a right that dbs does not know"
_QUOTED = r"`(?:[^`]|``)*`"
_NAME = rf"(?:{_QUOTED}|\*)"
_OBJECT = re.compile(
    rf"(?P<verb>GRANT|REVOKE) (?P<rights>.+?) ON (?P<object>(?:[A-Z ]+ )?(?P<first>{_NAME})\.(?P<second>{_NAME}))"
    r" (?:TO|FROM) (?P<rest>.*)",
    re.DOTALL,
)
_ROLES = re.compile(rf"GRANT (?P<roles>{_QUOTED}(?:@{_QUOTED})?(?:,\s*{_QUOTED}(?:@{_QUOTED})?)*) TO ")
_ROLE = re.compile(rf"{_QUOTED}(?:@{_QUOTED})?")


@dataclass(frozen=True)
class Grant:
    """Rights on one object. `on` is the object as SQL; `database` is a pattern, or `*` for the whole server.

    `whole` tells `db.*` and `*.*` from a table or a routine of it; `public` is what everybody may do (MariaDB).
    """

    rights: frozenset[str]
    on: str
    database: str
    whole: bool
    revoked: bool = False
    public: bool = False

    def covers(self, database: str) -> bool:
        """Whether it is about all of that database."""
        return self.whole and (self.database == "*" or _like(self.database, database))


def parse_grants(lines: Iterable[str]) -> tuple[list[Grant], list[str]]:
    """The rights, and the names of the roles as SQL. The lines hold password hashes: they go nowhere else."""
    grants: list[Grant] = []
    roles: list[str] = []
    for line in lines:
        found = _OBJECT.match(line)
        named = _ROLES.match(line)
        if found is not None:
            grants.append(_grant(found))
        elif named is not None:
            roles += _ROLE.findall(named["roles"])
        elif not line.startswith("SET DEFAULT ROLE "):
            # PROXY, or what a later version says: whoever cannot tell what it is must not let it pass.
            grants.append(Grant(frozenset({PROXY if line.startswith("GRANT PROXY ") else UNKNOWN}), "", "", False))
    return grants, roles


def _grant(found: re.Match[str]) -> Grant:
    rights = {_right(part.strip()) for part in re.split(r",(?![^(]*\))", found["rights"])}
    if re.search(r"\bWITH\b.*\bGRANT OPTION\b", re.sub(_QUOTED, "", found["rest"])):
        rights.add(GRANT_OPTION)
    on = found["object"]
    whole = found["second"] == "*"
    public = re.match(r"`?PUBLIC`?(?:\s|$)", found["rest"]) is not None
    database = _unquoted(found["first"])
    return Grant(frozenset(rights - {"USAGE"}), on, database, whole, found["verb"] == "REVOKE", public)


def _right(text: str) -> str:
    """The right in capitals; columns behind it as they are."""
    name, bracket, columns = text.partition(" (")
    return name.upper() + bracket + columns


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def _like(pattern: str, text: str) -> bool:
    """Whether a database is meant by the pattern of a grant, where `_` and `%` are wildcards unless escaped."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wildcards = {"%": ".*", "_": "."}
    return re.fullmatch("".join(wildcards.get(part) or re.escape(part[-1]) for part in parts), text) is not None
