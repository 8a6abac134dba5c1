"""Running the web server inside another program: `dbs up` and the demo."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from commands.services import Services
from dbs.errors import FailedError
from web.metrics import metrics_app

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0


@contextlib.contextmanager
def serving(app: Starlette, address: tuple[str, int], key: str = "[web] bind or PORT") -> Iterator[None]:
    """Answer HTTP at `address` until the block ends. Raises `FailedError` naming `key` when the port is taken."""
    with _listen(*address, key) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],), name="web", daemon=True)
        thread.start()
        until = time.monotonic() + _START_SECONDS
        while not server.started:
            if time.monotonic() > until or not thread.is_alive():
                raise FailedError("The web server did not start; its log says why.")
            time.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)


@contextlib.contextmanager
def serving_metrics(services: Services) -> Iterator[None]:
    """Metrics at an address of their own until the block ends, if the configuration gives them one."""
    address = services.settings.metrics_address
    if address is None:
        yield
        return
    with serving(metrics_app(services), address, "[web] metrics_bind"):
        yield


def _listen(host: str, port: int, key: str) -> socket.socket:
    # The protocol is named, or asyncio leaves TCP_NODELAY off: an answer of two packets then waits 40 ms for an ACK.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise FailedError(f"Cannot listen on {host}:{port}: {error.strerror}. Set {key} to a free port.") from error
    return listener
