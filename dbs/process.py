"""The one door to other programs: argument lists only, no shell strings, and no secrets in them."""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import select
import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn, cast

from dbs.errors import FailedError

SYSTEM_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_LAST_LINES, _LAST_CHARACTERS = 5, 500
_PIDFD_GETFD = 438  # the same number on every architecture: linux/unistd, since Linux 5.6
_FIRST_PASSED_DESCRIPTOR = 3  # sd_listen_fds(3): passed sockets start here
# LISTEN_PID must name the server itself; a shell that execs keeps its process id.
_ACTIVATE = 'LISTEN_PID=$$ exec "$@"'


class ProgramError(FailedError):
    """A program is missing, failed or took too long; the sentence has its name and its last words."""


def find_program(name: str, basedir: Path | None = None) -> str:
    """Absolute path of a program, from `basedir` first, then PATH and the system's directories."""
    own = [str(basedir / part) for part in ("sbin", "bin", "usr/sbin", "usr/bin", "scripts")] if basedir else []
    path = os.pathsep.join([*own, os.environ.get("PATH", ""), *SYSTEM_DIRECTORIES])
    found = shutil.which(name, path=path)
    if found is None:
        raise ProgramError(f"The program {name} is not installed on this machine, or not on the PATH.")
    return found


def run(
    arguments: Sequence[str], *, timeout_seconds: float = 60, user: str | None = None, cwd: Path | None = None
) -> str:
    """Run a program to its end and return its standard output.

    Raises `ProgramError` with the last lines of its error output when it fails, or when it takes too long.
    """
    command = [*become(user), *arguments]
    name = Path(arguments[0]).name
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
            cwd=cwd,
        )
    except FileNotFoundError:
        raise ProgramError(f"The program {name} is not installed on this machine.") from None
    except subprocess.TimeoutExpired:
        raise ProgramError(f"{name} did not finish within {timeout_seconds:g} seconds.") from None
    if done.returncode != 0:
        raise ProgramError(f"{name} failed with exit code {done.returncode}: {_last_words(done.stderr, done.stdout)}")
    return done.stdout


def _last_words(errors: str, output: str) -> str:
    """What a program said last, on one line: the very last line is often only `Aborting`, the cause stands above."""
    lines = [line.strip() for line in (errors.strip() or output.strip()).splitlines() if line.strip()]
    said = " / ".join(lines[-_LAST_LINES:]) or "it said nothing"
    return said if len(said) <= _LAST_CHARACTERS else f"…{said[1 - _LAST_CHARACTERS :]}"


def become(user: str | None) -> list[str]:
    """The words to put before a command so that it runs as `user`; none when dbs is not root or no user is named."""
    if user is None or os.geteuid() != 0:
        return []
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise ProgramError(
            f"There is no user {user!r} on this machine to run database servers as. "
            f"Create it with: useradd --system --no-create-home --shell /usr/sbin/nologin {user}"
        ) from None
    return [
        "setpriv",
        f"--reuid={entry.pw_uid}",
        f"--regid={entry.pw_gid}",
        "--clear-groups",
        "--no-new-privs",
    ]


def own(path: Path, user: str | None) -> None:
    """Give a file or directory to `user` when dbs runs as root; nothing to do otherwise."""
    if user is not None and os.geteuid() == 0:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True)
class Process:
    """A running program, held by a descriptor that cannot come to mean another one (pidfd)."""

    pid: int
    descriptor: int

    @classmethod
    def of(cls, pid: int) -> Process:
        """Hold a process that is already running. Raises `ProcessLookupError` when it is gone."""
        return cls(pid, os.pidfd_open(pid))

    def send(self, number: signal.Signals) -> None:
        """Send a signal; a process that is gone is no error."""
        try:
            signal.pidfd_send_signal(self.descriptor, number)
        except ProcessLookupError:
            return

    def ended(self, timeout_seconds: float = 0) -> bool:
        """Whether it has ended, waiting at most so long."""
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        return bool(poll.poll(timeout_seconds * 1000))

    def catches(self, number: signal.Signals) -> bool:
        """Whether it has a handler for a signal that would end it otherwise (`SigCgt`, proc(5))."""
        for line in _lines(f"/proc/{self.pid}/status"):
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (number - 1) & 1)
        return False

    def kill(self) -> int | None:
        """End it at once, and `collect` it."""
        self.send(signal.SIGKILL)
        self.ended(30)
        return self.collect()

    def collect(self) -> int | None:
        """Reap an ended child and close the descriptor.

        Returns its exit status, or minus the number of the signal that ended it; None for somebody else's child,
        which is reaped by init.
        """
        try:
            found = os.waitid(os.P_PIDFD, self.descriptor, os.WEXITED)
        except ChildProcessError:
            return None
        finally:
            os.close(self.descriptor)
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status

    def borrow(self, number: int) -> int:
        """A duplicate of the process' descriptor `number` (pidfd_getfd). Raises `OSError` where not permitted."""
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = int(libc.syscall(_PIDFD_GETFD, self.descriptor, number, 0))
        if descriptor < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return descriptor


