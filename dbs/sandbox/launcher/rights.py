"""Where dbs is not root: a namespace in which a subordinate id of its account is another user than itself.

In it, user 0 is the account itself and user 1 the first subordinate id (subuid(5)), written by `newuidmap`, which is
allowed to. What runs as user 1 has no right to anything of the account.
"""

from __future__ import annotations

import os

from dbs import process
from dbs.sandbox.launcher import kernel

_DONE = "done"


def enter_namespace(uid: int, gid: int) -> None:
    """Go into a new user namespace with the ids 0 (this account) and 1 (`uid`, `gid`).

    Raises `OSError` where that is not allowed.
    """
    mapped = _Mapper(((os.getuid(), uid, "newuidmap"), (os.getgid(), gid, "newgidmap")))
    kernel.unshare(kernel.NEW_USERS)
    refusal = mapped.go()
    if refusal:
        raise OSError(refusal)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


class _Mapper:
    """A child that stays outside of the new namespace, from where alone its ids can be mapped."""

    def __init__(self, ids: tuple[tuple[int, int, str], ...]) -> None:
        """Start it; it waits for `go`. `ids` are those of user 0 and user 1, and the program that maps them."""
        of = os.getpid()
        waiting, self._ready = os.pipe()
        self._said, says = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._ready)
            os.close(1)  # the output is the command's
            os.read(waiting, 1)  # its end; also when the other is killed
            os.write(says, _map(of, ids).encode())
            os._exit(0)
        os.close(waiting)
        os.close(says)

    def go(self) -> str:
        """Have it map the ids; what stood against it, or nothing."""
        os.close(self._ready)
        said = os.read(self._said, 65_536).decode(errors="replace")
        os.close(self._said)
        os.waitpid(self._pid, 0)
        return "" if said == _DONE else said or "newuidmap was killed"


def _map(pid: int, ids: tuple[tuple[int, int, str], ...]) -> str:
    try:
        for own, subordinate, program in ids:
            process.run([process.find_program(program), str(pid), "0", str(own), "1", "1", str(subordinate), "1"])
    except process.ProgramError as error:
        return str(error)
    return _DONE
