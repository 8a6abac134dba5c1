"""What of a dump another server does not take, or takes and quietly makes something else of.

Only features that the dump uses are named, with the tables they are in. Each was tried with MariaDB 10.11 and MySQL
9.7 (tests/dumps/test_compatibility.py does it again); since which series another one has it, its manual says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dbs.dumps.rewriting import is_structure
from dbs.mysql.script import statements
from dbs.mysql.version import MARIADB, MYSQL, ServerVersion

_SHOWN_PLACES = 5
_OBJECT = re.compile(
    rb"[^`]*?\b(?:TABLE|SEQUENCE|VIEW|FUNCTION|PROCEDURE|TRIGGER|EVENT)\b[^`]*`((?:[^`]|``)+)`", re.IGNORECASE
)
_QUOTED = re.compile(rb"'(?:[^'\\]|\\.|'')*+'", re.DOTALL)


@dataclass(frozen=True)
class Feature:
    """Something that not every server has. `pattern` finds it in a defining statement whose texts are emptied.

    `lacking` are the flavours without it, each with the first series that has it after all, or None. `quiet`: they do
    not refuse it, they leave it out or make something else of it.
    """

    name: str
    pattern: re.Pattern[bytes]
    lacking: tuple[tuple[str, tuple[int, int] | None], ...]
    quiet: bool = False

    def is_lacking_in(self, server: ServerVersion) -> bool:
        """Whether that server does not have it."""
        return any(
            flavour == server.flavour and (since is None or server.series < since) for flavour, since in self.lacking
        )


@dataclass(frozen=True)
class Loss:
    """A feature that a dump uses and a server lacks, and the tables, views or routines that use it."""

    feature: Feature
    places: tuple[str, ...]

    def __str__(self) -> str:
        more = len(self.places) - _SHOWN_PLACES
        named = ", ".join(self.places[:_SHOWN_PLACES]) + (f" and {more} more" if more > 0 else "")
        return f"{self.feature.name} (in {named})"


def _find(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.IGNORECASE)


_NO_MARIADB, _NO_MYSQL = ((MARIADB, None),), ((MYSQL, None),)
_ENGINES = rb"Aria|ColumnStore|CONNECT|Mroonga|OQGRAPH|ROCKSDB|S3|SPHINX|SPIDER"
FEATURES = (
    # MariaDB has these names since 11.4.5 (MDEV-20912).
    Feature("the collations utf8mb4_0900_*", _find(rb"\butf8mb4_(?:\w+_)?0900_\w+"), ((MARIADB, (11, 4)),)),
    Feature("the collations *uca1400_*", _find(rb"\b\w*uca1400_\w+"), _NO_MYSQL),
    Feature("the collations *_nopad_*", _find(rb"\b\w+_nopad_\w+"), _NO_MYSQL),
    Feature("sequences", _find(rb"\bCREATE\s+SEQUENCE\b|\bnextval\s*\("), _NO_MYSQL),
    Feature("system-versioned tables", _find(rb"\bWITH\s+SYSTEM\s+VERSIONING\b"), _NO_MYSQL),
    Feature("periods", _find(rb"\bPERIOD\s+FOR\b"), _NO_MYSQL),
    Feature("the types UUID, INET4 and INET6", _find(rb"`\s+(?:uuid|inet4|inet6)\b"), _NO_MYSQL),
    Feature("MariaDB's own storage engines", _find(rb"\bENGINE\s*=\s*(?:" + _ENGINES + rb")\b"), _NO_MYSQL),
    Feature("the options PAGE_CHECKSUM and PAGE_COMPRESSED", _find(rb"\bPAGE_(?:CHECKSUM|COMPRESSED)\b"), _NO_MYSQL),
    Feature("ignored indexes", _find(rb"\)\s+IGNORED\b"), _NO_MYSQL),
    Feature("defaults that are functions", _find(rb"\bDEFAULT\s+(?!current_timestamp)[a-z_]+\s*\("), _NO_MYSQL),
    Feature("defaults of TEXT and BLOB", _find(rb"`\s+\w*(?:text|blob)\b[^,\n]*\bDEFAULT\s+'"), _NO_MYSQL),
    Feature("indexes on expressions", _find(rb"\bKEY\s+`(?:[^`]|``)+`\s*\(\s*\("), _NO_MARIADB),
    Feature("the table option COMPRESSION", _find(rb"\bCOMPRESSION\s*="), _NO_MARIADB),
    Feature("the type VECTOR", _find(rb"`\s+vector\s*\("), ((MARIADB, (11, 7)), (MYSQL, (9, 0)))),
    Feature("JSON columns, which become texts", _find(rb"`\s+json\b"), _NO_MARIADB, quiet=True),
    Feature("invisible columns and indexes", _find(rb"/\*!80\d\d\d\s+INVISIBLE\b"), _NO_MARIADB, quiet=True),
    Feature("reference systems of columns (SRID)", _find(rb"/\*!80\d\d\d\s+SRID\b"), _NO_MARIADB, quiet=True),
    Feature("checks that are not enforced", _find(rb"/\*!80\d\d\d\s+NOT\s+ENFORCED\b"), _NO_MARIADB, quiet=True),
    Feature("compressed columns", _find(rb"/\*M!\d+\s+COMPRESSED\b"), _NO_MYSQL, quiet=True),
)


def losses(chunks: Iterable[bytes], server: ServerVersion) -> list[Loss]:
    """What the dump uses and the server lacks, what is refused first. Reads the dump to its end."""
    wanted = [feature for feature in FEATURES if feature.is_lacking_in(server)]
    found: dict[Feature, list[str]] = {}
    for statement in statements(chunks):
        if is_structure(statement.text):
            text = _QUOTED.sub(b"''", statement.text)
            for feature in wanted:
                if feature.pattern.search(text):
                    _note(found.setdefault(feature, []), text)
    by_loudness = sorted(found.items(), key=lambda item: item[0].quiet)
    return [Loss(feature, tuple(places)) for feature, places in by_loudness]


def _note(places: list[str], text: bytes) -> None:
    named = _OBJECT.match(text)
    place = named[1].decode("utf-8", "replace") if named else "the database"
    if place not in places:
        places.append(place)
