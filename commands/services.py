"""Everything a command may use, built once in `bootstrap.py` and passed in: no globals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dbs.access import Access
from dbs.audit import Audit
from dbs.decisions import Decisions
from dbs.dumps.links import Links
from dbs.dumps.store import DumpStore
from dbs.evidence.ledger import Ledger
from dbs.instances import Instances
from dbs.jobs import JobEngine, JobStore
from dbs.leases import Leases
from dbs.measures import Measures
from dbs.outbox import Outbox
from dbs.personal import PersonalInstances
from dbs.policies import Policies
from dbs.rehearsals import Rehearsals
from dbs.settings import Settings
from dbs.snapshots.catalog import Catalog
from dbs.snapshots.interface import Provider
from dbs.state.seen import Seen
from dbs.switches import Switches
from dbs.tokens import Tokens

_Written = TypeVar("_Written")


class Together(Protocol):
    """One transaction of the state database for everything that `write` writes, and then what it returned.

    `write` does nothing else: it may run in another thread, and again when something else fails beside it.
    """

    def __call__(self, write: Callable[[], _Written], /) -> _Written:
        """Do it. What `write` raises is raised, and nothing of it is written."""


@dataclass(frozen=True)
class Services:
    """The services, each of which knows one thing; commands compose them."""

    settings: Settings
    access: Access
    audit: Audit
    catalog: Catalog
    decisions: Decisions
    dumps: DumpStore
    index_usage: Ledger
    instances: Instances
    jobs: JobEngine
    job_rows: JobStore
    leases: Leases
    links: Links
    measures: Measures
    outbox: Outbox
    personal: PersonalInstances
    policies: Policies
    providers: Mapping[str, Provider]
    rehearsals: Rehearsals
    seen: Seen
    switches: Switches
    together: Together
    tokens: Tokens
