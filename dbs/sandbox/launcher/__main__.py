"""One sandbox from beginning to end: reads a plan from standard input, writes what came of it to the descriptor named.

Standard output is that of the command. The end of standard input means: end it.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys

from dbs.errors import DbsError
from dbs.sandbox.launcher import groups as control_groups
from dbs.sandbox.launcher import kernel, relay, rights
from dbs.sandbox.launcher.inside import Ends, begin
from dbs.sandbox.launcher.plan import Plan
from dbs.sandbox.launcher.watch import Watch


def main() -> None:
    """Run it, and write one JSON object: `refused`, or what `Watch.report` returns."""
    result = int(sys.argv[1])
    plan = Plan.of(_line(0))
    limits = {"pids": plan.processes, "memory": plan.memory_bytes}
    groups = control_groups.Groups({})
    try:
        if plan.subordinate:
            rights.enter_namespace(plan.uid, plan.gid)
        groups = control_groups.make(limits)
        answer = _run(plan, groups)
    except (DbsError, OSError) as error:
        answer = {"refused": str(error)}
    finally:
        groups.remove()
    os.write(result, json.dumps(answer).encode())


def _line(descriptor: int) -> bytes:
    """The first line; nothing may be read beyond it, for its end is waited for."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 65_536)
        if not piece:
            sys.exit(0)  # whoever asked is gone
        line += piece
    return bytes(line)


def _run(plan: Plan, groups: control_groups.Groups) -> dict[str, object]:
    near, far = socket.socketpair()
    status, reported = os.pipe()
    kernel.unshare(kernel.NEW_PROCESSES)  # for the child; the launcher stays where it is
    child = os.fork()
    if child == 0:
        near.close()
        begin(plan, groups, Ends(far, reported, 1))
    far.close()
    os.close(reported)
    os.close(1)  # the output ends with the last process inside
    with near, selectors.DefaultSelector() as selector:
        watch = Watch(plan, groups, child, status, selector)
        said, passed, _, _ = socket.recv_fds(near, 65_536, 8)
        if said != b".":
            watch.finish()
            return {"refused": said.decode(errors="replace") or "the launcher's child was killed"}
        watch.scratch = passed[0]
        uid = 1 if plan.subordinate else plan.uid
        at = tuple(plan.database) if isinstance(plan.database, list) else plan.database
        passing = relay.Relay(selector, lambda: relay.connect(at, uid))  # type: ignore[arg-type]
        for descriptor in passed[1:]:
            passing.listen(socket.socket(fileno=descriptor))
        watch.until_end()
        return watch.report(near)


if __name__ == "__main__":
    main()
