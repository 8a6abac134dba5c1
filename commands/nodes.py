"""Every server of a source, one after the other: what a server counts, it counts of itself only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.policies import open_for
from commands.services import Services
from dbs.evidence.asking import gently
from dbs.evidence.counters import NodeCounters, read_counters
from dbs.settings import Source
from dbs.sources.interface import SourceError, source_errors


def servers(source: Source) -> Iterator[Source]:
    """The source as if each server were its only one. How far a replica is behind is nothing to its counters."""
    for url in dict.fromkeys((source.url, *source.replicas)):
        yield source.model_copy(update={"url": url, "replicas": (), "max_lag": timedelta.max})


def counters(services: Services, source: Source) -> tuple[list[NodeCounters], list[str]]:
    """The counters of all servers that could be asked, and a sentence for each that could not."""
    found: dict[str, NodeCounters] = {}
    not_reached = []
    for one in servers(source):
        try:
            with open_for(services, one) as opened, source_errors():
                gently(opened.connection, opened.version)
                node = read_counters(opened.connection, opened.version, opened.database, opened.where)
        except SourceError as error:
            not_reached.append(f"A server was not asked. {error}")
        else:
            found.setdefault(node.node, node)  # two addresses may be those of one server
    return list(found.values()), not_reached
