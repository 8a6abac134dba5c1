"""The way to a server that is not one of ours: who is believed to be it, what lies between, what is sent."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dbs.mysql.interface import Connection, ServerAddress
from dbs.mysql.passwords import WITHOUT_TLS

# A peer that vanished is noticed after 60 + 6 * 10 seconds, also while a statement takes its time.
_KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 6))


@dataclass(frozen=True)
class Way:
    """How to get to a server that is not one of ours.

    `tls` decides who is believed to be the server; None is a connection without TLS, on which no password is sent
    that could be read. `dial` opens the socket, for example through a proxy; None goes straight to the address.
    """

    tls: ssl.SSLContext | None
    dial: Callable[[], socket.socket] | None = None

    def socket(self) -> socket.socket | None:
        """The socket to use; None leaves it to PyMySQL. Raises what `dial` raises."""
        return self.dial() if self.dial else None


def security(address: ServerAddress, way: Way | None) -> dict[str, Any]:
    """The arguments of PyMySQL that say how the connection is encrypted. Without a way no certificate is looked at."""
    if address.unix_socket is not None:
        # Loading the machine's certificates would cost more than the rest of a log-in by Unix socket.
        return {"ssl_disabled": True}
    if way is None:
        return {}
    return {"ssl": way.tls} if way.tls else {"ssl_disabled": True, "auth_plugin_map": WITHOUT_TLS}


def keep_alive(connection: Connection) -> None:
    """Have the kernel notice when the other side has vanished. Nothing to do for a Unix socket."""
    sock = _socket(connection)
    if sock is None or sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEP_ALIVE:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


def protection(connection: Connection) -> str:
    """How an open connection is protected: `TLSv1.3`, `Unix socket`, or nothing."""
    sock = _socket(connection)
    if isinstance(sock, ssl.SSLSocket):
        return str(sock.version())
    return "Unix socket" if sock is not None and sock.family == socket.AF_UNIX else ""


def cut(connection: Connection) -> None:
    """End a connection at once, from any thread: whoever reads from it gets a `DatabaseError`."""
    sock = _socket(connection)
    if sock is not None:
        with suppress(OSError):  # it has ended already
            # Not the method of a TLS socket, which would change that socket below the thread that reads.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _socket(connection: Connection) -> socket.socket | None:
    found = getattr(connection, "_sock", None)
    return found if isinstance(found, socket.socket) else None
