"""A policy as TOML text, and new rules put into a text that somebody wrote by hand."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from dbs.masking.interface import Policy, Rule, TablePolicy

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = re.compile(r"\s*\[(?!\[)[^\n]*\]\s*(#.*)?$")

Comments = Mapping[tuple[str, str], str]


def policy_text(policy: Policy, comments: Comments, heading: Iterable[str] = ()) -> str:
    """The whole file; `heading` are lines of comment at its top."""
    lines = [_comment_line(line) for line in heading]
    lines += [f"source = {_value(policy.source)}", f"unclassified = {_value(policy.unclassified)}"]
    if policy.canaries:
        lines.append(f"canaries = {_value(list(policy.canaries))}")
    for name, table in sorted(policy.tables.items()):
        lines += ["", *_table_lines(name, table, comments)]
    return "\n".join(lines) + "\n"


def merged_text(text: str, old: Policy, new: Policy, comments: Comments) -> str:
    """`text`, which holds `old`, with the lines that only `new` has; every line that was there stays.

    `new` is `old` with tables and columns added. The caller reads the result again: a text that is written in an
    unusual way (inline tables, brackets inside long texts) may not come out as `new`.
    """
    lines = text.rstrip("\n").split("\n")
    for name, table in sorted(new.tables.items()):
        there = old.tables.get(name)
        if there is None:
            lines += ["", *_table_lines(name, table, comments)]
            continue
        added = {column: rule for column, rule in table.columns.items() if column not in there.columns}
        if added:
            _put(lines, name, columns_lines(name, added, comments))
    return "\n".join(lines) + "\n"


def _put(lines: list[str], table: str, added: list[str]) -> None:
    """Below the last rule of the table's columns, or as a section at the end."""
    for number, line in enumerate(lines):
        if header_path(line) == ["table", table, "columns"]:
            end = next((at for at in range(number + 1, len(lines)) if header_path(lines[at])), len(lines))
            while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
                end -= 1
            lines[end:end] = added
            return
    lines += ["", columns_header(table), *added]


def header_path(line: str) -> list[str]:
    """The names in a line such as `[table.users.columns]`; empty for any other line."""
    if not _HEADER.match(line):
        return []
    try:
        data: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return []
    path = []
    while data:
        name, data = next(iter(data.items()))
        path.append(name)
    return path


def _table_lines(name: str, table: TablePolicy, comments: Comments) -> list[str]:
    limits: dict[str, object] = {"skip_data": table.skip_data or None, "where": table.where}
    limits["newest"] = None if table.newest_days is None else f"{table.newest_days}d"
    limits["newest_by"] = table.newest_by
    written = [f"{key} = {_value(value)}" for key, value in limits.items() if value is not None]
    comment = _comment(comments.get((name, ""), ""))
    lines = []
    if written or not table.columns:
        lines += [f"[table.{_key(name)}]{comment}", *written]
        comment = ""
    if table.columns:
        lines += [columns_header(name) + comment, *columns_lines(name, table.columns, comments)]
    return lines


def columns_header(table: str) -> str:
    """The line above the rules of a table."""
    return f"[table.{_key(table)}.columns]"


def columns_lines(table: str, columns: Mapping[str, Rule], comments: Comments) -> list[str]:
    """One line for each rule, sorted."""
    return [
        f"{_key(column)} = {_rule(rule)}{_comment(comments.get((table, column), ''))}"
        for column, rule in sorted(columns.items())
    ]


def _rule(rule: Rule) -> str:
    return _value({"mask": rule.mask, **rule.options} if rule.options else rule.mask)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(key))} = {_value(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    """In quotes. What a reader would not see (control characters, changed directions) is written as an escape."""
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08X}" for one in quoted)


def _comment(text: str) -> str:
    return f"  {_comment_line(text)}" if text else ""


def _comment_line(text: str) -> str:
    return f"# {''.join(one if one.isprintable() else '?' for one in text)}".rstrip()
