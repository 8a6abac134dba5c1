"""Everything about one index, with the sentence for the reviewer first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbs.evidence.asking import listed
from dbs.evidence.counters import NodeCounters
from dbs.evidence.dependencies import of_shape
from dbs.evidence.dictionary import PRIMARY, IndexShape, TableShape, read_table
from dbs.evidence.interface import Dependency, Evidence, IndexUse, Touched
from dbs.evidence.ledger import Ledger
from dbs.evidence.serving import covers
from dbs.evidence.sizes import Size, read_size
from dbs.evidence.use import judge
from dbs.mysql.interface import Connection
from dbs.mysql.version import ServerVersion


@dataclass(frozen=True)
class Asked:
    """What is known beside the one connection: the counters of all servers of the source that could be asked.

    `not_reached` has a sentence for each one that could not.
    """

    source: str
    nodes: Sequence[NodeCounters]
    not_reached: Sequence[str] = ()
    ledger: Ledger | None = None


@dataclass(frozen=True)
class IndexEvidence(Evidence):
    """One index: what it is, how large, who uses it, what depends on it. `spare` are the indexes that cover it."""

    shape: IndexShape | None = None
    size: Size | None = None
    spare: tuple[str, ...] = ()


def about_index(
    connection: Connection, version: ServerVersion, database: str, table: str, index: str, asked: Asked
) -> IndexEvidence:
    """Everything about an index. Raises `NoSuchThingError` with the nearest, and `DatabaseError`.

    The connection is one that `asking.gently` has been called for.
    """
    shape = read_table(connection, version, database, table)
    one = shape.index(index)
    touched = Touched(shape.name, index=one.name)
    found = of_shape(connection, version, shape, touched)
    use = judge(shape.name, one.name, asked.nodes, asked.ledger, asked.source, asked.not_reached)
    spare = tuple(other.name for other in shape.indexes if other is not one and covers(other, one, shape.primary_key))
    sentence = _sentence(shape, one, found.found, spare, use)
    size = read_size(connection, shape, one.name)
    return IndexEvidence(touched, sentence, found, use, one, size, spare)


def _sentence(
    shape: TableShape, index: IndexShape, found: Sequence[Dependency], spare: Sequence[str], use: IndexUse
) -> str:
    """The reviewer's answer: what would be lost, whether something else does the same, and who uses it."""
    return " ".join(part for part in (_needed(shape, index, found), _spare(index, spare), use.sentence) if part)


def _needed(shape: TableShape, index: IndexShape, found: Sequence[Dependency]) -> str:
    if index.name == PRIMARY:
        return f"The primary key of {shape.name} is the table itself: it is not dropped like an index."
    if index.unique:
        # Whoever relies on it may never read it: that is why this comes before what the counters say.
        return f"{index.name} is a promise: it keeps {listed(index.columns) or 'what it is made of'} unique."
    keys = [one.name for one in found if one.blocks and one.kind == "foreign key"]
    if keys:
        return f"{index.name} is needed: no other index serves the foreign key {listed(keys)}."
    if any(one.blocks for one in found):
        return f"{index.name} is needed: {next(one.sentence for one in found if one.blocks)}"
    views = [one.name for one in found if one.kind == "view"]
    if views:
        return f"{index.name} is named in a hint of the view {listed(views)}, which fails without it."
    if index.kind == "FULLTEXT":
        return f"Without {index.name} a MATCH on {listed(index.columns)} is not slower, it fails (error 1191)."
    return ""


def _spare(index: IndexShape, spare: Sequence[str]) -> str:
    return f"{listed(spare)} can do all that {index.name} does." if spare else ""
