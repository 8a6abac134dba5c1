"""Who is killed, and when, nothing of a sandbox is left; and where none can be set up, nothing runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from dbs import process
from tests.support.sandboxed import Sandbox, left, left_groups
from tests.support.waiting import until

REPOSITORY = Path(__file__).parents[2]
_PARENT = """
import sys
from pathlib import Path
from dbs.sandbox import SandboxRequest, run
run(SandboxRequest("setsid sleep 76543 & echo begun; sleep 76543", Path(sys.argv[1])), on_output=print)
"""


def _parent(sandbox: Sandbox) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-u", "-c", _PARENT, str(sandbox.code)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=REPOSITORY)


@pytest.mark.parametrize("generation", range(5), ids=["dbs", "launcher", "first process", "bwrap", "its child"])
def test_a_killed_parent_leaves_nothing(sandbox: Sandbox, generation: int) -> None:
    with _parent(sandbox) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"begun\n"
        launcher = victim = _children(parent.pid)[0]
        for _ in range(generation - 1):
            victim = _children(victim)[0]
        os.kill(victim if generation else parent.pid, signal.SIGKILL)
        parent.wait(30)
    until(lambda: not left("76543") and not Path(f"/proc/{launcher}").exists(), "everything ended")
    assert sandbox.run("true").exit_code == 0  # which sweeps up the groups of a killed launcher
    assert left_groups() == []


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.mark.parametrize("who", ["dbs", "launcher"])
def test_a_parent_that_is_killed_early_leaves_nothing_either(sandbox: Sandbox, who: str) -> None:
    """bwrap of its own has a moment in which its child outlives it, and waits for ever."""
    for moment in range(32):
        with _parent(sandbox) as parent:
            [launcher] = until(partial(_children, parent.pid), "the launcher to start")
            time.sleep(moment * 0.003)
            os.kill(launcher if who == "launcher" else parent.pid, signal.SIGKILL)
            parent.wait(30)
    assert sandbox.run("true").exit_code == 0
    until(lambda: not process.running("76543") and not left_bwraps(), "everything ended")
    assert sandbox.run("true").exit_code == 0
    assert left_groups() == []


def left_bwraps() -> list[int]:
    """What waits to become the command of these tests."""
    return [pid for pid in process.running("setsid sleep 76543") if pid != os.getpid()]


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="takes a right away that only root has")
def test_where_namespaces_are_not_allowed_nothing_runs(sandbox: Sandbox) -> None:
    """As root in a container without rights of its own."""
    limited = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", sys.executable, "-c", _PARENT]
    done = subprocess.run(
        [*limited, str(sandbox.code)], capture_output=True, text=True, cwd=REPOSITORY, timeout=60, check=False
    )
    assert done.stdout == ""
    assert "SandboxError: The sandbox could not be set up here" in done.stderr
    assert "unshare: Operation not permitted" in done.stderr
