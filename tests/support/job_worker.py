"""Jobs that only write down what they do, and a worker for them in a process of its own.

    python -m tests.support.job_worker DIRECTORY

A step waits for as long as a file `hold-<step>` is there. With a file `die-at-end` the worker dies, once, after it has
told of a job's end and before that is noted. While there is a file `paused` no job begins.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbs.errors import FailedError
from dbs.jobs import Ending, Facts, Job, JobEngine, JobKind, JobRequest, JobStore, Report, Step, engine
from dbs.state import open_state
from tests.support.waiting import until

REPOSITORY = Path(__file__).parents[2]
STEPS = ("one", "two", "three")


class Bench:
    """Everything about jobs below one directory: the same in the test and in the worker."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.chmod(0o700)
        self.store = JobStore(open_state(f"sqlite:///{directory}/state.db"))
        self.url = f"sqlite:///{directory}/jobs.db"
        self.engine = JobEngine(self.url, directory, self.store)
        self.engine.define(self._kinds(), self._on_end, lambda: self.paused.exists())
        self._worker: subprocess.Popen[bytes] | None = None

    # -- what happened ---------------------------------------------------------------------------------------------

    def journal(self) -> list[str]:
        """`<job> <step> begins`, `<job> <step> ends`, `<job> is <outcome>`, in the order of happening."""
        file = self.directory / "journal"
        return file.read_text().splitlines() if file.exists() else []

    def write(self, line: str) -> None:
        """Add to the journal; short appends are whole."""
        with (self.directory / "journal").open("a") as file:
            file.write(f"{line}\n")

    def hold(self, step: str) -> Path:
        """Make a step wait; unlink the file to let it go on."""
        file = self.directory / f"hold-{step}"
        file.touch()
        return file

    @property
    def paused(self) -> Path:
        """While this file is there, no job begins."""
        return self.directory / "paused"

    def until_written(self, line: str, timeout_seconds: float = 30) -> None:
        """Wait for a line of the journal."""
        until(lambda: line in self.journal(), f"{line} in {self.directory}", timeout_seconds)

    def ended(self, job_id: str) -> Job:
        """Wait until a job has ended; the job."""
        until(lambda: self._job(job_id).state not in ("queued", "running"), f"{job_id} ends", 60)
        return self._job(job_id)

    def _job(self, job_id: str) -> Job:
        job = self.store.get(job_id)
        assert job is not None
        return job

    # -- asking for work -------------------------------------------------------------------------------------------

    def request(self, job_id: str, kind: str = "walk", target: str = "shared") -> JobRequest:
        """A request by nobody in particular."""
        return JobRequest(job_id, kind, target, {"word": "hello"}, "U1", "Ada")

    def submit(self, job_id: str, kind: str = "walk", target: str = "shared") -> Job:
        """Queue a job."""
        job = self.engine.submit(self.request(job_id, kind, target))
        self.engine.wait_until_queued()
        return job

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker in this process, for tests that need not kill it: a process of its own takes a second to start."""
        with self.engine.worker():
            try:
                yield
            finally:
                for file in self.directory.glob("hold-*"):
                    file.unlink()

    # -- the worker ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start a worker and wait until it works."""
        words = [sys.executable, "-m", "tests.support.job_worker", str(self.directory)]
        ready = self.directory / "ready"
        ready.unlink(missing_ok=True)
        with (self.directory / "worker.log").open("ab") as log:
            self._worker = subprocess.Popen(words, cwd=REPOSITORY, stdout=log, stderr=log)
        until(lambda: ready.exists() or self._died(), "the worker is ready", 60)
        assert not self._died(), self.log()

    def log(self) -> str:
        """All that workers said."""
        return (self.directory / "worker.log").read_text(errors="replace")

    def _died(self) -> bool:
        return self._worker is not None and self._worker.poll() is not None

    def kill(self) -> None:
        """End the worker as a power cut would."""
        if self._worker is not None:
            self._worker.kill()
            self.wait()

    def wait(self) -> None:
        """Wait until the worker has ended."""
        assert self._worker is not None
        self._worker.wait(60)

    # -- the jobs --------------------------------------------------------------------------------------------------

    def _kinds(self) -> dict[str, JobKind]:
        walk = tuple((step, self._step(step)) for step in STEPS)
        return {
            "walk": JobKind("instances", STEPS, walk, lambda job, facts: f"{job.target}: {', '.join(facts)}."),
            "lead": JobKind("sources", ("plan",), (("plan", self._step("plan")),), _told, self._children),
            "final": JobKind("instances", STEPS, walk, _told, no_return=frozenset({"two", "three"})),
            "refused": JobKind("instances", ("one",), (("one", _refuse),), _told),
            "bug": JobKind("instances", ("one",), (("one", _fail),), _told),
        }

    def _step(self, name: str) -> Step:
        def step(job: Job, facts: Facts, report: Report) -> Facts:
            report(name)
            self.write(f"{job.id} {name} begins")
            until(lambda: not (self.directory / f"hold-{name}").exists(), f"{name} may go on", 120)
            self.write(f"{job.id} {name} ends")
            return {"word": job.arguments["word"], "before": list(facts)}

        return step

    def _children(self, job: Job, facts: Facts) -> list[JobRequest]:
        return [
            JobRequest(f"{job.id}.{name}", "walk", name, {"word": "child"}, "U1", "Ada", parent_id=job.id)
            for name in ("left", "right")
        ]

    def _on_end(self, job: Job, ending: Ending) -> None:
        self.write(f"{job.id} is {ending.outcome}")
        dying = self.directory / "die-at-end"
        if dying.exists():
            dying.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def _told(job: Job, facts: Facts) -> str:
    children = facts.get("children", {})
    told = [f"{name} {one['outcome']}" for name, one in sorted(children.items())]
    return f"Done; {', '.join(told)}"


def _refuse(job: Job, facts: Facts, report: Report) -> Facts:
    report("one")
    raise FailedError("The disk is full.")


def _fail(job: Job, facts: Facts, report: Report) -> Facts:
    report("one")
    raise ZeroDivisionError("a secret number")


def main() -> None:
    """Work until killed."""
    engine._CLOSE_SECONDS = 0.2  # what it does every half minute is worth seeing sooner
    bench = Bench(Path(sys.argv[1]))
    with bench.engine.worker():
        (bench.directory / "ready").touch()
        threading.Event().wait()


if __name__ == "__main__":
    main()
