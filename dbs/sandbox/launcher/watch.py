"""Waits for the end of a sandbox, measures meanwhile, ends it when it has to, and leaves no process behind."""

from __future__ import annotations

import json
import os
import resource
import selectors
import signal
import socket
from contextlib import suppress
from functools import partial

from dbs.sandbox.launcher import usage
from dbs.sandbox.launcher.groups import Groups
from dbs.sandbox.launcher.plan import Plan

_LOOK_SECONDS = 0.05


class Watch:
    """One sandbox: the launcher's child, bwrap, and everything that comes of that."""

    def __init__(self, plan: Plan, groups: Groups, child: int, status: int, selector: selectors.BaseSelector) -> None:
        """`child` starts bwrap, which reports to `status`; `selector` is shared with the relay."""
        self._plan, self._groups, self._selector, self._status = plan, groups, selector, status
        self._child_pid, self._child = child, os.pidfd_open(child)
        self._said = b""
        self._peak_bytes, self._cpu_seconds = 0, 0.0
        self._ended = self._killed = False
        self._stopped_by: str | None = None
        self.scratch: int | None = None
        selector.register(self._child, selectors.EVENT_READ, self._end)
        selector.register(status, selectors.EVENT_READ, self._hear)
        selector.register(0, selectors.EVENT_READ, self._asker_gone)

    def until_end(self) -> None:
        """Serve the selector until bwrap has ended and no process of the sandbox is left."""
        while not self._ended:
            for key, events in self._selector.select(_LOOK_SECONDS):
                key.data(events)
            self._look()
        self.finish()

    def finish(self) -> None:
        """End and reap all that is left; the kernel reports the child's end after that of all others inside."""
        self.kill()
        with suppress(ChildProcessError):
            os.waitpid(self._child_pid, 0)
        self._hear(0)

    def kill(self) -> None:
        """End everything inside: it is the first process of its namespace."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._child, signal.SIGKILL)

    def report(self, said: socket.socket) -> dict[str, object]:
        """What came of it. `exit_code` is None when the command was not started; `refused` when bwrap was not."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        with suppress(BlockingIOError):
            refusal = said.recv(65_536, socket.MSG_DONTWAIT)
            if refusal:
                return {"refused": refusal.decode(errors="replace")}
        if self._groups.ran_out_of_memory():
            self._stopped_by = "memory"
        return {
            "exit_code": self._exit_code(),
            "killed": self._killed,
            "stopped_by": self._stopped_by,
            "cpu_seconds": max(self._cpu_seconds, used.ru_utime + used.ru_stime),
            "peak_bytes": max(self._peak_bytes, used.ru_maxrss * 1024, self._groups.peak_bytes()),
        }

    def _exit_code(self) -> int | None:
        for line in self._said.splitlines():
            with suppress(ValueError):
                said = json.loads(line)
                if "exit-code" in said:
                    return int(said["exit-code"])
        return None

    def _end(self, _: int) -> None:
        self._ended = True

    def _asker_gone(self, _: int) -> None:
        self._selector.unregister(0)
        self._stop(None)

    def _stop(self, reason: str | None) -> None:
        if not self._killed:
            self._killed, self._stopped_by = True, reason
        self.kill()

    def _hear(self, _: int) -> None:
        """What bwrap says: how the command ended."""
        os.set_blocking(self._status, False)
        with suppress(BlockingIOError):
            for piece in iter(partial(os.read, self._status, 65_536), b""):
                self._said += piece
            if self._status in self._selector.get_map():
                self._selector.unregister(self._status)

    def _look(self) -> None:
        """Measure; end it when it uses too much."""
        pids = [pid for pid in usage.processes(self._child_pid) if pid != self._child_pid]
        files = 0
        if self.scratch is not None:
            held = os.fstatvfs(self.scratch)
            files = (held.f_blocks - held.f_bfree) * held.f_frsize
        used = usage.resident_bytes(pids) + files
        if used > self._plan.memory_bytes or "memory" not in self._groups.at:
            used = usage.proportional_bytes(pids) + files
        self._peak_bytes = max(self._peak_bytes, used)
        # Kept, because the kernel forgets the times of those that end together with the first process.
        self._cpu_seconds = max(self._cpu_seconds, usage.cpu_seconds(pids))
        if used > self._plan.memory_bytes or self._groups.ran_out_of_memory():
            self._stop("memory")
        elif self._cpu_seconds > self._plan.cpu_seconds:
            self._stop("processor time")
