"""What a worker does with a job, piece by piece: each piece may run again after a crash. Knows nothing of DBOS."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from dbs.errors import DbsError, FailedError, TransientError
from dbs.jobs.interface import OPEN, Ending, Facts, Job, JobCancelledError, JobKind, JobRequest, OnEnd
from dbs.jobs.store import JobStore

log = structlog.get_logger()

Answer = dict[str, Any]
"""Plain JSON, which DBOS keeps: what a piece of work returned."""


class Work:
    """The pieces of every job. `held` says whether no job may begin now."""

    def __init__(
        self, store: JobStore, kinds: Mapping[str, JobKind], on_end: OnEnd, held: Callable[[], bool] = lambda: False
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._on_end = on_end
        self._held = held

    def begin(self, job_id: str) -> Answer:
        """`go` with the kind's name; `held` when the job has to wait; `over` with its ending when nothing is to do."""
        job = self.job(job_id)
        if self.waits(job):
            return {"held": True}
        if self._store.begin(job_id):
            return {"go": job.kind}
        job = self.job(job_id)
        if job.state in OPEN:
            return {"over": self.cancelled(job_id)}
        return {"over": {"outcome": job.state, "sentence": job.sentence, "target": job.target}}

    def waits(self, job: Job) -> bool:
        """Whether a job has to wait now. What has begun goes on, and so do the jobs that are a part of it."""
        return job.state == "queued" and job.cancel_requested_by is None and job.parent_id is None and self._held()

    def step(self, job_id: str, name: str, facts: Facts) -> Answer:
        """`facts`, or `failed` with a sentence (and `about` it, for the facts of the ending), or `cancelled`."""
        job = self.job(job_id)
        kind = self._kinds[job.kind]
        ended_here = False

        def report(phase: str) -> None:
            nonlocal ended_here
            if not self._store.report(job_id, phase, kind.no_return):
                ended_here = True
                raise JobCancelledError("The job was cancelled.")

        if self._store.to_cancel(job_id, kind.no_return):
            return {"cancelled": True}
        try:
            return {"facts": dict(kind.steps)[name](job, facts, report)}
        except DbsError as error:
            about = {**error.about, **({"transient": True} if isinstance(error, TransientError) else {})}
            return {"cancelled": True} if ended_here else {"failed": str(error), "about": about}
        except Exception:
            error_id = uuid.uuid4().hex[:8]
            log.exception("bug in a job", job=job_id, step=name, error_id=error_id)
            sentence = f"Something went wrong inside dbs; its log has the details under {error_id}."
            return {"failed": sentence, "error_id": error_id}

    def children(self, job_id: str, facts: Facts) -> list[JobRequest]:
        """The jobs that are a part of this one."""
        job = self.job(job_id)
        children = self._kinds[job.kind].children
        return children(job, facts) if children else []

    def end(self, job_id: str, ending: Answer) -> Answer:
        """Tell of the end, then note it: a job that was noted has been told of."""
        job = self.job(job_id)
        facts = ending.get("facts", {})
        kind = self._kinds[job.kind]
        sentence = ending.get("sentence") or kind.sentence(job, facts)
        if ending["outcome"] == "failed" and kind.failure is not None:
            sentence = kind.failure(job, sentence)
        self._on_end(job, Ending(ending["outcome"], sentence, facts, ending.get("error_id")))
        self._store.end(job_id, ending["outcome"], sentence)
        answer = {"outcome": ending["outcome"], "sentence": sentence, "target": job.target}
        return {**answer, "facts": facts} if job.parent_id else answer  # what its parent may want to tell

    def cancelled(self, job_id: str) -> Answer:
        """End a job because somebody asked for it."""
        job = self.job(job_id)
        who = job.cancel_requested_by
        return self.end(
            job_id,
            {"outcome": "cancelled", "sentence": f"{who} cancelled {job.kind} {job.target}; nothing was changed."},
        )

    def job(self, job_id: str) -> Job:
        """A job that is known to be there."""
        job = self._store.get(job_id)
        if job is None:
            raise FailedError(f"There is no job {job_id} in the state database.")
        return job
