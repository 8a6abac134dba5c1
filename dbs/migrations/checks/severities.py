"""What a project says of checks in the `.dbs.toml` of its base branch. Whatever is not understood is a finding.

[checks]
drop-table = "error"
drop-index = "off"
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from dbs.migrations.checks.interface import OFF, SEVERITIES, Finding
from dbs.migrations.checks.saying import shown
from dbs.migrations.checks.table import CHECKS

FILE = ".dbs.toml"
TABLE = "checks"
NAME = "settings"
"""Of the findings about the file itself. No check: it cannot be turned off there."""

_VALUES = (*SEVERITIES, OFF)
_PAGE = "Correct it on the base branch; docs/checks/README.md names all checks."


def read_severities(text: bytes) -> tuple[Mapping[str, str], list[Finding]]:
    """The severities by the names of checks, all of which exist, and what is wrong with the file."""
    try:
        whole = tomllib.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number without end, or too deep
        reason = shown(str(error)) if isinstance(error, tomllib.TOMLDecodeError) else "it is not text in UTF-8"
        return {}, [_problem(f"`{FILE}` cannot be read: {reason.rstrip('.')}.")]
    problems = [_problem(_unknown("the table", name, [TABLE])) for name in whole if name != TABLE]
    table = whole.get(TABLE, {})
    if not isinstance(table, dict):
        return {}, [*problems, _problem(f"`{FILE}` gives {TABLE} a value; it is a table, [{TABLE}].")]
    valid, more = sorted_out(table)
    return valid, [*problems, *more]


def sorted_out(severities: Mapping[str, Any]) -> tuple[dict[str, str], list[Finding]]:
    """What is a severity of a check, and findings about the rest."""
    names = [check.name for check in CHECKS]
    valid: dict[str, str] = {}
    problems = []
    for name, value in severities.items():
        if name not in names:
            problems.append(_problem(_unknown("a check", name, names)))
        elif not isinstance(value, str) or value not in _VALUES:
            said = ", ".join(f'"{one}"' for one in _VALUES)
            problems.append(_problem(f"`{FILE}` gives {name} the severity `{shown(str(value))}`; there are {said}."))
        else:
            valid[name] = value
    return valid, problems


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.casefold(), list(known), 1, 0.5)
    nearest = f"; nearest is `{near[0]}`" if near else ""
    thing = "does not exist" if what == "a check" else "has no meaning"
    return f"`{FILE}` names {what} `{shown(name)}`, which {thing}{nearest}."


def _problem(sentence: str) -> Finding:
    return Finding(NAME, "error", sentence, advice=_PAGE)
