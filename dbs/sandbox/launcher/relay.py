"""Passes bytes between the sandbox's two addresses of the database and the database itself.

It runs outside; only the listening sockets are made inside, so nothing has to be installed in a foreign root. On the
database's Unix socket it counts as the runner's account: with that of dbs, `unix_socket` authentication would let
anybody from inside in as the server's administrator.
"""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from dbs.sandbox.launcher import kernel

CONNECTIONS = 100
"""At once; a server takes 151 unless told otherwise (max_connections), and dbs needs some itself."""
_PIECE_BYTES, _WAITING_BYTES = 65_536, 262_144
_CONNECT_SECONDS = 10.0


def connect(at: str | tuple[str, int], uid: int) -> socket.socket:
    """A connection to the database; to a Unix socket as user `uid`, but with our own right to open the file."""
    if not isinstance(at, str):
        return socket.create_connection(at, timeout=_CONNECT_SECONDS)
    reached = socket.socket(socket.AF_UNIX)
    reached.settimeout(_CONNECT_SECONDS)
    own = os.geteuid()
    try:
        os.seteuid(uid)  # what the server is told (SO_PEERCRED is taken when the connection is made)
        try:
            kernel.set_file_user(own)
            reached.connect(at)
        finally:
            os.seteuid(own)  # and the file user with it
    except OSError:
        reached.close()
        raise
    return reached


@dataclass(eq=False)
class _End:
    """One of the two sockets of a connection, and what waits to be written to it."""

    socket: socket.socket
    other: _End | None = None
    waiting: bytearray = field(default_factory=bytearray)
    finished: bool = False
    """Nothing more comes from it."""

    def interest(self) -> int:
        """What to wait for: bytes from it while the other takes them, room while something waits for it."""
        events = selectors.EVENT_WRITE if self.waiting else 0
        if self.other is not None and not self.finished and len(self.other.waiting) < _WAITING_BYTES:
            events |= selectors.EVENT_READ
        return events


class Relay:
    """Every connection to the listening sockets, passed on to one made by `reach`."""

    def __init__(self, selector: selectors.BaseSelector, reach: Callable[[], socket.socket]) -> None:
        """Nothing is passed before `listen`."""
        self._selector, self._reach = selector, reach
        self._open: set[_End] = set()

    def listen(self, listener: socket.socket) -> None:
        """Pass on whoever connects to this listening socket."""
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, partial(self._accept, listener))

    def _accept(self, listener: socket.socket, _: int) -> None:
        try:
            near = listener.accept()[0]
        except OSError:  # whoever knocked is gone
            return
        if len(self._open) >= 2 * CONNECTIONS:
            near.close()
            return
        try:
            far = self._reach()
        except OSError:  # seen inside as a connection that was lost at the greeting
            near.close()
            return
        self._join(_End(near), _End(far))

    def _join(self, near: _End, far: _End) -> None:
        near.other, far.other = far, near
        for end in (near, far):
            end.socket.setblocking(False)
            if end.socket.family != socket.AF_UNIX:
                end.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(end)
            self._wait(end)

    def _wait(self, end: _End) -> None:
        """Have the selector wait for what this end is good for now."""
        events, known = end.interest(), end.socket in self._selector.get_map()
        call = partial(self._move, end)
        if events and known:
            self._selector.modify(end.socket, events, call)
        elif events:
            self._selector.register(end.socket, events, call)
        elif known:
            self._selector.unregister(end.socket)

    def _move(self, end: _End, events: int) -> None:
        other = end.other
        if other is None or end not in self._open:
            return
        try:
            if events & selectors.EVENT_READ:
                self._read(end, other)
            if events & selectors.EVENT_WRITE:
                self._write(end, other)
        except OSError:
            self._close(end, other)
            return
        if end.finished and other.finished and not end.waiting and not other.waiting:
            self._close(end, other)
            return
        self._wait(end)
        self._wait(other)

    def _read(self, end: _End, other: _End) -> None:
        with suppress(BlockingIOError):
            piece = end.socket.recv(_PIECE_BYTES)
            other.waiting += piece
            end.finished = not piece
            self._write(other, end)

    def _write(self, end: _End, source: _End) -> None:
        """Write what waits for `end`; once its source is finished, tell it that there is no more."""
        with suppress(BlockingIOError):
            while end.waiting:
                del end.waiting[: end.socket.send(end.waiting)]
        if source.finished and not end.waiting:
            end.socket.shutdown(socket.SHUT_WR)

    def _close(self, *ends: _End) -> None:
        for end in ends:
            self._open.discard(end)
            if end.socket in self._selector.get_map():
                self._selector.unregister(end.socket)
            end.socket.close()
