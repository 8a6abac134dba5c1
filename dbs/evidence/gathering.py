"""The one question that a review asks for each thing that a change touches: what is known of it?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dbs.evidence.asking import listed
from dbs.evidence.dependencies import dependencies
from dbs.evidence.indexes import Asked, about_index
from dbs.evidence.interface import Dependency, Evidence, Touched
from dbs.mysql.interface import Connection
from dbs.mysql.version import ServerVersion

_MANY = {"index": "indexes"}


def gather(connection: Connection, version: ServerVersion, database: str, touched: Touched, asked: Asked) -> Evidence:
    """Everything about a table, a column or an index; of an index it is an `IndexEvidence`.

    The connection is one that `asking.gently` has been called for. Raises `NoSuchThingError` with the nearest name, and
    `DatabaseError`.
    """
    if touched.index is not None:
        return about_index(connection, version, database, touched.table, touched.index, asked)
    found = dependencies(connection, version, database, touched)
    return Evidence(touched, _sentence(touched, found.found, found.unseen), found)


def _sentence(touched: Touched, found: Sequence[Dependency], unseen: Sequence[str]) -> str:
    """What stands in the way, then how much depends on it, then whether that is all."""
    parts = [one.sentence for one in found if one.blocks][:1]
    certain, perhaps = ([one for one in found if one.certain == sure] for sure in (True, False))
    if certain:
        parts.append(f"{_counted(certain)} depend{'s' if len(certain) == 1 else ''} on {touched}.")
    if perhaps:
        parts.append(f"{_counted(perhaps)} may: {'its text names' if len(perhaps) == 1 else 'their texts name'} it.")
    if not found:
        parts.append(f"Nothing that dbs can see depends on {touched}.")
    if unseen:
        parts.append("There may be more: not everything could be seen.")
    return " ".join(parts)


def _counted(found: Sequence[Dependency]) -> str:
    """`2 indexes, 1 view and 1 check`."""
    kinds = Counter(one.kind for one in found)
    return listed([f"{count} {kind if count == 1 else _MANY.get(kind, kind + 's')}" for kind, count in kinds.items()])
