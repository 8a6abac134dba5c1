"""Clients that ask again and again, and connect again whenever they are cut off."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.query import rows
from tests.support.waiting import until

REFUSED = 2003
CUT = {2006, 2013}
"""Server has gone away, lost connection: a session ends with its server."""


class Client:
    """One thread. `answers` are all it was told, in order; `errors` counts error numbers, `sentences` says more.

    `refusals` are the moments (of `time.monotonic`) at which nobody listened.
    """

    def __init__(self, connect: Callable[[], Connection], query: str, pause_seconds: float) -> None:
        self._connect = connect
        self._query = query
        self._pause_seconds = pause_seconds
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answers: list[tuple[Any, ...]] = []
        self.errors: Counter[int | None] = Counter()
        self.sentences: set[str] = set()
        self.refusals: list[float] = []

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._leaving.set()
        self._thread.join(90)
        assert not self._thread.is_alive(), "a client hangs"

    def _run(self) -> None:
        while not self._leaving.is_set():
            try:
                with self._connect() as connection:
                    self._ask(connection)
            except DatabaseError as error:
                self.errors[error.code] += 1
                self.refusals += [time.monotonic()] if error.code == REFUSED else []
                self.sentences.add(str(error))
                self._leaving.wait(0.005)  # or a refusing address would keep a core busy

    def _ask(self, connection: Connection) -> None:
        # A new session now and then, so that log-ins meet a swap as often as queries do.
        for _ in range(5):
            if self._leaving.is_set():
                return
            self.answers += rows(connection, self._query)
            self._leaving.wait(self._pause_seconds)


@contextmanager
def asking(
    number: int, connect: Callable[[], Connection], query: str, pause_seconds: float = 0
) -> Iterator[list[Client]]:
    """So many clients for the length of a block; each is answered before it begins and once more at its end."""
    clients = [Client(connect, query, pause_seconds) for _ in range(number)]
    for client in clients:
        client.start()
    try:
        _all_answered(clients)
        yield clients
        _all_answered(clients)
    finally:
        for client in clients:
            client.stop()


def _all_answered(clients: list[Client]) -> None:
    before = [len(client.answers) for client in clients]
    until(lambda: all(len(one.answers) > was for one, was in zip(clients, before, strict=True)), "all are answered")


def errors_of(clients: list[Client]) -> Counter[int | None]:
    """All errors by number."""
    return sum((client.errors for client in clients), Counter())
