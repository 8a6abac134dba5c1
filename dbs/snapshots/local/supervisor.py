"""The supervisor: its own process, outliving bot and worker, that owns the sockets and the servers.

It takes the fixed verbs below on named instances, from processes of the same login only, and nothing else.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from dbs.errors import DbsError, FailedError
from dbs.snapshots.interface import Manifest, NewInstance, Progress, SnapshotError, Ticket
from dbs.snapshots.local.host import Host, ProviderSpec
from dbs.snapshots.local.protocol import GONE, Line, peer_may

log = structlog.get_logger()
Words = dict[str, Any]
_FAREWELL_SECONDS = 5.0
# Python acts on a signal when the main thread wakes, and the kernel may wake another one: seen to take for ever.
_NOTICE_SECONDS = 0.2


class Supervisor:
    """Serves the verbs at `socket_path` until a signal or the verb `leave`. Only one runs per dbs home."""

    def __init__(self, specs: list[ProviderSpec], home: Path, socket_path: Path) -> None:
        self._home = home
        self._path = socket_path
        self._lock = _only_one(home / "supervisor.lock")
        self.hosts = {spec.name: Host(spec, home) for spec in specs}
        self.building: set[Line] = set()
        self._leaving = threading.Event()
        self._stop_servers = True
        self._farewell: threading.Thread | None = None

    def run(self, ready: Callable[[], None] | None = None) -> None:
        """Come back to what was served, then answer until told to leave. Call it from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._leaving.set())
        # Before any server is started: where we cannot listen, none must be left running.
        listener = self._listen()
        for host in self.hosts.values():
            host.come_back()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        log.info("supervisor ready", socket=str(self._path), providers=list(self.hosts))
        if ready is not None:
            ready()
        while not self._leaving.wait(_NOTICE_SECONDS):
            pass
        self._end(listener)

    def _end(self, listener: socket.socket) -> None:
        listener.close()
        self._path.unlink(missing_ok=True)
        for line in list(self.building):
            line.hang_up()
        for host in self.hosts.values():
            host.end_builds()
        if self._stop_servers:
            self._stop_all()
        if self._farewell is not None:
            self._farewell.join(_FAREWELL_SECONDS)

    def _stop_all(self) -> None:
        """Shut all servers down at once; each remembers that it is wanted again."""
        stopping = [
            threading.Thread(target=instance.stop, kwargs={"remember": False})
            for host in self.hosts.values()
            for instance in host.instances.values()
        ]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()

    def _listen(self) -> socket.socket:
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            listener.bind(str(self._path))
        except OSError as error:
            raise SnapshotError(f"Cannot listen at {self._path}: {error}. Use a shorter DBS_HOME.") from error
        finally:
            os.umask(before)
        listener.listen(64)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while not self._leaving.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: we are leaving
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        line = Line(connection)
        try:
            if peer_may(connection):
                self._converse(line)
            else:
                line.send({"error": "Only the login that runs the supervisor (and root) may speak to it."})
        except OSError:
            log.info("a client went away in the middle of its request")
        finally:
            line.close()

    def _converse(self, line: Line) -> None:
        """One request; expected failures and bugs both become an answer."""
        try:
            words = line.receive()
            if words is None:
                return
            verb = VERBS.get(str(words.get("verb")))
            if verb is None:
                raise SnapshotError(f"The supervisor has no verb {words.get('verb')!r}; it has {', '.join(VERBS)}.")
            line.send({"done": verb(self, words, line)})
        except DbsError as error:
            line.send({"error": str(error)})
        except OSError as error:
            log.warning("a request failed", error=str(error))
            line.send({"error": f"The machine said no: {error}"})
        except Exception:
            bug = uuid.uuid4().hex[:8]
            log.exception("bug in the supervisor", bug=bug)
            line.send({"bug": bug})

    def host(self, words: Words) -> Host:
        """The provider a request names. Raises `SnapshotError`."""
        name = words.get("provider")
        if name not in self.hosts:
            raise SnapshotError(f"The supervisor knows no provider {name!r}; it has {', '.join(self.hosts) or 'none'}.")
        return self.hosts[name]

    def leave(self, *, stop_servers: bool) -> None:
        """End soon; without `stop_servers` the servers go on and the next supervisor adopts them."""
        self._stop_servers = stop_servers
        self._farewell = threading.current_thread()  # it still has to say so
        self._leaving.set()


