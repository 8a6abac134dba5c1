"""The one module that knows DBOS: a single generic workflow, its queues, and how a dead worker's jobs go on."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from dbs.errors import FailedError
from dbs.jobs.interface import Cancelling, Facts, Job, JobKind, JobRequest, OnEnd
from dbs.jobs.store import JobStore
from dbs.jobs.work import Work

# DBOS is imported where it is used: it takes half a second, which `dbs status` need not pay.
if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

log = structlog.get_logger()

_WORKFLOW = "job"
# Pinned: DBOS resumes only jobs of its own version, and an upgrade must not strand them.
_VERSION = "1"
_APPLICATION = "dbs"
# 102 ms median latency for 2.7 % of a core; the default of 1 s costs 849 ms (measured).
_POLL_SECONDS = 0.25
# Only while somebody waits for that one job.
_CHILD_POLL_SECONDS = 0.05
# A rehearsal that waits for an instance holds its place.
_QUEUES = {"instances": 8, "sources": 4, "rehearsals": 16}
_CLOSE_SECONDS = 30.0
_LOCK_ATTEMPTS, _LOCK_SECONDS = 50, 0.01
_DEAD = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class JobEngine:
    """Queues jobs from any process, and runs them in the one that holds `worker()`."""

    def __init__(self, url: str, home: Path, store: JobStore) -> None:
        self._url = url
        self._home = home
        self._store = store
        self._kinds: Mapping[str, JobKind] = {}
        self._work = Work(store, {}, lambda job, ending: None)
        self._opened: DBOSClient | None = None
        # One thread: jobs are queued in the order in which they were asked for.
        self._queueing = ThreadPoolExecutor(1, thread_name_prefix="queueing")

    def define(self, kinds: Mapping[str, JobKind], on_end: OnEnd, held: Callable[[], bool] = lambda: False) -> None:
        """Say once what kinds of job there are; apart from `__init__` because their steps need the services.

        While `held` says so no queued job begins: it goes back, without taking anybody's place, until `let_go`.
        """
        self._kinds = kinds
        self._work = Work(self._store, kinds, on_end, held)

    # -- any process -----------------------------------------------------------------------------------------------

    def submit(self, request: JobRequest) -> Job:
        """Write the job down, then queue it. The same id twice is one job, and the same answer."""
        job = self.write_down(request)
        self.queue(job)
        return job

    def write_down(self, request: JobRequest) -> Job:
        """The promise: from here on the job will be done, whoever dies; `queue` makes it soon."""
        return self._store.add(request, self._kinds[request.kind].phases_for(request))

    def queue(self, job: Job) -> None:
        """Queue a job that was written down, in the background: nobody who waits for an answer waits for DBOS.

        Should that fail, or this process die before, the worker finds the job when it looks after the open ones.
        """
        if job.state == "queued":
            self._queueing.submit(self._enqueue_quietly, job)

    def wait_until_queued(self) -> None:
        """Return when everything handed to `queue` so far is in the queue, or has failed to get there."""
        self._queueing.submit(lambda: None).result()

    def _enqueue_quietly(self, job: Job) -> None:
        with _logging_bugs(job=job.id):
            self._enqueue(job)

    def cancel(self, job: Job, by: str) -> Cancelling:
        """Ask a job to end. One that has not begun has ended when this returns, whether or not a worker runs.

        Never by DBOS' own means: that frees the job's place in its queue while the step still runs.
        """
        came = self._store.request_cancel(job.id, by, self._kinds[job.kind].no_return)
        if came == "cancelled":
            self._work.cancelled(job.id)
        return came

    def let_go(self) -> None:
        """Queue the jobs again that were held, first come first."""
        for job in self._store.open():
            if job.state == "queued":
                self._look_after(job)

    def worker_is_running(self) -> bool:
        """Whether a process works on jobs right now."""
        # Shared: several may look at once without taking each other for a worker.
        try:
            os.close(_lock(self._home / "worker.lock", how=fcntl.LOCK_SH))
        except FailedError:
            return True
        return False

    def _enqueue(self, job: Job) -> None:
        options: EnqueueOptions = {
            "workflow_name": _WORKFLOW,
            "queue_name": self._kinds[job.kind].queue,
            "queue_partition_key": job.target,
            "workflow_id": job.id,
            "app_version": _VERSION,
        }
        self._client().enqueue(options, job.id)

    def _client(self) -> DBOSClient:
        if self._opened is None:
            from dbos import DBOSClient, DBOSPortableJSONSerializer

            if not self.worker_is_running():
                self._migrate()  # a running worker has done it
            self._opened = DBOSClient(
                system_database_url=self._url,
                serializer=DBOSPortableJSONSerializer(),
                application_name=_APPLICATION,
            )
        return self._opened

    def _migrate(self) -> None:
        """DBOS clients never create its database; several processes may start at once."""
        from dbos import run_dbos_database_migrations

        descriptor = os.open(self._home / "jobs.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if self._url.startswith("sqlite:///"):
                # Whoever can write this file can make the worker do things: nobody else may even read it.
                os.close(os.open(self._url.removeprefix("sqlite:///"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            run_dbos_database_migrations(self._url)
        finally:
            os.close(descriptor)

    # -- the worker ------------------------------------------------------------------------------------------------

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Work on jobs until the block ends. Jobs that a dead worker left go on at the step they were in.

        Raises `FailedError` when another process works for the same dbs home.
        """
        from dbos import DBOS, DBOSPortableJSONSerializer

        lock = _lock(self._home / "worker.lock", attempts=_LOCK_ATTEMPTS)
        stop = threading.Event()
        try:
            self._migrate()
            DBOS(
                config={
                    "name": _APPLICATION,
                    "system_database_url": self._url,
                    "serializer": DBOSPortableJSONSerializer(),
                    "application_version": _VERSION,
                    "executor_id": "local",
                    "log_level": "WARNING",
                    "notification_listener_polling_interval_sec": _POLL_SECONDS,
                }
            )
            DBOS.workflow(name=_WORKFLOW)(lambda job_id: self._workflow(job_id))  # DBOS marks it; methods take no marks
            DBOS.launch()
            for name, concurrency in _QUEUES.items():
                DBOS.register_queue(
                    name,
                    partition_concurrency=1,
                    worker_concurrency=concurrency,
                    polling_interval_sec=_POLL_SECONDS,
                    on_conflict="always_update",
                )
            threading.Thread(target=self._keep_looking_after, args=(stop,), daemon=True).start()
            yield
        finally:
            stop.set()
            DBOS.destroy(destroy_registry=True)
            os.close(lock)

    def _keep_looking_after(self, stop: threading.Event) -> None:
        """No job stays open that nobody works on."""
        while True:
            # Whatever is wrong with one of them, the others still need looking after, for as long as we live.
            with _logging_bugs():
                for job in self._store.open():
                    with _logging_bugs(job=job.id):
                        self._look_after(job)
            if stop.wait(_CLOSE_SECONDS):
                return

    def _look_after(self, job: Job) -> None:
        """Queue it when whoever wrote it down died before queueing it, or when it was held and need not wait now;
        close it when DBOS has given it up."""
        known = self._client().list_workflows(workflow_ids=[job.id], load_input=False, load_output=False)
        if not known:
            self._enqueue(job)
        elif known[0].status in _DEAD:
            self._work.end(job.id, {"outcome": "failed", "sentence": f"It was given up ({known[0].status.lower()})."})
        elif known[0].status == "SUCCESS" and job.state == "queued" and not self._work.waits(job):
            # DBOS is done with it, and it has not begun: it was held. A finished id would never run again.
            self._client().delete_workflow(job.id)
            self._enqueue(job)

    def _workflow(self, job_id: str) -> dict[str, Any]:
        """Begin, every step, the children, the end; DBOS remembers what each of them returned."""
        from dbos import DBOS

        begun = DBOS.run_step({"name": "begin"}, self._work.begin, job_id)
        if "go" not in begun:
            return dict(begun.get("over", begun))
        kind = self._kinds[begun["go"]]
        facts: Facts = {}
        for name, _ in kind.steps:
            answer = DBOS.run_step({"name": name}, self._work.step, job_id, name, facts)
            if "cancelled" in answer:
                return DBOS.run_step({"name": "end"}, self._work.cancelled, job_id)
            if "failed" in answer:
                ending = {"outcome": "failed", "sentence": answer["failed"], "error_id": answer.get("error_id")}
                return self._finish(job_id, {**ending, "facts": {**facts, **answer.get("about", {})}})
            facts[name] = answer["facts"]
        if kind.children is not None:
            facts["children"] = self._children(job_id, facts)
        return self._finish(job_id, {"outcome": "done", "facts": facts})

    def _children(self, job_id: str, facts: Facts) -> Facts:
        """Do the jobs that are a part of this one, each when the one before it has ended; how each ended.

        A job that waits for its turn is not written down yet: whoever looks after the open ones would queue it.
        """
        from dbos import DBOS

        ended: Facts = {}
        for request in DBOS.run_step({"name": "children"}, self._children_of, job_id, facts):
            DBOS.run_step({"name": "child"}, self._submit_child, request)
            # Not `existing_workflow`: DBOS would record a status that its JSON serializer cannot write.
            handle: Any = DBOS.retrieve_workflow(request["id"], existing_workflow=False)
            ended[request["id"]] = handle.get_result(polling_interval_sec=_CHILD_POLL_SECONDS)
        return ended

    def _children_of(self, job_id: str, facts: Facts) -> list[dict[str, Any]]:
        return [asdict(request) for request in self._work.children(job_id, facts)]

    def _submit_child(self, request: dict[str, Any]) -> None:
        self._enqueue(self.write_down(JobRequest(**request)))

    def _finish(self, job_id: str, ending: dict[str, Any]) -> dict[str, Any]:
        from dbos import DBOS

        return DBOS.run_step({"name": "end"}, self._work.end, job_id, ending)


@contextmanager
def _logging_bugs(**about: str) -> Iterator[None]:
    try:
        yield
    except Exception:
        log.exception("bug while looking after jobs", **about)


def _lock(path: Path, attempts: int = 1, how: int = fcntl.LOCK_EX) -> int:
    """Hold the lock of the one worker. Somebody who only looks holds it for an instant: `attempts` outlast that."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in range(attempts):
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_SECONDS)
        else:
            return descriptor
    os.close(descriptor)
    raise FailedError("Another worker is running for this dbs home; one is enough.")
