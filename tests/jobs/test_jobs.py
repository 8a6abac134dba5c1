"""Durable jobs: done once, in order, and to the end, whatever is killed on the way."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbs.errors import FailedError
from dbs.jobs import engine
from tests.support.job_worker import STEPS, Bench
from tests.support.waiting import until


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A place for jobs, whose worker is gone at the end."""
    monkeypatch.setattr(engine, "_CLOSE_SECONDS", 0.2)
    bench = Bench(tmp_path)
    yield bench
    bench.kill()


def _walked(job_id: str) -> list[str]:
    steps = [f"{job_id} {step} {what}" for step in STEPS for what in ("begins", "ends")]
    return [*steps, f"{job_id} is done"]


def test_a_job_is_done_step_by_step(bench: Bench) -> None:
    queued = bench.submit("a")
    assert (queued.state, queued.number, queued.target) == ("queued", 1, "shared")
    with bench.working():
        done = bench.ended("a")
        assert (done.state, done.sentence) == ("done", "shared: one, two, three.")
        assert bench.journal() == _walked("a")
        assert [(phase.step, phase.state) for phase in bench.store.phases("a")] == [(step, "done") for step in STEPS]
        assert done.started_at is not None
        assert done.finished_at is not None
        assert done.created_at <= done.started_at <= done.finished_at


def test_the_same_id_is_one_job(bench: Bench) -> None:
    first, second = bench.submit("a"), bench.submit("a")
    assert first == second
    with bench.working():
        bench.ended("a")
        assert bench.submit("a").state == "done"
        bench.submit("b")
        bench.ended("b")
        assert bench.journal() == [*_walked("a"), *_walked("b")]


def test_a_killed_worker_goes_on_at_the_step_it_was_in(bench: Bench) -> None:
    held = bench.hold("two")
    bench.submit("a")
    bench.start()
    bench.until_written("a two begins")
    bench.kill()
    held.unlink()
    bench.start()
    assert bench.ended("a").state == "done"
    assert bench.journal() == [
        "a one begins",
        "a one ends",
        "a two begins",
        *_walked("a")[2:],
    ], "the finished step ran twice, or the interrupted one did not run again"


def test_a_worker_killed_again_and_again_gets_there(bench: Bench) -> None:
    held = [bench.hold(step) for step in STEPS]
    bench.submit("a")
    for step, file in zip(STEPS, held, strict=True):
        bench.start()
        bench.until_written(f"a {step} begins")
        bench.kill()
        file.unlink()
    bench.start()
    assert bench.ended("a").state == "done"
    journal = bench.journal()
    assert [journal.count(f"a {step} ends") for step in STEPS] == [1, 1, 1]
    assert journal.count("a is done") == 1


def test_one_job_at_a_time_for_each_target_in_the_order_of_asking(bench: Bench) -> None:
    held = bench.hold("one")
    for job_id, target in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("c1", "c")):
        bench.submit(job_id, target=target)
    with bench.working():
        for job_id in ("a1", "b1", "c1"):
            bench.until_written(f"{job_id} one begins")
        assert len(bench.journal()) == 3, "two jobs work on one target"
        held.unlink()
        bench.ended("a3")
        on_a = [line for line in bench.journal() if line.startswith("a")]
        assert on_a == [*_walked("a1"), *_walked("a2"), *_walked("a3")]


def test_the_order_of_asking_outlives_a_kill(bench: Bench) -> None:
    held = bench.hold("two")
    for job_id in ("a1", "a2", "a3"):
        bench.submit(job_id)
    bench.start()
    bench.until_written("a1 two begins")
    bench.kill()
    held.unlink()
    bench.start()
    bench.ended("a3")
    begun = [line for line in bench.journal() if line.endswith("one begins")]
    assert begun == ["a1 one begins", "a2 one begins", "a3 one begins"]
    after_the_kill = bench.journal()[3:]
    assert after_the_kill == [*_walked("a1")[2:], *_walked("a2"), *_walked("a3")], "two jobs worked on one target"


def test_sources_and_instances_of_the_same_name_do_not_wait_for_each_other(bench: Bench) -> None:
    held = [bench.hold("plan"), bench.hold("one")]
    bench.submit("source", "lead", "shop")
    bench.submit("instance", "walk", "shop")
    with bench.working():
        bench.until_written("source plan begins")
        bench.until_written("instance one begins")
        for file in held:
            file.unlink()
        # A worker that leaves in the middle of a job would go on complaining until the end of the run.
        assert [bench.ended(name).state for name in ("source", "instance")] == ["done", "done"]


