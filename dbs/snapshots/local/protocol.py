"""How the supervisor is spoken to: one JSON object a line over a Unix socket of mode 0600.

→  {"verb": "restore", "provider": "local", "instance": "shared", …}
←  {"progress": "copy"}        any number of times
←  {"done": {…}}  or  {"error": "a sentence"}  or  {"bug": "an id"}
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dbs.snapshots.interface import SnapshotError

GONE = "Whoever made the snapshot went away"
LONGEST_LINE_BYTES = 4 * 1024 * 1024
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid; unix(7)


class Line:
    """Both ends of a conversation: JSON objects in, JSON objects out."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")

    def send(self, message: dict[str, Any]) -> None:
        """Send one object. Raises `OSError` when the other end is gone."""
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any] | None:
        """The next object, or None when the other end has closed. Raises `SnapshotError` for rubbish."""
        line = self._file.readline(LONGEST_LINE_BYTES)
        if not line:
            return None
        try:
            message = json.loads(line)
        except ValueError:
            raise SnapshotError("The supervisor takes one JSON object a line.") from None
        if not isinstance(message, dict):
            raise SnapshotError("The supervisor takes one JSON object a line.")
        return message

    def hang_up(self) -> None:
        """Take nothing more: whoever waits in `receive` gets None. Answers can still be sent."""
        with contextlib.suppress(OSError):  # the other end may have gone first
            self._connection.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Close both directions."""
        self._file.close()
        self._connection.close()


@contextmanager
def dial(path: Path) -> Iterator[Line]:
    """A conversation with the supervisor. Raises `SnapshotError` when none listens."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError as error:
            raise SnapshotError(
                f"The supervisor does not answer at {path} ({error.strerror}). Start it with: dbs supervise"
            ) from None
        line = Line(connection)
        try:
            yield line
        finally:
            line.close()


def peer_may(connection: socket.socket) -> bool:
    """Whether the process at the other end is ours or root's (SO_PEERCRED)."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return uid in (0, os.geteuid())
