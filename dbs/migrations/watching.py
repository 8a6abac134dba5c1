"""A statement that runs too long, or is no longer wanted, is ended from another connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any

from dbs.errors import DbsError
from dbs.migrations.interface import Connect, StoppedBy
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import execute, rows

_LOOK_SECONDS = 0.2
"""How often somebody is asked whether the run is still wanted."""
_GRACE_SECONDS = 15
"""How long a killed statement may take to undo what it did before we leave it alone with that."""


class Watch:
    """Ends `connection` when `seconds` are over or `cancelled` says so; `reason` is why. A context manager."""

    def __init__(
        self, connect: Connect, connection: Connection, seconds: float, cancelled: Callable[[], bool] | None
    ) -> None:
        self.reason: StoppedBy | None = None
        self._connect = connect
        self._connection = connection
        self._thread_id = int(rows(connection, "SELECT CONNECTION_ID() /* dbs */")[0][0])
        self._end = time.monotonic() + seconds
        self._cancelled = cancelled
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(1, "migration-watch")
        self._task: Future[None] | None = None

    def __enter__(self) -> Watch:
        self._task = self._pool.submit(self._watch)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._over.set()
        self._pool.shutdown()
        if self._task is not None and error is None:
            self._task.result()

    def _watch(self) -> None:
        reason: StoppedBy | None = "cancelled"  # a bug in asking must not leave the run without a limit
        try:
            reason = self._wait()
        finally:
            if reason is not None:
                self._stop(reason)

    def _wait(self) -> StoppedBy | None:
        while True:
            left = self._end - time.monotonic()
            if left <= 0:
                return "time limit"
            if self._over.wait(min(left, _LOOK_SECONDS)):
                return None
            if self._unwanted():
                return "cancelled"

    def _unwanted(self) -> bool:
        try:
            return self._cancelled is not None and self._cancelled()
        except DbsError:
            return False  # who would know cannot be reached; it is asked again

    def _stop(self, reason: StoppedBy) -> None:
        self.reason = reason
        with suppress(DatabaseError), self._connect() as other:
            execute(other, f"KILL CONNECTION {self._thread_id}")
        if not self._over.wait(_GRACE_SECONDS):
            raw: Any = self._connection
            with suppress(OSError, AttributeError):
                raw._sock.shutdown(socket.SHUT_RDWR)
