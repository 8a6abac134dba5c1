"""The policy file: reading and checking its shape. Whether it fits a database is asked by `dbs.masking.coverage`.

source = "shop"
unclassified = "refuse"                 # or "null"
canaries = ["zoe.canary@canary.example"]
[table.users.columns]
id = "keep"
born = { mask = "date", by = "id" }
[table.sessions]
skip_data = true
[table.audit_log]
newest = "90d"
newest_by = "created_at"
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dbs.masking.interface import Policy, PolicyError, Rule, TablePolicy
from dbs.masking.maskers import MASKERS
from dbs.masking.naming import nearest, plain, shown
from dbs.masking.writing import policy_text

MOST_BYTES = 8 << 20
"""Of a policy file. A database of 100,000 columns needs about 5 MB."""

_TOP = ("source", "unclassified", "canaries", "table")
_TABLE = ("columns", "skip_data", "where", "newest", "newest_by")
_JSON_TABLE = ("columns", "skip_data", "where", "newest_days", "newest_by")
_UNITS = {"d": 1, "w": 7}
MOST_DAYS = 36_500


def load(path: Path) -> Policy:
    """The policy in a file. Raises `PolicyError` that names the file, and the line when it is no TOML."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PolicyError(
            f"There is no policy at {path}; write one with: dbs policy suggest SOURCE --write {path}"
        ) from None
    except OSError as error:
        raise PolicyError(f"The policy {path} cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise PolicyError(f"The policy {path} is larger than {MOST_BYTES >> 20} MB; that is no policy.")
    try:
        return from_text(data.decode())
    except UnicodeDecodeError as error:
        raise PolicyError(f"The policy {path} is not UTF-8 text (byte {error.start}).") from None
    except PolicyError as error:
        raise PolicyError(f"{path}: {error}") from None


def from_text(text: str) -> Policy:
    """The policy in a TOML text. Raises `PolicyError`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+)", str(error))
        line = where[1] if where else str(text.count("\n") + 1)
        raise PolicyError(f"line {line} is not valid TOML: {plain(str(error).split(' (at ')[0])}.") from None
    except RecursionError:
        raise PolicyError("tables inside tables inside tables without end; write it flat.") from None
    _only(data, _TOP, "the policy")
    tables = _mapping(data.get("table", {}), '"table"')
    return _policy(data, {name: _table(name, given) for name, given in tables.items()})


def from_json(data: Mapping[str, Any]) -> Policy:
    """The inverse of `Policy.to_json`, also after a trip through `json.dumps`. Raises `PolicyError`."""
    tables = _mapping(data.get("tables", {}), '"tables"')
    return _policy(data, {name: _table_from_json(name, given) for name, given in tables.items()})


def dump(policy: Policy, comments: Mapping[tuple[str, str], str] | None = None, heading: Iterable[str] = ()) -> str:
    """The policy as a TOML text: tables and columns sorted, one line for each column.

    `comments` stand behind the line of their (table, column); those of (table, "") behind the table's header.
    """
    return policy_text(policy, comments or {}, heading)


def _policy(data: Mapping[str, Any], tables: dict[str, TablePolicy]) -> Policy:
    source = data.get("source")
    if not isinstance(source, str) or not source:
        raise PolicyError('"source" is missing; it is the name of a source in dbs.toml, such as source = "shop".')
    unclassified = data.get("unclassified", "refuse")
    if unclassified not in ("refuse", "null"):
        raise PolicyError('"unclassified" is "refuse" or "null".')
    canaries = data.get("canaries", ())
    if not isinstance(canaries, list | tuple) or not all(isinstance(one, str) and one for one in canaries):
        raise PolicyError('"canaries" is a list of texts, such as ["zoe.canary@canary.example"].')
    return Policy(source, tables, unclassified, tuple(canaries))


def _table(name: str, given: object) -> TablePolicy:
    where = f"[table.{plain(name)}]"
    data = _mapping(given, where)
    _only(data, _TABLE, where)
    known = {key: value for key, value in data.items() if key != "newest"}
    if "newest" in data:
        known["newest_days"] = _days(data["newest"], where)
    return _checked_table(name, known, where)


def _table_from_json(name: str, given: object) -> TablePolicy:
    where = f"[table.{plain(name)}]"
    data = _mapping(given, where)
    _only(data, _JSON_TABLE, where)
    return _checked_table(name, {key: value for key, value in data.items() if value is not None}, where)


def _checked_table(name: str, data: Mapping[str, Any], where: str) -> TablePolicy:
    columns = _mapping(data.get("columns", {}), where.replace("]", ".columns]"))
    skip, limit, by, days = (data.get(key) for key in ("skip_data", "where", "newest_by", "newest_days"))
    if skip is not None and not isinstance(skip, bool):
        raise PolicyError(f"{where}: skip_data is true or false.")
    for key, value in (("where", limit), ("newest_by", by)):
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise PolicyError(f"{where}: {key} is a text that is not empty.")
    if (days is None) != (by is None):
        raise PolicyError(f'{where}: newest and newest_by go together: newest = "90d", newest_by = "created_at".')
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or not 0 < days <= MOST_DAYS):
        raise PolicyError(f"{where}: newest is a number of days up to {MOST_DAYS}.")
    if skip and (limit or days):
        raise PolicyError(f"{where}: skip_data leaves every row out; where and newest do nothing beside it.")
    rules = {column: _rule(rule, shown(name, column)) for column, rule in columns.items()}
    return TablePolicy(rules, bool(skip), limit, days, by)


def _days(value: object, where: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,4})([dw])", value) if isinstance(value, str) else None
    if match is None:
        raise PolicyError(f'{where}: newest is a number of days or weeks, such as "90d" or "12w".')
    return int(match[1]) * _UNITS[match[2]]


def _rule(given: object, where: str) -> Rule:
    """A rule as in the file ("email", or a table with `mask`), or as `to_json` writes it (`mask` and `options`)."""
    if isinstance(given, str):
        return Rule(_mask(given, where))
    data = dict(_mapping(given, where))
    name = data.pop("mask", None)
    if not isinstance(name, str):
        raise PolicyError(f'{where}: write the name of a masker, or {{ mask = "…" }} with its options.')
    options = data.get("options")
    if isinstance(options, Mapping) and len(data) == 1:  # no masker has an option of that name
        data = dict(options)
    for key, value in data.items():
        _check_option(key, value, f"{where}: {plain(key)}")
    return Rule(_mask(name, where), data)


def _mask(name: str, where: str) -> str:
    if name not in MASKERS:
        raise PolicyError(f'{where}: there is no masker "{plain(name)}"; {nearest(name, MASKERS)}')
    return name


def _check_option(key: str, value: object, where: str) -> None:
    """Plain values only, because a policy is compared and kept as JSON; and the options that every rule may have."""
    if key == "unique" and not isinstance(value, bool):
        raise PolicyError(f"{where} is true or false.")
    if key == "reason" and (not isinstance(value, str) or not value.strip()):
        raise PolicyError(f"{where} is a text that says why.")
    if key == "paths":
        for path, rule in _mapping(value, where).items():
            _rule(rule, f"{where}.{plain(path)}")
    _plain_value(value, where)


def _plain_value(value: object, where: str) -> None:
    if isinstance(value, Mapping):
        for one in value.values():
            _plain_value(one, where)
    elif isinstance(value, list | tuple):
        for one in value:
            _plain_value(one, where)
    elif not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise PolicyError(f"{where} is no text or number; write dates in quotes.")


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PolicyError(f"{where} is a table of names and values.")
    return value


def _only(data: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in data:
        if key not in known:
            raise PolicyError(f'{where}: unknown key "{plain(key)}"; {nearest(key, known)}')