def _only_one(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise FailedError(f"A supervisor is running already for {path.parent}.") from None
    return descriptor


def _ping(_: Supervisor, __: Words, ___: Line) -> Words:
    return {"pid": os.getpid()}


def _leave(supervisor: Supervisor, words: Words, _: Line) -> Words:
    supervisor.leave(stop_servers=bool(words.get("stop_servers", True)))
    return {"pid": os.getpid()}


def _describe(supervisor: Supervisor, words: Words, _: Line) -> Words:
    return dict(supervisor.host(words).describe())


def _snapshots(supervisor: Supervisor, words: Words, _: Line) -> Words:
    return {"snapshots": [manifest.to_json() for manifest in supervisor.host(words).layout.manifests()]}


def _delete(supervisor: Supervisor, words: Words, _: Line) -> Words:
    supervisor.host(words).delete_snapshot(words["snapshot"])
    return {}


def _inspect(supervisor: Supervisor, words: Words, _: Line) -> Words:
    return asdict(supervisor.host(words).instance(words["instance"]).status())


def _add(supervisor: Supervisor, words: Words, _: Line) -> Words:
    supervisor.host(words).add(NewInstance(**words["new"]))
    return {}


def _remove(supervisor: Supervisor, words: Words, _: Line) -> Words:
    supervisor.host(words).remove(words["instance"])
    return {}


def _attach(supervisor: Supervisor, words: Words, _: Line) -> Words:
    return asdict(supervisor.host(words).instance(words["instance"]).address())


def _start(supervisor: Supervisor, words: Words, _: Line) -> Words:
    supervisor.host(words).instance(words["instance"]).start()
    return {}


def _stop(supervisor: Supervisor, words: Words, _: Line) -> Words:
    supervisor.host(words).instance(words["instance"]).stop(remember=True)
    return {}


def _restore(supervisor: Supervisor, words: Words, line: Line) -> Words:
    host = supervisor.host(words)
    manifest = host.layout.manifest(words["snapshot"])
    return asdict(host.instance(words["instance"]).restore(manifest, _ticket(words), _progress(words, line)))


def _undo(supervisor: Supervisor, words: Words, line: Line) -> Words:
    instance = supervisor.host(words).instance(words["instance"])
    return asdict(instance.undo(_ticket(words), _progress(words, line)))


def _ticket(words: Words) -> Ticket:
    return Ticket(words["job_id"], int(words["epoch"]))


def _progress(words: Words, line: Line) -> Progress:
    def progress(step: str) -> None:
        try:
            line.send({"progress": step})
        except OSError:
            # Whoever asked is gone; a swap is finished or undone all the same, and the next one asks again.
            log.info("nobody listens to the progress of a restore", instance=words["instance"])

    return progress


def _build(supervisor: Supervisor, words: Words, line: Line) -> Words:
    """Two turns: the server's address goes out, the finished manifest comes in; whoever hangs up gets nothing."""
    with supervisor.host(words).building(Manifest(**words["manifest"])) as builder:
        if isinstance(builder, Manifest):
            return builder.to_json()
        line.send({"server": asdict(builder.start().address)})
        supervisor.building.add(line)
        try:
            answer = line.receive()
        finally:
            supervisor.building.discard(line)
        if builder.trouble:
            raise SnapshotError(builder.trouble)
        if answer is None or "manifest" not in answer:
            raise SnapshotError(f"{GONE} or failed; the half-made one was removed.")
        return builder.freeze(Manifest(**answer["manifest"])).to_json()


VERBS: dict[str, Callable[[Supervisor, Words, Line], Words]] = {
    "ping": _ping,
    "leave": _leave,
    "describe": _describe,
    "snapshots": _snapshots,
    "delete": _delete,
    "inspect": _inspect,
    "add": _add,
    "remove": _remove,
    "attach": _attach,
    "start": _start,
    "stop": _stop,
    "restore": _restore,
    "undo": _undo,
    "build": _build,
}
