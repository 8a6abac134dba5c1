"""What stopped a job in passing is known at its end, through the real engine: the schedule tries it again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from commands.work import jobs
from commands.work.jobs import failed_in_passing
from dbs.errors import DbsError, FailedError, RefusedError, TransientError
from dbs.jobs import Facts, Job, JobRequest, Report
from tests.chatbot.parts import FakeDirectory, make_services
from tests.support.waiting import until


def test_only_what_passes_by_itself_leaves_a_mark(tmp_path: Path) -> None:
    services = make_services(tmp_path, FakeDirectory())
    errors: dict[str, Exception] = {
        "transient": TransientError("The source restarts."),
        "failed": FailedError("The disk is full."),
        "refused": RefusedError("A column is not covered."),
        "bug": ZeroDivisionError(),
    }

    def first(job: Job, facts: Facts, report: Report) -> Facts:
        return {"found": 1}

    def second(job: Job, facts: Facts, report: Report) -> Facts:
        raise errors[job.target]

    kind = replace(jobs.kinds(services)["refresh"], steps=(("first", first), ("second", second)), children=None)
    services.jobs.define({"refresh": kind}, partial(jobs.end, services))
    with services.jobs.worker():
        for target in errors:
            services.jobs.submit(JobRequest(f"refresh:{target}", "refresh", target, {}, "schedule", "schedule"))
        until(lambda: services.job_rows.open() == [], "all have ended")

    assert {job.state for job in services.job_rows.recent(10)} == {"failed"}
    marks = {target: failed_in_passing(services, f"refresh:{target}") for target in errors}
    assert marks == {"transient": True, "failed": False, "refused": False, "bug": False}


@pytest.mark.parametrize("kind", [FailedError, DbsError])
def test_it_is_an_expected_failure(kind: type[Exception]) -> None:
    assert issubclass(TransientError, kind)
