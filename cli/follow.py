"""Waiting for a job on the terminal, with its steps as they happen."""

from __future__ import annotations

import time

from rich.console import Console
from rich.markup import escape

from commands.interface import TERMINAL, Result
from commands.services import Services
from commands.texts import took

_POLL_SECONDS = 0.05


def follow(services: Services, queued: Result, *, quiet: bool = False) -> Result:
    """Show the steps of the job that `queued` names until it ends, and return how it ended.

    Ctrl-C stops the watching, not the job.
    """
    console = Console(stderr=True, quiet=quiet)
    for label, text in queued.facts.items():
        console.print(f"  {escape(label)}: {escape(text)}", style="dim")
    began, shown = time.monotonic(), ""
    while True:
        job = services.job_rows.get(queued.job_id or "")
        if job is not None and job.state in TERMINAL:
            return Result(job.kind, job.state, job.sentence, {"Job": str(job.number)}, job_id=job.id)
        step = next(
            (phase.step for phase in services.job_rows.phases(queued.job_id or "") if phase.state == "running"), ""
        )
        if step and step != shown:
            console.print(f"  {escape(step)} … ({took(time.monotonic() - began)})", style="dim")
            shown = step
        time.sleep(_POLL_SECONDS)
