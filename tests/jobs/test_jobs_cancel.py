"""Cancelled jobs end once and leave no trace; held jobs take nobody's place."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from dbs.jobs import Job, engine
from tests.support.job_worker import Bench
from tests.support.waiting import until


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A place for jobs, whose worker is gone at the end."""
    monkeypatch.setattr(engine, "_CLOSE_SECONDS", 0.2)
    bench = Bench(tmp_path)
    yield bench
    bench.kill()


def until_put_back(bench: Bench, *jobs: Job) -> None:
    """Wait until the worker has looked at held jobs and is done with them."""
    ids = [job.id for job in jobs]

    def looked_at() -> bool:
        return [one.status for one in bench.engine._client().list_workflows(workflow_ids=ids)] == ["SUCCESS"] * len(ids)

    until(looked_at, "the worker has put them back")
    assert {job.state for job in bench.store.open() if job.id in ids} == {"queued"}


def test_a_queued_job_is_cancelled_at_once_without_a_worker(bench: Bench) -> None:
    job = bench.submit("a")
    assert bench.engine.cancel(job, "Bob") == "cancelled"
    ended = bench.ended("a")
    assert (ended.state, ended.cancel_requested_by) == ("cancelled", "Bob")
    assert ended.sentence == "Bob cancelled walk shared; nothing was changed."
    assert bench.engine.cancel(job, "Bob") == "over"
    bench.submit("b")
    with bench.working():
        bench.ended("b")
    assert [line for line in bench.journal() if line.startswith("a ")] == ["a is cancelled"]


def test_a_cancelled_job_leaves_its_place_to_the_next(bench: Bench) -> None:
    held = bench.hold("one")
    bench.submit("a")
    waiting = bench.submit("b")
    bench.submit("c")
    with bench.working():
        bench.until_written("a one begins")
        assert bench.engine.cancel(waiting, "Bob") == "cancelled"
        held.unlink()
        assert bench.ended("c").state == "done"
    assert "b one begins" not in bench.journal()
    assert bench.journal().count("b is cancelled") == 1


def test_a_running_job_ends_at_its_next_phase(bench: Bench) -> None:
    held = bench.hold("one")
    job = bench.submit("a")
    with bench.working():
        bench.until_written("a one begins")
        assert bench.engine.cancel(job, "Bob") == "asked"
        held.unlink()
        assert bench.ended("a").state == "cancelled"
    assert bench.journal() == ["a one begins", "a one ends", "a is cancelled"]


def test_past_the_point_of_no_return_it_goes_on(bench: Bench) -> None:
    held = bench.hold("two")
    job = bench.submit("a", kind="final")
    with bench.working():
        bench.until_written("a two begins")
        assert bench.engine.cancel(job, "Bob") == "late"
        held.unlink()
        ended = bench.ended("a")
    assert (ended.state, ended.cancel_requested_by) == ("done", None)


def test_the_flag_set_before_the_last_door_does_not_stop_it_there(bench: Bench) -> None:
    # In `one` nothing is left to come before which it could end: `two` is of no return already.
    held = bench.hold("one")
    job = bench.submit("a", kind="final")
    with bench.working():
        bench.until_written("a one begins")
        assert bench.engine.cancel(job, "Bob") == "late"
        held.unlink()
        assert bench.ended("a").state == "done"


def test_a_cancelled_job_survives_the_death_of_its_worker(bench: Bench) -> None:
    held = bench.hold("one")
    job = bench.submit("a")
    bench.start()
    bench.until_written("a one begins")
    bench.kill()
    assert bench.engine.cancel(job, "Bob") == "asked"
    held.unlink()
    bench.start()
    assert bench.ended("a").state == "cancelled"
    assert bench.journal().count("a is cancelled") == 1


def test_many_cancel_the_same_job_while_it_begins(bench: Bench) -> None:
    with bench.working():
        for number in range(10):
            job = bench.submit(f"job-{number}")
            with ThreadPoolExecutor(4) as pool:
                came = list(pool.map(partial(bench.engine.cancel, job), "abcd"))
            ended = bench.ended(job.id)
            begun = f"{job.id} one begins" in bench.journal()
            assert ended.state == "cancelled" or "cancelled" not in came
            assert not (begun and "cancelled" in came), "it was promised that it never begins"
            assert ended.state in ("cancelled", "done")


def test_held_jobs_wait_and_go_on_in_order(bench: Bench) -> None:
    bench.paused.touch()
    with bench.working():
        jobs = [bench.submit(name) for name in "abc"]
        until_put_back(bench, *jobs)
        assert bench.journal() == []
        bench.paused.unlink()
        bench.engine.let_go()
        for job in jobs:
            assert bench.ended(job.id).state == "done"
    assert [line for line in bench.journal() if line.endswith("one begins")] == [f"{name} one begins" for name in "abc"]


def test_held_jobs_are_let_go_even_if_nobody_says_so(bench: Bench) -> None:
    bench.paused.touch()
    job = bench.submit("a")
    with bench.working():
        until_put_back(bench, job)
        bench.paused.unlink()
        assert bench.ended("a").state == "done"


def test_a_held_job_can_be_cancelled(bench: Bench) -> None:
    bench.paused.touch()
    job = bench.submit("a")
    with bench.working():
        until_put_back(bench, job)
        assert bench.engine.cancel(job, "Bob") == "cancelled"
        bench.paused.unlink()
        bench.engine.let_go()
        bench.submit("b")
        bench.ended("b")
    assert [line for line in bench.journal() if line.startswith("a ")] == ["a is cancelled"]


def test_what_runs_ends_while_many_are_held(bench: Bench) -> None:
    held = bench.hold("plan")
    with bench.working():
        lead = bench.submit("lead", kind="lead", target="shop")
        bench.until_written("lead plan begins")
        bench.paused.touch()
        # More than the queue works on at once, and on the instances that the running job still needs.
        waiting = [bench.submit(f"w{number}", target="left" if number % 2 else "right") for number in range(10)]
        until_put_back(bench, *waiting)
        held.unlink()
        assert bench.ended(lead.id).sentence == "Done; lead.left done, lead.right done"
        assert [job.id for job in bench.store.open()] == [job.id for job in waiting]
