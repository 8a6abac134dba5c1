"""Durable jobs: start with `interface.py`; `store.py` holds their rows, `work.py` does them, `engine.py` runs them."""

from dbs.jobs.engine import JobEngine
from dbs.jobs.interface import (
    OPEN,
    Cancelling,
    Ending,
    Facts,
    Job,
    JobCancelledError,
    JobKind,
    JobRequest,
    Phase,
    Report,
    Step,
)
from dbs.jobs.store import JobStore

__all__ = [
    "OPEN",
    "Cancelling",
    "Ending",
    "Facts",
    "Job",
    "JobCancelledError",
    "JobEngine",
    "JobKind",
    "JobRequest",
    "JobStore",
    "Phase",
    "Report",
    "Step",
]
