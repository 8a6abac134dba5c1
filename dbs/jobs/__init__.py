"""Durable jobs: start with `interface.py`; `store.py` holds their rows, `engine.py` runs them."""

from dbs.jobs.engine import JobEngine
from dbs.jobs.interface import Ending, Facts, Job, JobKind, JobRequest, Phase, Report, Step
from dbs.jobs.store import JobStore

__all__ = ["Ending", "Facts", "Job", "JobEngine", "JobKind", "JobRequest", "JobStore", "Phase", "Report", "Step"]
