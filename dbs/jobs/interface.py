"""Jobs: durable work that survives a crash. What a job is, what its steps are, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dbs.errors import DbsError

Facts = dict[str, Any]
"""Plain JSON values: what a step found out, kept so that a resumed job need not find it out again."""

State = Literal["queued", "running", "done", "failed", "cancelled"]
OPEN: tuple[str, ...] = ("queued", "running")
StepState = Literal["pending", "running", "done", "failed"]


@dataclass(frozen=True)
class JobRequest:
    """Work to do. `id` is the idempotency key: submitted twice, it is done once.

    Jobs with the same `kind`'s queue and the same `target` run one after the other.
    """

    id: str
    kind: str
    target: str
    arguments: Mapping[str, Any]
    requester_id: str
    requester_name: str
    request_id: str | None = None
    parent_id: str | None = None


@dataclass(frozen=True)
class Job:
    """A job as it stands. Times are ISO 8601 UTC; `number` is what people type."""

    number: int
    id: str
    kind: str
    target: str
    arguments: dict[str, Any]
    state: State
    sentence: str
    requester_id: str
    requester_name: str
    request_id: str | None
    parent_id: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    cancel_requested_by: str | None = None


@dataclass(frozen=True)
class Phase:
    """One visible step of a job; `detail` says how far it is while it runs, where it tells."""

    step: str
    state: StepState
    detail: str
    at: str


@dataclass(frozen=True)
class Ending:
    """How a job ended. `sentence` is for people; `facts` per step, and `transient` when what stopped it passes."""

    outcome: Literal["done", "failed", "cancelled"]
    sentence: str
    facts: Facts = field(default_factory=dict)
    error_id: str | None = None


class JobCancelledError(DbsError):
    """Somebody asked for the job to end, and it can still end without a trace."""


Report = Callable[[str], None]
"""Called by a step with the name of the phase that begins; it must be one of the kind's `phases`.

Raises `JobCancelledError` when the job is to end in front of it, unless the phase is one of the kind's `no_return` or
was begun before a crash: a step leaves nothing behind then. What a step's callees make of that error does not matter.
"""

Step = Callable[[Job, Facts, Report], Facts]
"""One resumable step: (job, facts of the steps before it by name, report) → its own facts.

It may run again after a crash, so it must be idempotent. Expected failures are raised as `DbsError`.
"""


@dataclass(frozen=True)
class JobKind:
    """How one kind of job is done.

    `phases` are shown to people in this order; in front of those of `no_return` it is too late to cancel. `phases_of`
    gives those of one request, where they depend on it. `children` gives the jobs to do after the steps, one after the
    other; all of them are waited for. `sentence` says at the end what was done; `failure` puts around the reason of a
    failure what else people have to know then, and must not fail itself.
    """

    queue: Literal["instances", "sources", "rehearsals"]
    phases: tuple[str, ...]
    steps: tuple[tuple[str, Step], ...]
    sentence: Callable[[Job, Facts], str]
    children: Callable[[Job, Facts], list[JobRequest]] | None = None
    no_return: frozenset[str] = frozenset()
    phases_of: Callable[[JobRequest], tuple[str, ...]] | None = None
    failure: Callable[[Job, str], str] | None = None

    def phases_for(self, request: JobRequest) -> tuple[str, ...]:
        """What people see of that request's job."""
        return self.phases_of(request) if self.phases_of else self.phases


OnEnd = Callable[[Job, Ending], None]
"""Called once or more (after a crash) when a job has ended: must be idempotent."""

Cancelling = Literal["cancelled", "asked", "late", "over"]
"""What came of asking a job to end: it never began, it ends at its next phase, it is past the point where it could,
or it had ended before."""
