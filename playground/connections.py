"""Open TCP connections, so that a fault can end one as a broken network does: by a reset, or after a long silence."""

import asyncio
import socket
import struct
from contextlib import suppress
from weakref import WeakValueDictionary

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

# Closing with a linger of zero seconds sends a reset instead of a farewell.
_NO_LINGER = struct.pack("ii", 1, 0)


class Connections:
    """The server's connections by the address of the other end. Used in the server's event loop only."""

    def __init__(self) -> None:
        self._transports: WeakValueDictionary[tuple[str, int], asyncio.Transport] = WeakValueDictionary()

    def protocol(self) -> type[H11Protocol]:
        """uvicorn's HTTP protocol, which notes every connection here."""
        transports = self._transports

        class Noted(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                transports[transport.get_extra_info("peername")[:2]] = transport
                super().connection_made(transport)

        return Noted

    def reset(self, peer: tuple[str, int]) -> None:
        """Sends a reset to this other end."""
        transport = self._transports.get(peer)
        if transport is not None and not transport.is_closing():
            connection: socket.socket = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            transport.abort()


class Hangup(Response):
    """No answer: silence for so many seconds (0: at once), then a reset."""

    def __init__(self, connections: Connections, seconds: float = 0.0) -> None:
        super().__init__()
        self._connections = connections
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ends early when the other end gives up first."""
        if self._seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await _left(receive)
        self._connections.reset(scope["client"])
        await _left(receive)  # the server must see that nobody is there, or it would try to say "500"


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
