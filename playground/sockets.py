"""Socket Mode: tickets, connections, envelopes out, acknowledgements in.

The sockets live in the server's event loop; `send` and the others are called from any other thread.
"""

import asyncio
import json
import secrets
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.delivery import ACK_SECONDS, Delivery, Kind, Retry
from playground.model import APP_ID, Json

TICKET_SECONDS = 30.0
CONNECTIONS = 10
# What writing to a socket raises whose other end has left; RuntimeError when starlette knows of it already.
GONE = (WebSocketDisconnect, RuntimeError)


class SocketHub:
    """All open connections of the app. An envelope goes to one of them, in turn; any may acknowledge it."""

    def __init__(self, ack_seconds: float = ACK_SECONDS) -> None:
        self._ack_seconds = ack_seconds
        self._tickets: dict[str, float] = {}
        self._connections: list[WebSocket] = []
        self._retired: list[WebSocket] = []  # told to go; used only while nothing newer is there
        self._pending: dict[str, asyncio.Future[Json | None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return len(self._connections) + len(self._retired)

    def ticket(self) -> str:
        """A secret that opens one socket within `TICKET_SECONDS`."""
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = time.monotonic()
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """One connection from its handshake to its end."""
        made = self._tickets.pop(socket.query_params.get("ticket", ""), None)
        if made is None or time.monotonic() - made > TICKET_SECONDS or self.connections >= CONNECTIONS:
            await socket.close()
            return
        self._loop = asyncio.get_running_loop()
        await socket.accept()
        self._connections.append(socket)
        await self._close(self._retired)
        try:
            await socket.send_json(self._hello())
            while True:
                self._acknowledged(await socket.receive_text())
        except GONE:
            pass  # the client left; whatever it had not acknowledged runs into its time limit
        finally:
            self._forget(socket)

    def send(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Delivery:
        """Delivers one envelope; errors `no_connection`, `timeout`."""
        started = time.monotonic()
        error, reply = None, None
        try:
            reply = self._in_loop(self._deliver(kind, payload, retry)).result()
        except ConnectionError:
            error = "no_connection"
        except TimeoutError:
            error = "timeout"
        return Delivery(kind, payload, error is None, error, reply, time.monotonic() - started)

    def again(self, delivery: Delivery) -> Delivery:
        """The same payload in a new envelope."""
        return self.send(delivery.kind, delivery.payload)

    def refresh(self) -> None:
        """Tells every connection to make a new one, as Slack does every few hours; the old close when it comes."""
        self._in_loop(self._retire()).result()

    def drop(self) -> None:
        """Closes every connection without a word, and forgets tickets that were not used yet."""
        self._tickets.clear()
        if self.connections:
            self._in_loop(self._close(self._connections + self._retired)).result()

    def closed(self) -> None:
        """The server has stopped, and its event loop with it; nothing is connected any more."""
        self._loop = None
        self._tickets.clear()
        self._connections, self._retired = [], []

    async def _deliver(self, kind: Kind, payload: Json, retry: Retry | None) -> Json | None:
        envelope_id = str(uuid4())
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if retry:
            envelope |= {"retry_attempt": retry.number, "retry_reason": retry.reason}
        waiting = asyncio.get_running_loop().create_future()
        self._pending[envelope_id] = waiting
        try:
            await self._to_one(envelope)
            return await asyncio.wait_for(waiting, self._ack_seconds)
        finally:
            del self._pending[envelope_id]

    async def _to_one(self, envelope: Json) -> None:
        """Sends over the connection whose turn it is; a dead one is forgotten and the next is tried."""
        while turn := self._connections or self._retired:
            socket = turn.pop(0)
            turn.append(socket)
            try:
                await socket.send_json(envelope)
            except GONE:
                self._forget(socket)
            else:
                return
        raise ConnectionError("no Socket Mode connection is open")

    async def _retire(self) -> None:
        leaving, self._connections = self._connections, []
        self._retired += leaving
        for socket in leaving:
            with suppress(*GONE):
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})

    async def _close(self, sockets: list[WebSocket]) -> None:
        for socket in list(sockets):
            self._forget(socket)
            with suppress(*GONE):
                await socket.close()

    def _acknowledged(self, frame: str) -> None:
        try:
            message = json.loads(frame)
        except json.JSONDecodeError:
            return
        waiting = self._pending.get(str(message.get("envelope_id"))) if isinstance(message, dict) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(message.get("payload"))

    def _forget(self, socket: WebSocket) -> None:
        for sockets in (self._connections, self._retired):
            if socket in sockets:
                sockets.remove(socket)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connections,
            "debug_info": {"host": "playground", "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }

    def _in_loop(self, coroutine: Any) -> "Future[Any]":
        if self._loop is None:  # nobody ever connected
            coroutine.close()
            failed: Future[Any] = Future()
            failed.set_exception(ConnectionError("no Socket Mode connection was ever opened"))
            return failed
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
