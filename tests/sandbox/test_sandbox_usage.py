"""What is measured of processes that come and go meanwhile."""

from __future__ import annotations

import os
import subprocess

from dbs.sandbox.launcher import usage


def test_children_and_theirs_are_found() -> None:
    with subprocess.Popen(["/bin/sh", "-c", "sleep 1000 & echo; wait"], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        pids = list(usage.processes(started.pid))
        assert len(pids) == 2
        assert set(pids) <= set(usage.processes(os.getpid()))
        assert usage.resident_bytes(pids) >= usage.proportional_bytes(pids) > 0
        for pid in reversed(pids):
            os.kill(pid, 9)


def test_a_process_that_is_gone_uses_nothing() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    pids = list(usage.processes(gone.pid))
    assert pids == [gone.pid]
    assert usage.children(gone.pid) == []
    assert (usage.cpu_seconds(pids), usage.resident_bytes(pids), usage.proportional_bytes(pids)) == (0, 0, 0)


def test_looking_while_processes_end_is_no_error() -> None:
    command = "i=0; while [ $i -lt 300 ]; do true & (true; true); i=$((i+1)); done; wait"
    with subprocess.Popen(["/bin/sh", "-c", command]) as busy:
        while busy.poll() is None:
            pids = list(usage.processes(busy.pid))
            usage.cpu_seconds(pids)
            usage.resident_bytes(pids)
