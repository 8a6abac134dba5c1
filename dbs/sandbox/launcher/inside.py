"""The launcher's child: namespaces, the stage, listening sockets. Its own child gives all rights away for bwrap."""

from __future__ import annotations

import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dbs import process
from dbs.sandbox.launcher import kernel
from dbs.sandbox.launcher.groups import Groups, join
from dbs.sandbox.launcher.plan import STAGE, STAGED_HOSTS, STAGED_SCRATCH, STAGED_SOCKET, Plan

_HOSTS = "127.0.0.1 localhost\n"
_BACKLOG, _FILES = 128, 200_000
# A process may reserve more than it ever uses (a JVM, Go); without a memory group this keeps one from taking everything
# between two looks at it.
_RESERVED_TIMES = 4
# RLIMIT_NPROC counts for the account, so for all its sandboxes; with a pids group it is only the outer bound.
_SANDBOXES = 8
REFUSED = 126
"""Exit code of a child that did not come to be what it should; its reason is on the socket."""
_LEFT_SECONDS, _PAUSE_SECONDS = 5.0, 0.002


@dataclass(frozen=True)
class Ends:
    """What the child is given: the socket to its parent, where bwrap reports to, where the output goes."""

    parent: socket.socket
    status: int
    output: int


def stand_between(plan: Plan, groups: Groups, ends: Ends) -> None:
    """Be the first process of a namespace of processes: when it ends, however, the kernel ends all others in it.

    bwrap alone does not see to that: its child has a moment in which it outlives a bwrap that is killed. Returns when
    everything inside has ended. Raises `OSError` when a step is not allowed here.
    """
    kernel.die_with_parent()
    _parent_lives(ends.parent)
    doors = groups.doors()  # the stage hides their paths
    kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_NETWORK)
    _set_stage(plan)
    _hand_over(plan, ends.parent)
    bwrap = os.fork()
    if bwrap == 0:
        _guarded(partial(_become_bwrap, plan, groups, doors, ends), ends.parent)
    for descriptor in (ends.status, ends.output, *doors):
        os.close(descriptor)
    _reap(bwrap)


def _parent_lives(parent: socket.socket) -> None:
    """It may have been killed before we asked to be killed with it."""
    with suppress(BlockingIOError):
        if not parent.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
            os._exit(REFUSED)


def _guarded(act: Callable[[], None], parent: socket.socket) -> None:
    """Nothing of the launcher itself may go on in a child of it, whatever happens."""
    try:
        act()
    except OSError as error:
        with suppress(OSError):
            parent.send(str(error).encode())
    finally:
        os._exit(REFUSED)


def begin(plan: Plan, groups: Groups, ends: Ends) -> None:
    """`stand_between`; never returns, and sends what is not allowed here to the parent."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and what is ignored is inherited
        signal.signal(number, signal.SIG_DFL)
    _guarded(partial(stand_between, plan, groups, ends), ends.parent)


def _reap(bwrap: int) -> None:
    """Wait for bwrap and then for what it leaves, which ends with it: only so is its processor time counted."""
    while os.wait()[0] != bwrap:
        pass
    end = time.monotonic() + _LEFT_SECONDS
    with suppress(ChildProcessError):
        while time.monotonic() < end:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(_PAUSE_SECONDS)


def _become_bwrap(plan: Plan, groups: Groups, doors: list[int], ends: Ends) -> None:
    os.setsid()
    join(doors)
    _limit(plan, groups)
    uid, gid = (1, 1) if plan.subordinate else (plan.uid, plan.gid)
    kernel.leave_keyring()
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    kernel.no_new_rights()
    _replace(plan, ends)


def _set_stage(plan: Plan) -> None:
    kernel.keep_mounts_apart()
    held = [
        (os.open(source, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW), target) for source, target in plan.binds.items()
    ]
    kernel.mount_memory(STAGE, size_bytes=1 << 20, files=100, mode=0o755)
    for descriptor, target in held:
        Path(target).mkdir()
        kernel.bind(f"/proc/self/fd/{descriptor}", target)
    Path(STAGED_HOSTS).write_text(_HOSTS)
    Path(STAGED_HOSTS).chmod(0o644)
    Path(STAGED_SCRATCH).mkdir()
    kernel.mount_memory(STAGED_SCRATCH, size_bytes=plan.scratch_bytes, files=_FILES, mode=0o1777)


def _hand_over(plan: Plan, parent: socket.socket) -> None:
    """Listening sockets of these namespaces, for the relay outside, and the scratch directory, to measure it."""
    kernel.loopback_up()
    scratch = os.open(STAGED_SCRATCH, os.O_RDONLY | os.O_DIRECTORY)
    passed = [scratch]
    if plan.database is not None:
        local, network = socket.socket(socket.AF_UNIX), socket.socket()
        local.bind(STAGED_SOCKET)
        Path(STAGED_SOCKET).chmod(0o666)
        network.bind(("127.0.0.1", plan.port))
        for listener in (local, network):
            listener.listen(_BACKLOG)
            passed.append(listener.detach())
    socket.send_fds(parent, [b"."], passed)
    for descriptor in passed:
        os.close(descriptor)


def _limit(plan: Plan, groups: Groups) -> None:
    processes = plan.processes * (_SANDBOXES if "pids" in groups.at else 1)
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: plan.cpu_seconds,
        resource.RLIMIT_FSIZE: plan.file_bytes,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if "memory" not in groups.at:
        limits[resource.RLIMIT_AS] = plan.memory_bytes * _RESERVED_TIMES
    Path("/proc/self/oom_score_adj").write_text("1000")  # if the machine runs out of memory, this goes first
    for what, limit in limits.items():
        resource.setrlimit(what, (limit, limit))


def _replace(plan: Plan, ends: Ends) -> None:
    """Become the program; its options come from a file in memory, for an argument is seen by everybody."""
    given = os.memfd_create("arguments", 0)
    os.write(given, b"".join(word.encode() + b"\0" for word in plan.arguments))
    os.lseek(given, 0, os.SEEK_SET)
    os.dup2(ends.output, 1)
    os.dup2(ends.output, 2)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.set_inheritable(ends.status, True)
    words = [plan.bwrap, "--args", str(given), "--json-status-fd", str(ends.status), "--", *plan.command]
    process.replace(words, {})
