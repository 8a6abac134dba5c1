"""Running the web server inside another program: `dbs up` and the demo."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from dbs.errors import FailedError

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0


@contextlib.contextmanager
def serving(app: Starlette, address: tuple[str, int]) -> Iterator[None]:
    """Answer HTTP at `address` until the block ends. Raises `FailedError` when the port is taken."""
    with _listen(*address) as listener:
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


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise FailedError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Set [web] bind or PORT to a free port."
        ) from error
    return listener
