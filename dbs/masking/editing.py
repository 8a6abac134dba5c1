"""Single rules put into a policy, and into its file: every other line of the file stays as it is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dbs.masking.interface import Policy, PolicyError, TablePolicy
from dbs.masking.policy import from_json, from_text
from dbs.masking.writing import columns_header, columns_lines, header_path, merged_text

Rules = Mapping[str, Mapping[str, Any]]
"""Table → column → rule as in the file: the name of a masker, or a mapping with `mask` and options."""


def with_rules(policy: Policy, rules: Rules) -> Policy:
    """The policy with these rules, in the place of those that are there. Raises `PolicyError` for an unknown one."""
    tables = dict(policy.tables)
    for table, columns in rules.items():
        there = tables.get(table, TablePolicy())
        given = from_json({"source": policy.source, "tables": {table: {"columns": columns}}})
        tables[table] = replace(there, columns={**there.columns, **given.tables[table].columns})
    return replace(policy, tables=tables)


def rule_lines(policy: Policy, rules: Rules) -> list[str]:
    """The same as lines of TOML, each table under its header, as somebody would write them into the file."""
    lines: list[str] = []
    for table, columns in sorted(rules.items()):
        whole = with_rules(policy, rules).tables[table].columns
        lines += [columns_header(table), *columns_lines(table, {name: whole[name] for name in columns}, {})]
    return lines


def edited(text: str, rules: Rules) -> str:
    """The text of a policy file with these rules. Raises `PolicyError` when it is written in an unusual way."""
    old = from_text(text)
    bare = _without(old, rules)
    shorter = _cut(text, rules)
    new = with_rules(old, rules)
    result = merged_text(shorter, bare, new, {})
    if _read(shorter) != bare or _read(result) != new:
        raise PolicyError(
            "The policy file is written in a way that rules cannot be put into (inline tables, perhaps); put the lines "
            "into it by hand."
        )
    return result


def _without(policy: Policy, rules: Rules) -> Policy:
    tables = dict(policy.tables)
    for table, columns in rules.items():
        if table in tables:
            kept = {name: rule for name, rule in tables[table].columns.items() if name not in columns}
            tables[table] = replace(tables[table], columns=kept)
    return replace(policy, tables=tables)


def _cut(text: str, rules: Rules) -> str:
    """Without the lines of these columns, each of which is one line."""
    kept, table = [], ""
    for line in text.split("\n"):
        path = header_path(line)
        if path:
            table = path[1] if len(path) == 3 and path[0] == "table" and path[2] == "columns" else ""
        elif table in rules and _name(line) in rules[table]:
            continue
        kept.append(line)
    return "\n".join(kept)


def _name(line: str) -> str | None:
    try:
        data = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    return next(iter(data), None)


def _read(text: str) -> Policy | None:
    try:
        return from_text(text)
    except PolicyError:
        return None
