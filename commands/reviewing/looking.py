"""Looking at production, with the account that can only read: what depends on each thing that a change touches.

What could not be looked up is said, and is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.cards import facts_of, tables_of
from commands.interface import Result, Table
from commands.nodes import counters, servers
from commands.policies import open_for
from commands.reviewing.changes import added_indexes, is_there, lost_indexes, parts_of
from commands.reviewing.interface import KIND, Replacement, SchemaChange
from commands.services import Services
from commands.targets import find_project, find_source
from dbs.errors import DbsError, RefusedError
from dbs.evidence.asking import gently, listed
from dbs.evidence.dictionary import IndexShape, read_table
from dbs.evidence.gathering import gather
from dbs.evidence.indexes import Asked, IndexEvidence
from dbs.evidence.interface import Evidence, NoSuchThingError, Touched
from dbs.evidence.serving import of_other_indexes
from dbs.sources.interface import Opened, source_errors

MOST_CARDS = 20
"""Of one change; the others are counted."""


def cards(services: Services, project: str, changes: Sequence[SchemaChange]) -> Iterator[tuple[str, Result]]:
    """A message for each thing that was there before and that the change touches, each with a name of its own."""
    things = list(_touched(changes))
    if not things:
        return
    try:
        yield from _looked_up(services, find_project(services, project).source, things[:MOST_CARDS])
    except DbsError as error:
        yield "unknown", _unknown(_names(things), str(error))
    if len(things) > MOST_CARDS:
        why = f"It touches more than {MOST_CARDS} things; look at the others with: /dbs index"
        yield "more", _unknown(_names(things[MOST_CARDS:]), why)


def missing(services: Services, source: str, one: Replacement) -> str:
    """Why a dropped index may not be dropped yet: where its replacement is not there. Empty when it is on all servers.

    Raises `RefusedError` when one of the servers cannot be asked.
    """
    for server in servers(find_source(services, source)):
        try:
            with open_for(services, server) as opened, source_errors():
                gently(opened.connection, opened.version)
                shapes = _indexes(opened, one.dropped.table)
        except DbsError as error:
            raise RefusedError(
                f"Whether {one.added}, which takes the place of {one.dropped}, is on {source} already cannot be looked "
                f"up, so nothing was approved. {error}"
            ) from error
        if not is_there(one.added, one.dropped, shapes):
            return f"{one.added} is not on {source} ({opened.where}) yet"
    return ""


def _indexes(opened: Opened, table: str) -> tuple[IndexShape, ...]:
    try:
        return read_table(opened.connection, opened.version, opened.database, table).indexes
    except NoSuchThingError:
        return ()


def _touched(changes: Sequence[SchemaChange]) -> Iterator[tuple[SchemaChange, Touched]]:
    """What was there before, each thing once: indexes that are lost first, because they are what is missed most."""
    for one in lost_indexes(changes):
        yield one, Touched(one.table, index=one.name)
    for one in added_indexes(changes):
        yield one, Touched(one.table, index=one.name, how="add")
    gone = {one.name for one in changes if one.kind == "table" and one.how == "dropped"}
    for one in changes:
        if one.kind == "table" and one.how != "added":
            yield one, Touched(one.table)
        elif one.kind == "column" and one.how != "added" and one.table not in gone:
            yield one, Touched(one.table, column=one.name)


def _looked_up(
    services: Services, name: str, things: Sequence[tuple[SchemaChange, Touched]]
) -> Iterator[tuple[str, Result]]:
    source = find_source(services, name)
    lost = any(touched.index is not None and touched.how == "drop" for _, touched in things)
    nodes, not_reached = counters(services, source) if lost else ([], [])
    asked = Asked(name, nodes, not_reached, services.index_usage)
    with open_for(services, source) as opened:
        with source_errors():
            gently(opened.connection, opened.version)
        for change, touched in things:
            card = _card(opened, change, touched, asked)
            if card is not None:
                yield f"{change.kind}:{touched}", card


def _card(opened: Opened, change: SchemaChange, touched: Touched, asked: Asked) -> Result | None:
    """None for a new index that no other one is like."""
    try:
        with source_errors():
            if touched.how == "add":
                return _beside(opened, change)
            found = gather(opened.connection, opened.version, opened.database, touched, asked)
    except NoSuchThingError:
        sentence = (
            f"{touched} is not on {asked.source} yet, so there is nothing to look up: another change makes it, or its "
            "name there is another one."
        )
        return Result(KIND, "waiting", sentence)
    except DbsError as error:
        return _unknown(str(touched), str(error))
    return _told(change, found, f"{asked.source}, {opened.where}")


def _told(change: SchemaChange, found: Evidence, where: str) -> Result:
    facts = {"Change": _what(change, found)}
    if isinstance(found, IndexEvidence):
        facts |= {"Index": f"{found.touched.table}.{found.shape}", **facts_of(found)}
    return Result(KIND, "done", found.sentence, {**facts, "Source": where}, tables_of(found))


def _beside(opened: Opened, change: SchemaChange) -> Result | None:
    """Which of the indexes that are there makes a new one superfluous, or is made superfluous by it."""
    shape = read_table(opened.connection, opened.version, opened.database, change.table)
    found = tuple(of_other_indexes(shape, IndexShape(change.name, change.unique, parts_of(change))))
    if not found:
        return None
    table = Table("Beside it", ("what", "how"), tuple((one.kind, one.sentence) for one in found))
    sentence = (
        f"{change} is new, and {listed([one.name for one in found])} on {opened.where} does work of the same kind."
    )
    return Result(KIND, "done", sentence, {"Change": "added"}, (table,))


def _names(things: Sequence[tuple[SchemaChange, Touched]]) -> str:
    return ", ".join(str(touched) for _, touched in things)


def _what(change: SchemaChange, found: Evidence) -> str:
    """`dropped`, or what becomes of it: an index shrinks without a word when one of its columns is dropped."""
    if change.how != "changed":
        return change.how
    if change.kind != "index" or not isinstance(found, IndexEvidence) or found.shape is None:
        return f"becomes: {change.after}" if change.after else "changed"
    shrinks = set(change.columns) < set(found.shape.columns)
    verb = "shrinks to" if shrinks else "becomes"
    return f"{verb} ({', '.join(change.columns)}){', unique' if change.unique else ''}"


def _unknown(names: str, why: str) -> Result:
    return Result(KIND, "failed", f"Unknown: what depends on {names} could not be looked up. {why}")