def test_an_expected_failure_is_told_in_its_own_words(bench: Bench) -> None:
    bench.submit("a", "refused")
    bench.submit("b")
    with bench.working():
        failed = bench.ended("a")
        assert (failed.state, failed.sentence) == ("failed", "The disk is full.")
        assert [(phase.step, phase.state) for phase in bench.store.phases("a")] == [("one", "failed")]
        assert bench.ended("b").state == "done"
        assert "a is failed" in bench.journal()


def test_a_bug_is_told_by_an_id_that_the_log_knows(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.submit("a", "bug")
    with bench.working():
        failed = bench.ended("a")
        assert failed.state == "failed"
        assert "secret" not in failed.sentence
        found = re.fullmatch(
            r"Something went wrong inside dbs; its log has the details under ([0-9a-f]{8})\.", failed.sentence
        )
        assert found, failed.sentence
        said = capsys.readouterr().out
        assert found[1] in said
        assert "ZeroDivisionError: a secret number" in said


def test_a_job_waits_for_its_children_one_after_the_other(bench: Bench) -> None:
    held = bench.hold("three")
    bench.submit("a", "lead", "shop")
    bench.start()
    bench.until_written("a.left three begins")
    assert bench.store.get("a.right") is None, "it would be queued by whoever looks after the open jobs"
    bench.kill()
    held.unlink()
    bench.start()
    assert bench.ended("a").sentence == "Done; a.left done, a.right done"
    journal = bench.journal()
    assert journal[-1] == "a is done"
    assert [journal.count(f"{name} one begins") for name in ("a.left", "a.right")] == [1, 1]
    assert journal.index("a.left is done") < journal.index("a.right one begins")
    children = [bench.store.get(name) for name in ("a.left", "a.right")]
    assert [child.parent_id for child in children if child] == ["a", "a"]


def test_what_was_written_down_and_not_queued_is_queued_at_the_next_start(bench: Bench) -> None:
    bench.store.add(bench.request("a"), STEPS)  # and here whoever submitted it was killed
    with bench.working():
        assert bench.ended("a").state == "done"
        assert bench.journal() == _walked("a")


def test_what_was_written_down_and_not_queued_is_queued_while_a_worker_runs(bench: Bench) -> None:
    with bench.working():
        bench.store.add(bench.request("a"), STEPS)
        assert bench.ended("a").state == "done"
        assert bench.journal() == _walked("a")


def test_what_was_given_up_is_closed_and_said(bench: Bench) -> None:
    from dbos import DBOSClient

    bench.submit("a")
    DBOSClient(system_database_url=bench.url).cancel_workflow("a")
    with bench.working():
        closed = bench.ended("a")
        assert (closed.state, closed.sentence) == ("failed", "It was given up (cancelled).")
        assert bench.journal() == ["a is failed"]


def test_a_worker_killed_between_telling_and_noting_the_end(bench: Bench) -> None:
    (bench.directory / "die-at-end").touch()
    bench.submit("a")
    bench.start()
    bench.wait()
    assert bench.store.open()[0].id == "a"
    bench.start()
    assert bench.ended("a").state == "done"
    assert bench.journal() == [*_walked("a"), "a is done"], "the end is told again, and nothing is done again"


def test_a_second_worker_is_refused(bench: Bench) -> None:
    assert not bench.engine.worker_is_running()
    bench.start()
    assert bench.engine.worker_is_running()
    with pytest.raises(FailedError, match="Another worker is running"), bench.engine.worker():
        raise AssertionError("there are two workers")
    bench.submit("a")
    assert bench.ended("a").state == "done"
    bench.kill()
    until(lambda: not bench.engine.worker_is_running(), "the lock is free")


def test_nobody_else_may_read_the_queue(bench: Bench) -> None:
    """Whoever can write it can make the worker do things."""
    bench.submit("a")
    with bench.working():
        bench.ended("a")
        files = sorted(bench.directory.glob("*.db*"))
        assert {"jobs.db", "state.db"} <= {file.name for file in files}
        assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in files} == {file.name: 0o600 for file in files}


@pytest.mark.parametrize("key", ["²", "٣", "9" * 19, "9" * 200, "-1", "", "1;", "a" * 300])
def test_a_job_that_is_not_there_is_none(bench: Bench, key: str) -> None:
    """People type these."""
    bench.submit("a")
    assert bench.store.get(key) is None


def test_a_job_is_known_by_its_number(bench: Bench) -> None:
    job = bench.submit("a")
    assert bench.store.get(str(job.number)) == bench.store.get("a") == job
