"""Identifiers (databases, tables, columns, users' databases) as they stand in SQL."""

from __future__ import annotations

from dbs.errors import RefusedError

# https://mariadb.com/kb/en/identifier-names/ and https://dev.mysql.com/doc/refman/8.4/en/identifiers.html
LONGEST_NAME = 64
"""Characters, not bytes, for databases, tables, columns, indexes, routines, triggers and events."""
LAST_CODE_POINT = 0xFFFF
"""Names are stored in the server's three-byte utf8: nothing beyond the basic plane."""


class BadNameError(RefusedError):
    """The text cannot be an identifier; the sentence says why."""


def quote_name(name: str) -> str:
    """The name in back-ticks, with back-ticks inside doubled. Raises `BadNameError`.

    For use in statements that PyMySQL formats with values, `%` must still be doubled by the caller.
    """
    reason = _objection(name)
    if reason:
        raise BadNameError(f"{name[:80]!r} cannot be the name of a database, table or column: {reason}.")
    return "`" + name.replace("`", "``") + "`"


def grant_pattern(database: str) -> str:
    """A database name for GRANT, where `_` and `%` are wildcards unless escaped. Quote the result."""
    return database.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")


def _objection(name: str) -> str:
    """Why the server would not take the name, or nothing."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST_NAME:
        return f"it has {len(name)} characters, and {LONGEST_NAME} is the most"
    if "\0" in name:
        return "it holds a NUL character"
    if name.endswith(" "):
        return "it ends with a space"
    if any(ord(letter) > LAST_CODE_POINT or 0xD800 <= ord(letter) <= 0xDFFF for letter in name):
        return "it holds a character outside the basic multilingual plane"
    return ""
