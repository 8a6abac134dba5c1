"""One database server process on one data directory: start, wait until it answers, pause, end."""

from __future__ import annotations

import contextlib
import getpass
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from dbs import process
from dbs.mysql.connect import connect
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.version import ServerVersion, parse
from dbs.snapshots.interface import Address, SnapshotError
from dbs.snapshots.local import engines
from dbs.snapshots.local.engines.interface import Engine, Installation, Opening
from dbs.snapshots.local.layout import checked_socket

START_SECONDS = 60
STOP_SECONDS = 600
# How long a server that opens its socket itself is left alone before it is asked again.
_LISTENING_SECONDS = 0.005


@dataclass(frozen=True)
class Programs:
    """Which server programs to use, and as whom (`user` only matters when dbs runs as root)."""

    basedir: Path | None
    user: str | None

    @cached_property
    def engine(self) -> Engine:
        """Which kind of server it is; found once."""
        return engines.find(self.basedir)

    def server(self) -> str:
        """Path of the server program."""
        return process.find_program(self.engine.program, self.basedir)

    def version(self) -> ServerVersion:
        """What the server program says it is. Raises `SnapshotError` when it says nothing of the kind."""
        program = Path(self.server())
        found = _version_of(str(program), program.stat().st_mtime_ns)
        if found is None:
            raise SnapshotError(f"{program} does not tell its version, so nothing can be restored with it.")
        return found

    def admin(self) -> str:
        """The database account of dbs itself, for which the login that dbs runs as needs no password."""
        return self.engine.admin(getpass.getuser())

    def init(self, opening: Opening | None = None) -> str:
        """What a server runs before it answers anybody; nothing where that is not needed."""
        return self.engine.init(getpass.getuser(), opening)

    def create_data(self, data: Path) -> None:
        """Fill an empty directory with a new server's system tables."""
        self.engine.create_data(Installation(self.basedir, self.user, getpass.getuser()), data)

    def place(self, directory: Path, held: Path) -> Place:
        """Where a server lives. `held` is its private socket when we make it; a server makes its own in `tmp`."""
        own = Place(directory, checked_socket(directory / "tmp" / "sock"))
        return Place(directory, held) if self.engine.inherits_socket else own


@lru_cache
def _version_of(program: str, _changed_at: int) -> ServerVersion | None:
    # `mariadbd  Ver 10.11.6-MariaDB …`; what stands before it may be a path with numbers in it.
    return parse(process.run([program, "--no-defaults", "--version"]).partition(" Ver ")[2])


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
    def init(self) -> Path:
        """What the server runs before it answers."""
        return self.directory / "init.sql"

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.directory / "server.log"


class Server:
    """A running server. Made by `start` or `adopt`; ends with `kill` or `shut_down`."""

    def __init__(self, held: process.Process, place: Place, programs: Programs) -> None:
        self.process = held
        self.place = place
        self.engine = programs.engine
        self._admin = programs.admin()

    @property
    def address(self) -> Address:
        """Its private address, for dbs alone."""
        return Address(user=self._admin, unix_socket=str(self.place.private))

    def wait(self, timeout_seconds: float = START_SECONDS) -> None:
        """Wait for its first greeting on the private socket; watch the process meanwhile.

        A socket that we made takes a connection at once, and the greeting comes when the server is ready; one that
        the server makes is not there before. Raises `SnapshotError` with the server's last words when it ends or
        takes too long.
        """
        end = time.monotonic() + timeout_seconds
        while not self.greets(end - time.monotonic()):
            if self.process.ended(_LISTENING_SECONDS):
                raise SnapshotError(f"The database server ended while it started: {self.last_words()}")
            if time.monotonic() > end:
                raise SnapshotError(f"The database server gave no answer within {timeout_seconds:g} seconds.")

    def greets(self, timeout_seconds: float) -> bool:
        """Whether the private socket is open and somebody says hello there in time."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.place.private))
                return self._poll(probe, timeout_seconds) and bool(probe.recv(1))
            except OSError:  # nobody holds the socket yet, or any more
                return False

    def _poll(self, probe: socket.socket, timeout_seconds: float) -> bool:
        """Whether there is word on the probe in time, and the server has not ended."""
        poll = select.poll()
        poll.register(probe, select.POLLIN)
        poll.register(self.process.descriptor, select.POLLIN)
        events = dict(poll.poll(max(timeout_seconds, 0) * 1000))
        return bool(events) and self.process.descriptor not in events

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


def start_private(programs: Programs, place: Place, options: list[str]) -> Server:
    """Start a server that only dbs can reach."""
    if not programs.engine.inherits_socket:
        return start(programs, place, [], [*options, *own_socket(programs, place), "--skip-networking"])
    with listen_private(place.private) as private:
        return start(programs, place, [private], options)


def own_socket(programs: Programs, place: Place) -> list[str]:
    """Options for a server that opens its private socket itself, in a directory that only it and root can enter.

    What a killed one left there is removed, lest the number in its lock has come to be another process'.
    """
    for stale in (place.private, place.private.with_name(f"{place.private.name}.lock")):
        stale.unlink(missing_ok=True)
    write_init(programs, place, programs.init())
    return [f"--socket={place.private}", f"--init-file={place.init}"]


def write_init(programs: Programs, place: Place, statements: str) -> None:
    """Write an init file anew; it may hold a password's hash, so nobody else may read it at any moment."""
    place.init.unlink(missing_ok=True)
    descriptor = os.open(place.init, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(statements)
    process.own(place.init, programs.user)


def start(programs: Programs, place: Place, listeners: list[socket.socket], options: list[str]) -> Server:
    """Start a server behind the given listening sockets; without any it opens those that its options name."""
    temporary = place.directory / "tmp"
    temporary.mkdir(mode=0o700, exist_ok=True)
    process.own(temporary, programs.user)
    words = [programs.server(), *programs.engine.options, f"--datadir={place.data}", f"--tmpdir={temporary}", *options]
    words += [f"--secure-file-priv={temporary}", f"--pid-file={temporary}/pid"]
    if programs.basedir is not None:
        words.append(f"--basedir={programs.basedir}")
    descriptors = [listener.fileno() for listener in listeners]
    held = process.start(words, log=place.log, listeners=descriptors, user=programs.user)
    return Server(held, place, programs)


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
