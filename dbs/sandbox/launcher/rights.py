"""Where dbs is not root: a namespace in which a subordinate id of its account is another user than itself.

In it, user 0 is the account itself and user 1 the first subordinate id (subuid(5)), written by `newuidmap`, which is
allowed to. What runs as user 1 has no right to anything of the account.
"""

from __future__ import annotations

import os

from dbs import process
from dbs.sandbox.launcher import kernel


def enter_namespace(uid: int, gid: int) -> None:
    """Go into a new user namespace with the ids 0 (this account) and 1 (`uid`, `gid`).

    Raises `OSError` or `ProgramError` where that is not allowed.
    """
    own, waiting, ready = os.getpid(), *os.pipe()
    helper = os.fork()  # maps are written from outside of the namespace
    if helper == 0:
        code = 1
        try:
            os.close(ready)
            os.read(waiting, 1)
            for program, ours, theirs in (("newuidmap", os.getuid(), uid), ("newgidmap", os.getgid(), gid)):
                process.run([process.find_program(program), str(own), "0", str(ours), "1", "1", str(theirs), "1"])
            code = 0
        except process.ProgramError as error:
            os.write(2, f"{error}\n".encode())
        finally:
            os._exit(code)
    try:
        kernel.unshare(kernel.NEW_USERS)
    finally:
        os.close(waiting)
        os.close(ready)
        ended = os.waitstatus_to_exitcode(os.waitpid(helper, 0)[1])
    if ended != 0:
        raise OSError("newuidmap or newgidmap refused to map this account's subordinate ids.")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
