"""The programs that run: `up`, `worker`, `supervise`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import ExitStack
from typing import Annotated

import structlog
import typer

from cli import context
from commands.bootstrap import provider_specs, supervisor_socket
from commands.working import working
from dbs import process
from dbs.errors import FailedError
from dbs.settings import Settings, load_settings
from dbs.snapshots.interface import SnapshotError
from dbs.snapshots.local.client import ask
from dbs.snapshots.local.supervisor import Supervisor

log = structlog.get_logger()
_START_SECONDS = 60
_NOTICE_SECONDS = 0.2


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("up", help="Run everything: supervisor, worker, bot and web.")(up)
    app.command("worker", help="Run the worker: it does what was queued.")(worker)
    app.command("supervise", help="Run the supervisor: it owns the sockets and the servers.")(supervise)


def supervise(
    stop: Annotated[bool, typer.Option("--stop", help="stop the running supervisor and its servers")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="replace it; the servers go on meanwhile")] = False,
) -> None:
    """Run the supervisor in the foreground, or stop or replace the one that runs."""
    settings = load_settings()
    if stop or restart:
        leave(settings, stop_servers=stop)
    if restart:
        start_supervisor(settings)
    if not stop and not restart:
        Supervisor(provider_specs(settings), settings.home, supervisor_socket(settings)).run()


def worker() -> None:
    """Run the worker until a signal."""
    services = context.open_services()
    with working(services):
        log.info("worker ready")
        wait_for_signal()


def up() -> None:
    """Run everything in this process, and a supervisor of its own if none runs."""
    from cli.together import run  # here: it loads Bolt and the web server, which no other command needs

    settings = load_settings()
    start_supervisor(settings)
    with ExitStack() as stack:
        run(settings, stack)
        wait_for_signal()


def start_supervisor(settings: Settings) -> None:
    """Start a supervisor that outlives us, unless one answers already. Raises `FailedError` with its last words."""
    path = supervisor_socket(settings)
    if answers(settings):
        return
    logfile = settings.home / "supervisor.log"
    environment = {**os.environ, "DBS_CONFIG": str(settings.file), "DBS_HOME": str(settings.home)}
    words = [sys.executable, "-m", "cli.main", "supervise"]
    started = process.start(words, log=logfile, environment=environment)
    until = time.monotonic() + _START_SECONDS
    while not answers(settings):
        if started.ended(0.05) or time.monotonic() > until:
            last = logfile.read_text(errors="replace").strip().splitlines()[-1:]
            raise FailedError(f"The supervisor did not start; the last line of {logfile} is: {' '.join(last)}")
    log.info("supervisor started", socket=str(path))


def answers(settings: Settings) -> bool:
    """Whether a supervisor answers for this dbs home."""
    try:
        ask(supervisor_socket(settings), "ping")
    except SnapshotError:
        return False
    return True


def leave(settings: Settings, *, stop_servers: bool) -> None:
    """Make the running supervisor end, with or without its servers, and wait until it has."""
    held = process.Process.of(int(ask(supervisor_socket(settings), "ping")["pid"]))
    ask(supervisor_socket(settings), "leave", stop_servers=stop_servers)
    if not held.ended(600):
        raise FailedError("The supervisor does not end. See its log in the dbs home.")


def wait_for_signal() -> None:
    """Sleep until SIGTERM or SIGINT."""
    leaving = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leaving.set())
    # Python acts on a signal when the main thread wakes, and the kernel may wake another one.
    while not leaving.wait(_NOTICE_SECONDS):
        pass
