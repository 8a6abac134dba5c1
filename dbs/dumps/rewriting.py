"""What a statement of a dump is, and what has to change in it before it may run on our server."""

from __future__ import annotations

import re

# Between two words of the head of a statement: blanks, comments, and the marks of executable comments, in which
# mysqldump wraps every word group of a view, trigger or event (`/*!50003 CREATE*/ /*!50017 DEFINER=…*/`).
_GAP = rb"(?:\s|/\*M?!\d*|\*/|/\*[^!M].*?\*/|--[ \t][^\n]*\n|#[^\n]*\n)*+"
_NAME = rb"(?:`(?:[^`]|``)++`|'(?:[^'\\]|\\.|'')*+'|\"(?:[^\"\\]|\\.|\"\")*+\"|[\w$.%-]++)"
_ACCOUNT = _NAME + rb"(?:\s*@\s*" + _NAME + rb"|\s*\(\s*\))?"

_DEFINER = re.compile(
    rb"(?P<before>" + _GAP + rb"(?:CREATE|ALTER)\b"
    rb"(?:" + _GAP + rb"(?:OR\s+REPLACE|ALGORITHM\s*=\s*\w+))*" + _GAP + rb")"
    rb"DEFINER\s*=\s*" + _ACCOUNT,
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_DATABASE = re.compile(
    _GAP + rb"(?:USE|(?:CREATE|DROP|ALTER)" + _GAP + rb"(?:OR\s+REPLACE)?" + _GAP + rb"(?:DATABASE|SCHEMA))\b"
    + _GAP + rb"(?:IF\s+(?:NOT\s+)?EXISTS\b)?" + _GAP
    # ALTER DATABASE without a name is about the one that the session is in.
    + rb"(?!(?:DEFAULT\s+)?(?:CHARACTER\s+SET|CHARSET|COLLATE)\b)(?P<name>" + _NAME + rb")",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_REPLICATION = re.compile(rb"SET\s+@@(?:GLOBAL|SESSION)\.(?:GTID_PURGED|SQL_LOG_BIN)\b", re.IGNORECASE)
_ROWS = re.compile(
    _GAP + rb"(?P<verb>INSERT|REPLACE)\b(?:\s+(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE))*"
    rb"(?:\s+INTO)?\s*(?P<table>`(?:[^`]|``)++`(?:\.`(?:[^`]|``)++`)?)?",
    re.IGNORECASE,
)
_STRUCTURE = re.compile(_GAP + rb"(?:CREATE|ALTER|DROP|SET|USE|LOCK|UNLOCK|GRANT|RENAME)\b", re.IGNORECASE | re.DOTALL)


def without_definer(statement: bytes) -> bytes:
    """The statement without its `DEFINER=…`: the view or routine then belongs to the account that loads it.

    Naming another account takes the right SET USER, and would let the routine act with that account's rights.
    Only the head of CREATE and ALTER is looked at, so bodies and rows stay as they are.
    """
    found = _DEFINER.match(statement)
    return found["before"] + statement[found.end() :] if found else statement


def database_of(statement: bytes) -> str | None:
    """The database that the statement makes, drops, alters or goes to; None for all other statements."""
    found = _DATABASE.match(statement)
    if found is None:
        return None
    name: bytes = found["name"]
    if name[:1] == b"`":
        name = name[1:-1].replace(b"``", b"`")
    return name.decode("utf-8", "replace")


def is_replication_setting(statement: bytes) -> bool:
    """Whether mysqldump wrote it for a replica to be: that state means nothing in a copy and takes an admin to set."""
    return _REPLICATION.match(statement) is not None


def is_structure(statement: bytes) -> bool:
    """Whether it defines or sets something, and so holds no rows."""
    return _STRUCTURE.match(statement) is not None


def rows_target(statement: bytes) -> str | None:
    """``INSERT INTO `t` `` for a statement that holds rows, without them; None for others."""
    found = _ROWS.match(statement)
    if found is None:
        return None
    table = (found["table"] or b"").decode("utf-8", "replace")
    return f"{found['verb'].decode().upper()} INTO {table}".rstrip()
