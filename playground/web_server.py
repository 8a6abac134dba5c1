"""The playground's HTTP server in a thread: on 127.0.0.1 only, and able to be away for a while on the same port."""

import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp

from playground.connections import Connections

START_SECONDS = 10.0


class WebServer:
    """Listens from the first `start`. The port (0 takes a free one) is held from the beginning to `stop`."""

    def __init__(self, port: int) -> None:
        self.connections = Connections()
        self.listener = bound(port)
        self.port: int = self.listener.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether connections are accepted."""
        return self._server is not None

    def start(self, site: ASGIApp) -> None:
        """Returns when the server answers; RuntimeError when it does not."""
        server = self._server = uvicorn.Server(
            uvicorn.Config(
                site,
                http=self.connections.protocol(),
                loop="asyncio",
                log_level="warning",
                log_config=None,  # logging belongs to the program that starts us
                access_log=False,
                lifespan="off",
                ws_ping_interval=5.0,
                timeout_graceful_shutdown=1,
            )
        )
        thread = self._thread = threading.Thread(
            target=server.run, args=([self.listener],), name="playground", daemon=True
        )
        thread.start()
        end = time.monotonic() + START_SECONDS
        while not server.started and thread.is_alive() and time.monotonic() < end:
            time.sleep(0.005)
        if not server.started:
            raise RuntimeError("the playground's server did not start")

    def pause(self) -> None:
        """Stops answering: connections end, new ones are refused. The port stays ours, bound but without a listener."""
        self._end()
        self.listener = bound(self.port)

    def stop(self) -> None:
        """Frees the port; a second call does nothing."""
        self._end()

    def _end(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(START_SECONDS)
        self._server = self._thread = None
        self.listener.close()


def bound(port: int) -> socket.socket:
    """A socket on the loopback address that does not listen yet; OSError when the port is taken."""
    # The protocol is named, or asyncio leaves TCP_NODELAY off: an answer of two packets then waits 40 ms for an ACK.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
    except OSError:
        made.close()
        raise
    return made
