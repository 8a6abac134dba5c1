"""Policies for dumps and dumps through the filter, for its tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dbs.masking.created import table_of
from dbs.masking.filter import Filter
from dbs.masking.interface import Policy, Rule, TablePolicy
from dbs.masking.statements import kind_of
from dbs.mysql.schema import Schema
from dbs.mysql.script import statements

KEY = b"a key for tests, which masks nobody"
ON_PURPOSE = Rule("keep", {"reason": "a test"})
BEGIN = b"/*!40101 SET NAMES utf8mb4 */;\n"
END = b"\n-- Dump completed on 2026-11-20 01:02:03\n"


def keeping(dump: bytes, masks: Mapping[tuple[str, str], Rule] | None = None, skip: Iterable[str] = ()) -> Policy:
    """A policy that covers a dump: everything is kept but for `masks` (table, column) and the tables of `skip`."""
    skipped, rules = frozenset(skip), masks or {}
    tables = {}
    for statement in statements([dump]):
        if kind_of(statement.text) == "table":
            table = table_of(statement.text)
            columns = {one.name: rules.get((table.name, one.name), ON_PURPOSE) for one in table.stored}
            tables[table.name] = TablePolicy(columns, skip_data=table.name in skipped)
    return Policy("hard", tables)


def through(dump: bytes, policy: Policy, size: int = 65536, schema: Schema | None = None) -> bytes:
    """A dump through the filter, in chunks of `size` bytes. Raises what the filter raises."""
    written: list[bytes] = []
    run_into(written, dump, policy, size, schema)
    return b"".join(written)


def run_into(
    written: list[bytes], dump: bytes, policy: Policy, size: int = 65536, schema: Schema | None = None
) -> dict[str, int]:
    """The same into a list, which has what was written even when it fails."""
    chunks = (dump[at : at + size] for at in range(0, len(dump), size))
    return Filter(policy, KEY, (), schema).run(chunks, written.append)
