"""Waiting for a job on the terminal, with its steps as they happen."""

from __future__ import annotations

import time
from dataclasses import replace

from rich.console import Console
from rich.markup import escape

from commands.interface import TERMINAL, Result
from commands.services import Services
from commands.texts import took

_POLL_SECONDS = 0.05
# A worker that is restarted is back by then; one that is gone for longer may not come back at all.
_ALONE_SECONDS = 10.0


def follow(services: Services, queued: Result, *, quiet: bool = False) -> Result:
    """Show the steps of the job that `queued` names until it ends, and return how it ended.

    `queued` itself, with a word on why, when the worker went away. Ctrl-C stops the watching, not the job.
    """
    console = Console(stderr=True, quiet=quiet)
    for label, text in queued.facts.items():
        console.print(f"  {escape(label)}: {escape(text)}", style="dim")
    began, shown, accompanied = time.monotonic(), "", time.monotonic()
    while True:
        job = services.job_rows.get(queued.job_id or "")
        if job is not None and job.state in TERMINAL:
            return Result(job.kind, job.state, job.sentence, {"Job": str(job.number)}, job_id=job.id)
        step = _running_step(services, queued.job_id or "")
        if step and step != shown:
            console.print(f"  {escape(step)} … ({took(time.monotonic() - began)})", style="dim")
            shown = step
        if services.jobs.worker_is_running():
            accompanied = time.monotonic()
        elif time.monotonic() > accompanied + _ALONE_SECONDS:
            return replace(queued, sentence=f"{queued.sentence} The worker went away; it goes on when one runs: dbs up")
        time.sleep(_POLL_SECONDS)


def _running_step(services: Services, job_id: str) -> str:
    return next((phase.step for phase in services.job_rows.phases(job_id) if phase.state == "running"), "")