def start(
    arguments: Sequence[str],
    *,
    log: Path,
    listeners: Sequence[int] = (),
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Process:
    """Start a program in a session of its own, its output appended to `log`.

    `listeners` are listening sockets handed over by socket activation: descriptors 3, 4, …, `LISTEN_FDS`.
    """
    # Moved out of the way of their own destinations, or a later dup2 could overwrite an earlier source.
    high = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 64) for number in listeners]
    actions: list[tuple[object, ...]] = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    actions += [(os.POSIX_SPAWN_DUP2, fd, _FIRST_PASSED_DESCRIPTOR + n) for n, fd in enumerate(high)]
    path = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_DIRECTORIES])
    passed = {"PATH": path, "LANG": "C.UTF-8", **(environment or {})}
    command = [*become(user), *arguments]
    if listeners:
        passed["LISTEN_FDS"] = str(len(listeners))
        command = ["/bin/sh", "-c", _ACTIVATE, "sh", *command]
    try:
        pid = os.posix_spawnp(command[0], command, passed, file_actions=actions, setsid=True)
    finally:
        for number in high:
            os.close(number)
    return Process.of(pid)


def end(pid: int) -> None:
    """Kill a process; one that is gone is no error."""
    try:
        held = Process.of(pid)
    except ProcessLookupError:
        return
    held.kill()


def uid_of(user: str | None) -> int:
    """The user id that `start` and `run` give a program. Raises `ProgramError` when there is no such user."""
    words = become(user)
    return pwd.getpwnam(user).pw_uid if user is not None and words else os.geteuid()


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(errors="replace").splitlines()
    except OSError:  # it ended while we looked
        return []


def arguments(pid: int) -> set[str]:
    """The arguments of a running process; none when it is gone."""
    return set("".join(_lines(f"/proc/{pid}/cmdline")).split("\0"))


def running(prefix: str, uids: Collection[int] | None = None) -> dict[int, list[str]]:
    """Process id → arguments of every process with an argument that starts with `prefix`.

    `uids` keeps it to those users' processes: anybody may start a program with the arguments of one of ours.
    """
    found: dict[int, list[str]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if uids is not None and entry.stat().st_uid not in uids:
                continue
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it ended while we looked
            continue
        if any(word.startswith(prefix) for word in words):
            found[int(entry.name)] = words
    return found


@dataclass(frozen=True)
class Talk:
    """A program that answers on its output what is asked on its input."""

    process: subprocess.Popen[bytes]
    asked: IO[bytes]
    answers: IO[bytes]

    def ended(self, timeout_seconds: float) -> bool:
        """Whether it has ended, waiting at most so long; reaped then."""
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, timeout_seconds: float) -> None:
        """End it at once and reap it. Its answers can still be read to their end; close them then."""
        self.process.kill()
        self.process.wait(timeout_seconds)
        with suppress(BrokenPipeError):  # last: somebody may have been waiting in the middle of a write
            self.asked.close()


def talk(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    errors: IO[bytes] | None = None,
    passed: Collection[int] = (),
) -> Talk:
    """Start a program to talk to through pipes; what it writes as errors goes to `errors`, or to ours.

    It has to end by itself when its input ends, so that none is left when this process is killed. The descriptors
    `passed` stay open in it, and in what it starts, under their numbers.
    """
    given = {"PATH": os.defpath, "LANG": "C.UTF-8", **environment}
    process = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=given, pass_fds=tuple(passed)
    )
    return Talk(process, cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout))


def replace(arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Become another program, under the same process id, with nothing in its environment but this."""
    os.execve(arguments[0], list(arguments), dict(environment))  # noqa: S606  (no shell is the point)
