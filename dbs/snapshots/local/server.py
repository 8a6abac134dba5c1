"""One database server process on one data directory: start, wait until it answers, pause, end."""

from __future__ import annotations

import contextlib
import getpass
import select
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dbs import process
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.snapshots.interface import Address, SnapshotError

START_SECONDS = 60
STOP_SECONDS = 600
# Instances and the golden server must agree on this: another size at start costs 40 ms to 1.2 s (measured).
REDO_BYTES = 96 * 1024 * 1024
_LARGEST_REDO_BYTES = 1024 * 1024 * 1024

_COMMON = (
    "--no-defaults",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--local-infile=0",
    "--innodb-buffer-pool-load-at-startup=0",
    "--innodb-buffer-pool-dump-at-shutdown=0",
    # Instances are thrown away, and a snapshot is only frozen after a clean shutdown: torn pages need no second copy.
    "--innodb-doublewrite=0",
    "--performance-schema=0",
    "--max-allowed-packet=1G",
)
INSTANCE_OPTIONS = (
    f"--innodb-log-file-size={REDO_BYTES}",
    "--innodb-flush-log-at-trx-commit=2",
    "--max-connections=300",
)


def build_options(text_bytes: int) -> list[str]:
    """Options for importing that much SQL: nothing is kept if it fails, so nothing is flushed on the way."""
    redo = min(max(text_bytes, REDO_BYTES), _LARGEST_REDO_BYTES) // 2**20
    return [f"--innodb-log-file-size={redo}M", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=1G"]


@dataclass(frozen=True)
class Programs:
    """Which server programs to use, and as whom (`user` only matters when dbs runs as root)."""

    basedir: Path | None
    user: str | None

    def server(self) -> str:
        """Path of the server program."""
        return process.find_program("mariadbd", self.basedir)

    def admin(self) -> str:
        """The database account of dbs itself: the login that dbs runs as, let in by `unix_socket`, no password."""
        return getpass.getuser()

    def create_data(self, data: Path) -> None:
        """Fill an empty directory with a new server's system tables."""
        words = [
            process.find_program("mariadb-install-db", self.basedir),
            "--no-defaults",
            f"--datadir={data}",
        ]
        words += ["--skip-test-db", "--auth-root-authentication-method=socket"]
        words += [f"--auth-root-socket-user={self.admin()}"]
        if self.basedir is not None:
            words.append(f"--basedir={self.basedir}")
        process.run(words, user=self.user, cwd=data)


@dataclass(frozen=True)
class Place:
    """Where one server lives: its directory (data, tmp, init.sql, server.log below it) and its private socket."""

    directory: Path
    private: Path

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.directory / "server.log"


class Server:
    """A running server. Made by `start` or `adopt`; ends with `kill` or `shut_down`."""

    def __init__(self, held: process.Process, place: Place, admin: str) -> None:
        self.process = held
        self.place = place
        self._admin = admin

    @property
    def address(self) -> Address:
        """Its private address, for dbs alone."""
        return Address(user=self._admin, unix_socket=str(self.place.private))

    def wait(self, timeout_seconds: float = START_SECONDS) -> None:
        """Wait for its first greeting on the private socket; watch the process meanwhile.

        The socket is held by us, so a connection is taken at once and greeted when the server is ready.
        Raises `SnapshotError` with the server's last words when it ends or takes too long.
        """
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.place.private))
                greeted = self._poll(probe, timeout_seconds) and probe.recv(1)
            except OSError:  # nobody holds the socket any more
                greeted = b""
            if not greeted:
                raise SnapshotError(f"The database server ended while it started: {self.last_words()}")

    def _poll(self, probe: socket.socket, timeout_seconds: float) -> bool:
        """Wait for word on the probe: True, or the server's end: False."""
        poll = select.poll()
        poll.register(probe, select.POLLIN)
        poll.register(self.process.descriptor, select.POLLIN)
        events = dict(poll.poll(timeout_seconds * 1000))
        if not events:
            raise SnapshotError(f"The database server gave no answer within {timeout_seconds:g} seconds.")
        return self.process.descriptor not in events

    @contextlib.contextmanager
    def admin(self) -> Iterator[Connection]:
        """A connection with all rights, closed at the end. Raises `SnapshotError` when the server does not answer."""
        try:
            connection = connect(self.address, read_timeout_seconds=START_SECONDS)
        except DatabaseError as error:
            raise SnapshotError(f"{error} The server's last words: {self.last_words()}") from error
        with contextlib.closing(connection):
            yield connection

    def pause(self) -> None:
        """Stop it from answering, without losing anything."""
        self.process.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self.process.send(signal.SIGCONT)

    def kill(self) -> int | None:
        """End it at once; what it had not written is lost. Returns its exit status if it was started by us."""
        status = self.process.kill()
        self.place.private.unlink(missing_ok=True)
        return status

    def shut_down(self) -> None:
        """End it cleanly. Raises `SnapshotError` when it does not end so; it is gone all the same."""
        self.resume()
        self.process.send(signal.SIGTERM)
        in_time = self.process.ended(STOP_SECONDS)
        status = self.kill()
        if not in_time:
            raise SnapshotError(f"The database server did not shut down within {STOP_SECONDS} seconds.")
        if status:
            raise SnapshotError(f"The database server did not shut down cleanly ({status}): {self.last_words()}")

    def last_words(self) -> str:
        """The last error lines of its log, at most 400 characters."""
        try:
            lines = self.place.log.read_text(errors="replace").splitlines()
        except OSError:
            return "it left no log"
        errors = [line for line in lines if "ERROR" in line] or lines
        return " / ".join(errors[-3:])[-400:] or "it said nothing"


def start(programs: Programs, place: Place, listeners: list[socket.socket], options: list[str]) -> Server:
    """Start a server whose only ways in are the given listening sockets; it opens none of its own."""
    temporary = place.directory / "tmp"
    temporary.mkdir(mode=0o700, exist_ok=True)
    process.own(temporary, programs.user)
    words = [programs.server(), *_COMMON, f"--datadir={place.data}", f"--tmpdir={temporary}", *options]
    words += [f"--secure-file-priv={temporary}", f"--pid-file={temporary}/pid"]
    if programs.basedir is not None:
        words.append(f"--basedir={programs.basedir}")
    descriptors = [listener.fileno() for listener in listeners]
    held = process.start(words, log=place.log, listeners=descriptors, user=programs.user)
    return Server(held, place, programs.admin())


def listen_private(path: Path) -> socket.socket:
    """A new private Unix socket that only dbs itself (and root) can connect to."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(64)
    return listener


def listen_public(host: str, port: int) -> socket.socket:
    """The public TCP socket. Raises `SnapshotError` when somebody else has the port."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SnapshotError(f"Cannot listen on {host}:{port}: {error.strerror}. Is another server using it?") from error
    # The kernel caps it at net.core.somaxconn; clients wait here while servers are swapped.
    listener.listen(4096)
    return listener
