"""What is worth watching from outside: how old the data is, what works, what waits. Facts; a face renders them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from commands.ages import SourceAge, ages
from commands.services import Services
from commands.targets import all_instances
from dbs.jobs import OPEN
from dbs.measures import Durations

INSTANCE_STATES = ("running", "stopped", "failed", "empty", "unknown")


@dataclass(frozen=True)
class Measured:
    """One look. No name of a person, no secret; `last_success` is source → time as `dbs.state.stamp` writes it."""

    ages: list[SourceAge]
    last_success: dict[str, str]
    durations: list[Durations]
    open_jobs: dict[str, int]
    waiting_messages: int
    instances: dict[str, int]
    worker: bool
    paused: bool


def measured(services: Services, bounds: Sequence[float]) -> Measured:
    """Look once; `bounds` are seconds, see `Measures.durations`. An instance that cannot be asked is `unknown`."""
    known = services.settings.source
    refreshed = services.measures.last_success("refresh")
    states = Counter(target.status.state for target in all_instances(services))
    waiting = Counter(str(job.state) for job in services.job_rows.open())
    return Measured(
        ages=ages(services),
        last_success={source: at for source, at in refreshed.items() if source in known},
        durations=services.measures.durations(bounds),
        open_jobs={state: waiting[state] for state in OPEN},
        waiting_messages=services.measures.waiting_messages(),
        instances={state: states[state] for state in dict.fromkeys((*INSTANCE_STATES, *states))},
        worker=services.jobs.worker_is_running(),
        paused=services.switches.is_paused(),
    )
